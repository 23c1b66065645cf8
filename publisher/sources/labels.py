"""Tell a line of category labels, as it is left when a page is saved as text, from a headline."""

from __future__ import annotations

import regex

# The sections of newspapers. A line is taken for labels only where it is made of such words.
_WORDS = """
    analysis announcements arts arts-&-culture audio authors blog blogs books breaking breaking-news business
    campaigns cartoons cinema cities city climate climate-change columns comment commentary community
    contributors courts crime culture data debate diary economics economy editorial editorial-board editorials
    education elections energy entertainment environment essay essays events exclusive explainer explainers
    fact-check family fashion feature features film finance food gallery gaming gardening guides health history
    home-news housing human-rights in-depth infographics international interview interviews investigation
    investigations jobs justice labor labour law letters life lifestyle live local local-news long-read
    long-reads longform markets media money movies multimedia music national nature news news-&-analysis
    newsletter newsletters obituaries obituary op-ed op-eds opinion opinion-&-analysis opinions outdoors people
    perspectives photo-essay photos podcast podcasts politics poetry press profile profiles property puzzles
    real-estate recipes regional religion reports research review reviews rights science shows society sport
    sports special-report statements stories style tech technology television theatre theater top-stories
    transport travel tv uk us u.s. usa video videos views voices weather weekend women workers world world-news
    youth africa americas asia asia-pacific australia canada caribbean china europe latin-america middle-east
    actualidad actualité actualités actualitat análise análisis análisi analyse analysen ciencia ciencias
    cultura ciência débats deporte deportes desporto economia economía économie editoriais entrevista
    entrevistas esportes feuilleton gesellschaft idées internacional internationales investigación kultur
    lokales meinung mundo monde notícias noticias opinião opinión panorama politica política politik politique
    reportagem reportaje santé sociedade sociedad société sociales saúde salud tecnologia tecnología tribune
    wirtschaft wissen wissenschaft
"""
_SECTIONS = frozenset(_WORDS.split())
_GLUE = regex.compile(r"(?<=[\p{Ll}.])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})")
_SEPARATOR = regex.compile(r"\s*[|/•·»,]\s*")
_LONGEST = 120  # characters


def labels_in(line: str, *, is_above_headline: bool = False) -> tuple[str, ...]:
    """Return the labels in ``AnalysisFeatures`` or ``News | Opinion``; none where the line may be a headline.

    :param is_above_headline: the next line is certainly the headline, so that half of the pieces may be sections that
        are not known.
    """
    text = " ".join(line.split())
    if not text or len(text) > _LONGEST or text[-1] in ".!?:;…":
        return ()
    separated = [part for part in _SEPARATOR.split(text) if part]
    pieces = [piece.strip() for part in separated for piece in _GLUE.split(part) if piece.strip()]
    joined = _rejoined(pieces)
    known = [piece for piece in joined if _is_section(piece)]
    if len(known) == len(joined):
        return tuple(joined)
    is_plausible = len(joined) > 1 and all(_is_label(piece) for piece in joined)
    return tuple(joined) if is_above_headline and is_plausible and len(known) * 2 >= len(joined) else ()


def _rejoined(pieces: list[str]) -> list[str]:
    """Put together what the split took apart: a section that is itself written with a capital inside."""
    found: list[str] = []
    for piece in pieces:
        if found and _is_section(found[-1] + piece):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _is_section(piece: str) -> bool:
    return "-".join(piece.casefold().replace(" and ", " & ").split()) in _SECTIONS


def _is_label(piece: str) -> bool:
    """A label is up to three words, each with a capital."""
    words = [word for word in piece.split() if word not in ("&", "and", "of", "the", "in")]
    return 0 < len(words) <= 3 and all(word[0].isupper() or word[0].isdigit() for word in words)
