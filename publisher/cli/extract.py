"""`publisher extract`: what a page would give as an article."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from publisher.cli.output import AsJson, say, tell
from publisher.errors import SourceError, UsageError


def extract(
    pages: Annotated[list[str], typer.Argument(metavar="FILE-OR-URL…", help="Pages at an address, or saved as files.")],
    url: Annotated[str, typer.Option(help="Where a saved page stood, for its relative links.")] = "",
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Fetch from the private network too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what pages would give as articles; with --json one line for each. Exit 1 if one gives none."""
    from publisher.app import extracting

    if url and len(pages) > 1:
        raise UsageError("--url is the address of one page", remedy="Give one FILE with it")
    failed = False
    for page in pages:
        try:
            found = extracting.plain(extracting.extract(page, url=url, allow_private=allow_private))
            if not url and (remark := extracting.left_out(page)):
                tell(remark)
        except SourceError as error:
            failed = True
            tell(str(error))
            found = {"error": str(error)}
        if as_json:
            say(json.dumps({"page": page, **found}, ensure_ascii=False))
        elif "error" not in found:
            _show(found)
    if failed:
        raise typer.Exit(1)


def _show(found: dict[str, Any]) -> None:
    image = found["image"] or {}
    facts = {
        "address": found["url"],
        "by": ", ".join(found["authors"]),
        "published": found["published_at"],
        "categories": ", ".join(found["categories"]),
        "language": found["language"],
        "reading": f"{found['reading_minutes']} min",
        "image": " · ".join(filter(None, (image.get("url"), image.get("caption"), image.get("credit")))),
    }
    say(found["title"])
    for name, value in facts.items():
        if value:
            say(f"  {name}: {value}")
    say(f"\n{found['text']}\n")
    for note in found["notes"]:
        say(f"  note: {note}")
