"""Which mail programs support what a mail is made of: an HTML-check score over the data of caniemail.com.

For each feature f that a mail uses: what share of the clients' versions support it only partly, or not at all, times
how often it is used for each element. The worst of either is taken from 100:

    score = 100 - max(partial(f) * uses(f) / elements) - max(unsupported(f) * uses(f) / elements)

The formula is that of Mailpit's HTML check, written anew. It is counted once over every version of every client
known, and once over the latest versions of the core clients. The features looked for are elements, kinds of pictures,
what stands in <style>, properties of elements, and attributes that say what a property says; selectors, units, roles
and the like are not. So scores compare with one another, not with those of Mailpit or another tool. Every version
counts alike: how many people use it is not in the data.
"""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from typing import Any

from lxml import html as markup

from tests.judges import tools
from tests.judges.verdict import Judge, Mails, Verdict

LEAST, LEAST_CORE = 90.0, 89.5
_CORE = frozenset({"apple-mail", "gmail", "outlook", "samsung-email", "thunderbird", "yahoo"})

_ELEMENTS = {
    "html-audio": "audio",
    "html-base": "base",
    "html-body": "body",
    "html-form": "form",
    "html-hr": "hr",
    "html-link": "link",
    "html-object": "object embed",
    "html-picture": "picture",
    "html-semantics": "article aside details figcaption figure footer header main mark nav section summary time",
    "html-style": "style",
    "html-svg": "svg",
    "html-video": "video",
}
_PICTURES = {
    "image-avif": re.compile(r"\.avif\Z", re.I),
    "image-base64": re.compile(r"\Adata:image/", re.I),
    "image-gif": re.compile(r"\.gif\Z", re.I),
    "image-svg": re.compile(r"\.svg\Z", re.I),
    "image-webp": re.compile(r"\.webp\Z", re.I),
}
_IN_STYLE = {
    "css-at-font-face": re.compile(r"@font-face\s*\{"),
    "css-at-import": re.compile(r"@import\s"),
    "css-at-keyframes": re.compile(r"@keyframes\s"),
    "css-at-media": re.compile(r"@media"),
    "css-at-media-prefers-color-scheme": re.compile(r"prefers-color-scheme"),
    "css-at-supports": re.compile(r"@supports"),
    "css-important": re.compile(r"!important"),
    "css-pseudo-class-first-child": re.compile(r":first-child"),
    "css-pseudo-class-has": re.compile(r":has\b"),
    "css-pseudo-class-hover": re.compile(r":hover"),
}
_SIDES = re.compile(r"(border|margin|padding)-(?:top|right|bottom|left)\Z")
_SAID_BY_ATTRIBUTE = {
    "background": "css-background",
    "bgcolor": "css-background-color",
    "border": "css-border",
    "height": "css-height",
    "width": "css-width",
}
_NOT_COUNTED = ("html", "head", "meta")


@functools.cache
def _known() -> dict[str, dict[str, Any]]:
    data = json.loads((tools.MODULES / "caniemail" / "data" / "caniemail.json").read_text("utf-8"))["data"]
    return {feature["slug"]: feature["stats"] for feature in data}


@functools.cache
def _shares(feature: str, *, core: bool) -> tuple[float, float]:
    """Return in percent where a feature is supported partly, and where not at all; untested versions don't count."""
    said: Counter[str] = Counter()
    for family, platforms in _known()[feature].items():
        if not core or family in _CORE:
            for versions in platforms.values():
                said.update(word[0] for word in list(versions.values())[-1 if core else 0 :])
    tested = said["y"] + said["a"] + said["n"] or 1
    return 100 * said["a"] / tested, 100 * said["n"] / tested


def _uses(page: Any) -> Counter[str]:
    """Count how often each feature is used."""
    uses: Counter[str] = Counter()
    for feature, names in _ELEMENTS.items():
        uses[feature] += sum(1 for _ in page.iter(*names.split()))
    for element in page.iter("img", "a", "source"):
        address = element.get("src") or ""
        uses.update(feature for feature, ending in _PICTURES.items() if ending.search(address))
        uses["html-srcset"] += element.get("srcset") is not None
        uses["html-anchor-links"] += (element.get("href") or "").startswith("#")
    style = " ".join(element.text or "" for element in page.iter("style"))
    uses.update({feature: len(words.findall(style)) for feature, words in _IN_STYLE.items()})
    for element in page.iter(markup.etree.Element):
        uses.update(_properties(element))
    return Counter({feature: count for feature, count in uses.items() if count and feature in _known()})


def _properties(element: Any) -> list[str]:
    """Return the features that an element's own style and attributes make use of."""
    said = [part.partition(":") for part in (element.get("style") or "").split(";") if ":" in part]
    style = {name.strip().lower(): value.strip().lower() for name, _, value in said}
    names = [f"css-{sides[1] if (sides := _SIDES.match(name)) else name}" for name in style]
    names.append(f"css-display-{style.get('display')}")
    names += [
        feature
        for attribute, feature in _SAID_BY_ATTRIBUTE.items()
        if element.get(attribute) is not None and attribute not in style
    ]
    return names


def score(html: str, *, core: bool) -> tuple[float, str]:
    """Return a mail's score, and the two features that cost most."""
    page = markup.document_fromstring(html.encode(), parser=markup.HTMLParser(encoding="utf-8"))
    elements = sum(1 for element in page.iter() if isinstance(element.tag, str) and element.tag not in _NOT_COUNTED)
    cost = {
        feature: tuple(share * count / elements for share in _shares(feature, core=core))
        for feature, count in _uses(page).items()
    }
    partly = max(cost, key=lambda feature: cost[feature][0])
    never = max(cost, key=lambda feature: cost[feature][1])
    why = f"{partly} -{cost[partly][0]:.1f}, {never} -{cost[never][1]:.1f}, {elements} elements"
    return 100 - cost[partly][0] - cost[never][1], why


def _hear(mails: Mails) -> dict[str, Verdict]:
    return {name: _verdict(mail.html) for name, mail in mails.items()}


def _verdict(html: str) -> Verdict:
    everywhere, core = score(html, core=False), score(html, core=True)
    faults = [f"all clients {everywhere[0]:.2f}: {everywhere[1]}"] if everywhere[0] < LEAST else []
    faults += [f"core clients {core[0]:.2f}: {core[1]}"] if core[0] < LEAST_CORE else []
    return Verdict(f"{everywhere[0]:.1f} / {core[0]:.1f}", tuple(faults))


HTML_CHECK = Judge(
    "HTML check",
    "client support, all / core",
    f"≥ {LEAST:.0f} / ≥ {LEAST_CORE}",
    lambda: tools.package("caniemail"),
    lambda: f"data of caniemail {tools.version_of('caniemail')}",
    _hear,
)
