"""Articles as the interface tells of them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from publisher.app.provenance import Provenance, place_words
from publisher.model.article import LedgerArticle, Standing


class ArticleLine(BaseModel):
    """An article in a list."""

    id: int
    source: str
    headline: str
    url: str | None
    standing: Standing
    reason: str = Field(description="Why it stands so.")
    published_at: datetime | None
    first_seen_at: datetime
    gone_at: datetime | None = Field(description="Since when its source doesn't have it any more.")
    sent_in: list[int] = Field(description="The editions that brought it to anybody.")


class Happened(BaseModel):
    """One thing that became of an article."""

    at: datetime
    event: str
    reason: str


class Place(BaseModel):
    """An article's place in an edition."""

    edition: int
    schedule: str
    due_at: datetime
    position: int | None = Field(description="In the edition; null: it was left out.")
    said: str


class ArticleWhole(ArticleLine):
    """An article with what stands in it, and what became of it."""

    summary: str
    text: str
    authors: list[str]
    categories: list[str]
    language: str | None
    revision: int
    notes: list[str] = Field(description="What was mended when it came in.")
    history: list[Happened]
    editions: list[Place]


def line_of(each: LedgerArticle, sent_in: list[int]) -> ArticleLine:
    """Return an article as a line."""
    return ArticleLine(
        id=each.id,
        source=each.source,
        headline=each.article.title,
        url=each.article.url,
        standing=each.standing,
        reason=each.reason,
        published_at=each.article.published_at,
        first_seen_at=each.first_seen_at,
        gone_at=each.gone_at,
        sent_in=sent_in,
    )


def whole_of(told: Provenance) -> ArticleWhole:
    """Return all of an article."""
    each, places = told.article, told.places
    sent_in = [row["edition_id"] for row in places if row["sent"] and row["position"] is not None]
    return ArticleWhole(
        **line_of(each, sent_in).model_dump(),
        summary=each.article.summary,
        text=each.article.text,
        authors=list(each.article.authors),
        categories=list(each.article.categories),
        language=each.article.language,
        revision=each.revision,
        notes=list(each.article.notes),
        history=[Happened(at=row["at"], event=row["event"], reason=row["reason"]) for row in told.history],
        editions=[
            Place(
                edition=row["edition_id"],
                schedule=row["schedule"],
                due_at=row["due_at"],
                position=row["position"],
                said=place_words(row),
            )
            for row in places
        ],
    )
