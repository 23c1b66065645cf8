"""What people write for readers: Markdown of notes, inserts and letters, to html, with what of it can't be shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt

from publisher.errors import SourceError
from publisher.model.article import Image
from publisher.model.desk import MEDIA
from publisher.sources import clean, frontmatter, markdown, tidy
from publisher.sources.address import Place, is_web

Pictures = Callable[[str], Image | None]  # a picture that people added, by its name

NO_PAGE = Place()  # nothing is relative to it
LONGEST_QUOTED = 60  # characters
# What has a meaning that a mail can't carry. Other elements go too, and their words stay: that is no loss.
_LEFT_OUT = {
    *("script", "style", "iframe", "object", "embed", "form", "input", "button", "select", "textarea", "svg", "math"),
    *("video", "audio", "canvas", "template", "link", "meta", "base", "applet"),
}
_HANDLER = re.compile(r"on[a-z]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What of a text can't be shown."""

    what: str
    remedy: str
    line: int = 0  # of the text, from 1; 0: nobody knows
    is_grave: bool = False  # it must not go out like this; False: it is left out, and the rest goes

    def said_of(self, where: str) -> str:
        """Return it in a line for people, with the place in a text of this name."""
        return f"{where}{f':{self.line}' if self.line else ''}: {self.what}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class Written:
    """A text as readers see it.

    :param fetched: the pictures that lie elsewhere on the web, each with its line: whether they are there is not known.
    """

    html: str  # sanitised
    title: str = ""  # what it is known by: its first line
    subject: str = ""  # of its front matter
    preheader: str = ""
    faults: tuple[Fault, ...] = ()
    fetched: tuple[tuple[str, int], ...] = ()


def no_pictures(name: str) -> Image | None:
    """Know no picture by its name."""
    return None


def read(text: str, pictures: Pictures = no_pictures) -> Written:
    """Return what people wrote as readers see it. Never fails: what is wrong is said."""
    try:
        values, body = frontmatter.split(text)
    except SourceError as error:
        return Written("", faults=(Fault(error.what, error.remedy, is_grave=True),))
    if not body.strip():
        return Written("")
    tree = tidy.parsed(_parser().render(body))
    looked = _Look(text, pictures)
    faults = [*looked.left_out(tree), *looked.pictures(tree), *looked.links(tree)]
    html = clean.sanitise(tidy.inner(tree), NO_PAGE)
    if not clean.plain(html) and "<img" not in html and not any(fault.is_grave for fault in faults):
        faults.append(Fault("nothing of it can be shown", "Write words that readers can read", is_grave=True))
    return Written(
        html,
        markdown.title_of(body),
        clean.one_line(str(values.get("subject") or ""), is_html=False),
        clean.one_line(str(values.get("preheader") or ""), is_html=False),
        tuple(dict.fromkeys(faults)),
        tuple(looked.elsewhere),
    )


def _parser() -> MarkdownIt:
    """Return a parser that takes every address for one, so that a bad link is found, and not printed with its marks."""
    parser = markdown.parser()
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # as its documentation says
    return parser


class _Look:
    """Looks through a text that was parsed, and puts in the pictures that people added."""

    def __init__(self, text: str, pictures: Pictures) -> None:
        self.elsewhere: list[tuple[str, int]] = []
        self._lines = text.splitlines()
        self._pictures = pictures

    def left_out(self, tree: tidy.Node) -> Iterator[Fault]:
        for node in tree.iter():
            if not isinstance(node.tag, str):
                continue
            if node.tag in _LEFT_OUT:
                yield self._fault(f"<{node.tag}> is left out", "Take it out: mails can't show it", f"<{node.tag}")
            for name in node.attrib:
                if _HANDLER.fullmatch(name) or name == "style":
                    what = f"{name}= of <{node.tag}> is left out"
                    yield self._fault(what, "Take it out: the theme says how mails look", f"{name}=")

    def pictures(self, tree: tidy.Node) -> Iterator[Fault]:
        for image in list(tree.iter("img")):
            address = (image.get("src") or "").strip()
            if address.lower().startswith(MEDIA):
                yield from self._put_in(image, address)
            elif NO_PAGE.image(address) is None:
                yield from self._broken(address)
            elif tidy.is_unwanted(image):
                remedy = "Take it out: newsletters without such pictures reach more people"
                yield self._fault(f"the picture {_short(address)} is left out: it counts readers", remedy, address)
            else:
                self.elsewhere.append((address, self._line_of(address)))

    def links(self, tree: tidy.Node) -> Iterator[Fault]:
        for link in tree.iter("a"):
            address = (link.get("href") or "").strip()
            if "href" in link.attrib and NO_PAGE.link(address) is None:
                what = f"the link {_short(address) or 'without an address'} leads nowhere: its words stay"
                yield self._fault(what, "Write the whole address, with https://", address)

    def _put_in(self, image: tidy.Node, address: str) -> Iterator[Fault]:
        name = address[len(MEDIA) :].lower()
        found = self._pictures(name)
        if found is None:
            remedy = "Add it: publisher media add FILE; see what there is: publisher media list"
            yield self._fault(f"no picture is called {name}", remedy, address, is_grave=True)
            return
        image.set("src", found.url)
        image.set("alt", (image.get("alt") or "").strip() or found.alt)
        for side, pixels in (("width", found.width), ("height", found.height)):
            if pixels and not image.get(side):
                image.set(side, str(pixels))

    def _broken(self, address: str) -> Iterator[Fault]:
        remedy = "Add it with `publisher media add FILE`, which prints what to write, or write its whole address"
        if is_web(address) or not address:
            yield self._fault(f"the picture {_short(address)} has no usable address", remedy, address, is_grave=True)
        elif address.lower().startswith("data:"):
            yield self._fault("a picture lies in the text itself", remedy, "data:", is_grave=True)
        else:
            yield self._fault(f"the picture {_short(address)} is never found", remedy, address, is_grave=True)

    def _fault(self, what: str, remedy: str, sought: str, *, is_grave: bool = False) -> Fault:
        return Fault(what, remedy, self._line_of(sought), is_grave)

    def _line_of(self, sought: str) -> int:
        """Return the first line that holds something; 0 where none does as it was read."""
        low = sought.lower()
        return next((number for number, line in enumerate(self._lines, 1) if low and low in line.lower()), 0)


def _short(address: str) -> str:
    return clean.shorten(clean.fold(address), LONGEST_QUOTED)
