"""Markdown as newsrooms write it, and the line that it is known by."""

from __future__ import annotations

from markdown_it import MarkdownIt

from publisher.sources import clean

LONGEST_LINE = 120  # characters of a first line that may be a heading


def parser() -> MarkdownIt:
    """Return what reads Markdown: CommonMark with html, tables and strikethrough."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def title_of(text: str) -> str:
    """Return what a text is known by: its first line, as plain text, cut at a word."""
    first = text.strip().partition("\n")[0].lstrip("#").strip()
    return clean.shorten(clean.one_line(parser().renderInline(first)), LONGEST_LINE) if first else ""
