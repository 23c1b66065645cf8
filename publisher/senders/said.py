"""What a provider says in its own words, found in whatever it answered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

REASON = 300  # characters of an answer that are shown
SAID_UNDER = (
    "message", "Message", "error_description", "error", "Error", "ErrorMessage", "detail", "description", "errors",
)  # fmt: skip


def said_in(text: str) -> str:
    """Return the provider's own words in an answer, or its beginning; at most :data:`REASON` characters."""
    stripped = text.strip()
    if stripped.startswith("<"):
        title = re.search(r"<title[^>]*>([^<]{1,200})", stripped, re.IGNORECASE)
        return " ".join(f"a web page {title[1] if title else ''}".split())
    try:
        body = json.loads(stripped)
    except (ValueError, RecursionError):
        return " ".join(stripped[:REASON].split())
    found = next((body[key] for key in SAID_UNDER if body.get(key)), body) if isinstance(body, dict) else body
    return " ".join(_as_words(found)[:REASON].split())


def _as_words(found: object) -> str:
    """Take a text as it is, and the messages out of a list of errors."""
    if isinstance(found, str):
        return found
    if isinstance(found, list) and found and all(isinstance(e, dict) and e.get("message") for e in found):
        return "; ".join(f"{e['message']} ({said})" if (said := _more(e)) else str(e["message"]) for e in found)
    return json.dumps(found, ensure_ascii=False)


def _more(error: Mapping[str, object]) -> str:
    return ", ".join(str(error[key]) for key in ("field", "description", "code") if error.get(key))
