"""What cleaning took out of a text, in words for whoever sent it."""

from __future__ import annotations

from publisher.model.counting import many
from publisher.sources import tidy

_COUNTED = (
    (".//a[@href]", "link", "it leads to no web page, or shares the article"),
    (".//img", "picture", "it can't be shown, or is there only to count readers"),
)
_UNSHOWN = ("script", "style", "iframe", "object", "embed", "form", "svg", "video", "audio")


def dropped(sent: str, kept: str) -> tuple[str, ...]:
    """Say which links, pictures and other things of a text are not in what is kept of it."""
    if "<" not in sent:
        return ()
    before, after = tidy.parsed(sent), tidy.parsed(kept)
    lost = [(len(before.findall(path)) - len(after.findall(path)), noun, why) for path, noun, why in _COUNTED]
    unshown = [name for name in _UNSHOWN if before.find(f".//{name}") is not None]
    return (
        *(f"{many(count, noun)} dropped: {why}" for count, noun, why in lost if count > 0),
        *(f"<{name}> dropped: mail can't show it" for name in unshown),
    )
