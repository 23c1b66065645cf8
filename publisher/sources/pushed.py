"""An article as another system sends it, or as an editor writes it into the console: checked, then cleaned."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from publisher.errors import SourceError
from publisher.model.article import Article
from publisher.sources import clean
from publisher.sources.address import Place, web_url
from publisher.sources.dropped import dropped
from publisher.sources.item import Item, article_of
from publisher.sources.pictures import Picture

Text = Annotated[str, Field(max_length=2_000)]
Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=50)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class PushedImage(_Shape):
    """The picture of an article."""

    url: Annotated[Text, Field(min_length=1)]
    alt: Text = ""
    caption: Text = ""
    credit: Text = ""


class PushedArticle(_Shape):
    """The body of ``POST /api/articles``.

    :ivar id: the sender's own: the same id is the same article.
    """

    id: Annotated[str, Field(max_length=200)] = ""
    title: Annotated[Text, Field(min_length=1)]
    url: Text = ""
    html: str = ""
    text: str = ""
    summary: Text = ""
    authors: Names = ()
    categories: Names = ()
    published_at: AwareDatetime | None = None
    language: Annotated[str, Field(max_length=35)] = ""
    image: PushedImage | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for name, url in (("url", self.url), ("image.url", self.image.url if self.image else "")):
            if url and not web_url(url):
                raise _wrong(name, "is no web address (https://…)")
        if self.html and self.text:
            raise _wrong("html", "stands beside text: send one of the two")
        return self


def _wrong(name: str, what: str) -> PydanticCustomError:
    return PydanticCustomError("publisher", "{name}: {what}", {"name": name, "what": what})


def read_body(body: bytes, key: str = "") -> Article:
    """Return the article in the body of a request.

    :param key: its id where the body gives none.
    :raises SourceError: what is wrong with it, field by field.
    """
    try:
        said = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise SourceError("the body is no JSON in UTF-8") from None
    if not isinstance(said, dict):
        raise SourceError("the body should be one JSON object")
    return article_from({**said, "id": said.get("id") or key})


def article_from(values: dict[str, Any], called: Mapping[str, str] = MappingProxyType({})) -> Article:
    """Return the article that these values describe.

    :param called: what whoever gave them calls the fields, where it isn't their name.
    :raises SourceError: what is wrong with them, field by field.
    """
    try:
        pushed = PushedArticle.model_validate(values)
    except ValidationError as error:
        raise SourceError("; ".join(_words(item, called) for item in error.errors(include_url=False)[:10])) from None
    if not pushed.id:
        raise SourceError("id: is missing: give each article an id of your own, or the header Idempotency-Key")
    article = article_of(_item(pushed), Place(pushed.url))
    if article is None or not article.title:
        raise SourceError(f"{called.get('title', 'title')}: is empty once its markup is taken out")
    return replace(article, notes=(*article.notes, *dropped(pushed.html, article.html)))


def _item(pushed: PushedArticle) -> Item:
    image = pushed.image
    return Item(
        guid=pushed.id,
        link=pushed.url or None,
        title=pushed.title,
        title_is_html=False,
        summary=clean.escaped(pushed.summary),
        content=pushed.html or clean.escaped(pushed.text),
        authors=pushed.authors,
        categories=pushed.categories,
        dates=(pushed.published_at.isoformat(),) if pushed.published_at else (),
        language=pushed.language or None,
        pictures=(Picture(image.url, image.alt, image.caption, image.credit),) if image else (),
    )


_PLAIN = {
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_type": "should be text",
    "tuple_type": "should be a list",
    "model_type": "should be an object",
}


def _words(item: Any, called: Mapping[str, str]) -> str:
    """Say what is wrong with one field; never its value, which may be long or secret."""
    kind, context = item["type"], item.get("ctx", {})
    place = ".".join(str(part) for part in item["loc"]) if kind != "publisher" else context["name"]
    name = called.get(re.sub(r"\.\d+$", "", place), place)
    if kind == "publisher":
        return f"{name}: {context['what']}"
    if kind in _PLAIN:
        return f"{name}: {_PLAIN[kind]}"
    if kind == "extra_forbidden":
        return f"{name}: is no field; there are {', '.join(PushedArticle.model_fields)}"
    if kind in ("string_too_long", "too_long"):
        return f"{name}: is longer than {context['max_length']:,}"
    if kind.startswith(("datetime", "timezone", "date")):
        return f"{name}: is no time with a zone: write 2026-11-23T07:00:00+01:00"
    return f"{name}: {item['msg'][:1].lower()}{item['msg'][1:]}"
