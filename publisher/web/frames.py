"""A mail, or an article's text, as a page of its own, for the frames that show it."""

from __future__ import annotations

import html as html_escapes
import re

from fastapi.responses import HTMLResponse

from publisher.web.below import base
from publisher.web.headers import MAIL, WITHOUT_PICTURES
from publisher.web.places import Places

_STYLE = re.compile(r"(<style\b[^>]*>)(.*?)(</style>)", re.I | re.S)
_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.I)
_BOTH = re.compile(r"(color-scheme\s*:\s*|color-schemes\s*:\s*)light\s+dark", re.I)
_META = re.compile(r"(<meta\b[^>]*\bname=[\"'](?:supported-)?color-schemes?[\"'][^>]*\bcontent=[\"'])[^\"']*", re.I)
_LOCAL = re.compile(r"(?<=[\"'(])file:[^\"')\s>]+", re.I)
_OUR_OWN = re.compile(r"https?://[^\"'()\s<>]+/media/[0-9a-f]{64}\.(?:png|jpg)\b", re.I)
_HEAD = re.compile(r"<head\b[^>]*>", re.I)
ALWAYS, NEVER = "(min-width: 0px)", "(max-width: 0px)"  # media features that may stand wherever a scheme may


def framed(html: str, places: Places, *, dark: bool, pictures: bool = True) -> HTMLResponse:
    """Return a filled mail as an answer for its frame."""
    policy = MAIL if pictures else WITHOUT_PICTURES
    return HTMLResponse(frame(html, places, dark=dark), headers={"Content-Security-Policy": policy})


def frame(html: str, places: Places, *, dark: bool, pictures: bool = True) -> str:
    """Return a filled mail as its frame shows it: one scheme whatever the viewer's own is, local pictures found.

    The mail that is sent stays as it is; this is a copy.

    :param pictures: of a file, whether its policy lets it show any; what is served has that in its headers.
    """
    scheme = "dark" if dark else "light"
    html = _STYLE.sub(lambda found: found[1] + _in_scheme(found[2], scheme) + found[3], html)
    html = _META.sub(lambda found: found[1] + scheme, html)
    html = with_pictures(html, places)
    return html if places.is_served else _with_policy(html, MAIL if pictures else WITHOUT_PICTURES)


def with_pictures(html: str, places: Places) -> str:
    """Return html whose local pictures are found where they are shown, and our own before the world can see them."""

    def shown(url: str) -> str:
        place = places.picture(url)
        return html_escapes.escape(f"{base()}{place}" if place.startswith("/") else place)

    html = _LOCAL.sub(lambda found: shown(html_escapes.unescape(found[0])), html)
    return _OUR_OWN.sub(lambda found: shown(found[0]) or found[0], html)


def _in_scheme(css: str, scheme: str) -> str:
    css = _SCHEME.sub(lambda found: ALWAYS if found[1].lower() == scheme else NEVER, css)
    return _BOTH.sub(lambda found: found[1] + scheme, css)


def _with_policy(html: str, policy: str) -> str:
    """A file has no headers: its policy stands in it. (Sandboxing and framing can't be said there.)"""
    rules = "; ".join(rule for rule in policy.split("; ") if not rule.startswith(("sandbox", "frame-ancestors")))
    meta = f'<meta http-equiv="Content-Security-Policy" content="{rules.replace("img-src *", "img-src * file:")}">'
    return _HEAD.sub(lambda found: found[0] + meta, html, count=1)
