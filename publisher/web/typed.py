"""What was typed into a form that could not be taken: the page that says so shows it, to be copied.

Only fields in which people write texts are named here, so that no password and no token can be among them.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from publisher.speech.phrases import _
from publisher.web.forms import form_of

TEXTS = {
    "title": _("Headline"),
    "summary": _("Summary"),
    "subject": _("Subject"),
    "preheader": _("Preheader"),
    "text": _("Text"),
    "note": _("The note on top"),
    "why": _("Why"),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """One text, under the words that stand at its field."""

    name: str
    label: str
    text: str


async def typed_in(request: Request) -> list[Typed]:
    """Return the texts that a form brings; none where it is no form of a page."""
    if request.method != "POST" or request.url.path.startswith("/api/"):
        return []
    form = await form_of(request)
    said = {name: "\n\n".join(form.all(name)).strip() for name in TEXTS}
    return [Typed(name, TEXTS[name], text) for name, text in said.items() if text]
