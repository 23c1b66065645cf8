"""The room's one door: what callers use to render and check."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.model.article import Image
from publisher.model.message import Brief, Finding, Letter, Mail, Message, PictureRules, Post, PostRules
from publisher.model.post_size import length
from publisher.render.checks import WrittenAt, check_mail, check_post
from publisher.render.email import page_of, render_mail
from publisher.render.engine import Engine
from publisher.render.inline import inline
from publisher.render.letters import letter_name, render_letter
from publisher.render.library import Library
from publisher.render.social import description, picture_of, render_post
from publisher.render.theme import theme_dict

if TYPE_CHECKING:
    from publisher.render.photo import Photo


class Renderer:
    """Render messages with the templates of some folders.

    :param folders: where templates are looked for, the first that has a file wins: the project's own ``templates/``,
        then ``default_theme()``. Folders that don't exist are passed over.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._engine = Engine(folders)
        self._library = Library(self._engine.folders)

    def mail(self, brief: Brief) -> Mail:
        """Render a newsletter; TemplateError says which template, which line, what and what to do."""
        return render_mail(self._engine, brief)

    def letter(self, letter: Letter) -> Mail:
        """Render a mail about a subscription; TemplateError as for ``mail``."""
        return render_letter(self._engine, letter)

    def post(self, brief: Brief, rules: PostRules) -> Post:
        """Render a post and fit it to the network's limit; TemplateError as for ``mail``."""
        return render_post(self._engine, brief, rules)

    def require_readable(self, line: str, *, where: str) -> None:
        """Refuse a subject or preheader that no edition could have; TemplateError says what and what to do."""
        self._engine.require_readable(line, where=where)

    def get_ready(self, rules: Iterable[PostRules]) -> None:
        """Load what only the first message waits for: a process that stays does this while nothing is due."""
        self._engine.get_ready()
        inline("<!DOCTYPE html><title>Ready</title>", where="get_ready")
        for each in rules:
            length("", each)

    def share_image(self, brief: Brief) -> bytes:
        """Draw the card of the lead article, as PNG; UndrawableError where its headline is in no font of ours."""
        from publisher.render.share import draw_card  # here: only posts without a picture need what draws

        lead = brief.articles[0]
        return draw_card(lead.title, brief.publication, lead.language or brief.language, brief.theme.light.accent)

    def picture(self, brief: Brief) -> Image | None:
        """Return the lead article's own picture, to be uploaded; None where it has none that can be shown."""
        return picture_of(brief.articles[0], brief, is_uploaded=True)

    def description(self, words: str, most: int) -> str:
        """Cut the words for who can't see a picture to at most so many units of UTF-16."""
        return description(words, most)

    def photo(self, content: bytes, rules: PictureRules) -> Photo:
        """Return a picture as a network takes it; UnusablePictureError where that can't be."""
        from publisher.render.photo import fitted  # here: it is of use to few posts

        return fitted(content, rules)

    def picture_for_mail(self, content: bytes, width: int, rules: PictureRules) -> Photo:
        """Return a picture as mails show it, no wider than so many pixels; UnusablePictureError where that can't be."""
        from publisher.render.photo import for_mail  # here: as above

        return for_mail(content, width, rules)

    def size_of(self, content: bytes) -> tuple[int, int]:
        """Return a picture's width and height in pixels; UnusablePictureError where it is none."""
        from publisher.render.photo import size_of  # here: as above

        return size_of(content)

    def check(self, message: Message, brief: Brief | Letter, rules: PostRules | None = None) -> tuple[Finding, ...]:
        """Return everything that is wrong with a message; a post needs the rules that it was rendered with."""
        if isinstance(message, Mail):
            return check_mail(message, brief, self._written_at(brief))
        if rules is None or isinstance(brief, Letter):
            raise ValueError("a post is checked against its network's rules")
        return check_post(message, brief, rules)

    def idle(self, named: Collection[str], languages: Collection[str] = ()) -> list[tuple[str, str]]:
        """Return the project's templates that nothing uses, each with the name that was meant, or nothing.

        :param named: templates that are used by their names: those of lines of `send:`, and of networks.
        :param languages: of messages, for which there may be templates beside those for all: ``digest.pt.html``.
        """
        return self._library.idle(named, languages)

    def _written_at(self, sheet: Brief | Letter) -> WrittenAt:
        name = page_of(sheet) if isinstance(sheet, Brief) else f"{letter_name(sheet)}.html"
        page = self._engine.first_of(name, language=sheet.language)
        theme = theme_dict(sheet.theme, sheet.publication)
        return lambda text: self._library.written_at(page, text, theme)
