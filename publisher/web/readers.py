"""What the pages for readers have in common: their language, the lists that there are, and how a page is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi.responses import Response
from starlette.background import BackgroundTask

from publisher.audience.signup import Wanted
from publisher.model.project import MailingList
from publisher.model.tokens import leaving_token
from publisher.render.conventions import locale_of
from publisher.web.pages import Pages
from publisher.web.wording import Words, catalogue

if TYPE_CHECKING:
    from publisher.app import App


class Readers:
    """Makes the pages that readers see."""

    def __init__(self, app: App, pages: Pages) -> None:
        self.app = app
        self._pages = pages

    def page(
        self,
        template: str,
        say: Words,
        *,
        status: int = 200,
        afterwards: Callable[[], None] | None = None,
        **context: Any,
    ) -> Response:
        """Return a page.

        :param afterwards: what is done when the answer has left, so that nobody learns from how long it took.
        """
        made = self._pages.page(template, status=status, say=say, **context)
        if afterwards is not None:
            made.background = BackgroundTask(afterwards)
        return made

    def said(
        self, say: Words, title: str, *words: str, status: int = 200, afterwards: Callable[[], None] | None = None
    ) -> Response:
        """Return a page that says something: names of a title and of sentences. Otherwise as `page`."""
        texts = [say(name) for name in words]
        return self.page("public_said.html", say, status=status, afterwards=afterwards, title=say(title), texts=texts)

    def choices_of(self, subscriber_id: int, list_id: int) -> str:
        """Return where a reader finds their choices: below the link that every mail brings."""
        key_id, key = self.app.keys.current("link")
        return f"/u/{leaving_token(subscriber_id, list_id, key_id, key)}/choices"

    def dead(self, say: Words | None = None) -> Response:
        """Return the page behind a link that isn't ours, or has ended: it tells nothing, and is no error.

        Mailbox providers and scanners count errors behind the links of mails.
        """
        return self.page("public_dead.html", say or self.words())

    def words(self, *languages: str) -> Words:
        """Return the words in the first language that is named; in the publication's where none is."""
        return self._pages.words(next(filter(None, languages), ""))

    def chosen(self, said: str) -> str:
        """Return a language that somebody asked for; empty for one that isn't offered."""
        return said if said in dict(self.languages()) else ""

    def languages(self) -> list[tuple[str, str]]:
        """Return the languages that readers may choose, each by its own name; the publication's first."""
        paper = self.app.project.publication.language
        own = [paper, *(each.language for each in self.app.project.lists.values() if each.language)]
        return [(tag, _name_of(tag)) for tag in dict.fromkeys([*own, *sorted(catalogue())])]

    def lists(self) -> list[MailingList]:
        """Return the lists that people may sign up for by themselves."""
        return [each for each in self.app.project.lists.values() if each.is_open]

    def list_named(self, name: str) -> MailingList:
        """Return a list; one that has gone from schedules.yaml still has its name."""
        return self.app.project.lists.get(name) or MailingList(name, name, is_open=False)

    def wanted(self, mailing_list: MailingList, say: Words) -> Wanted:
        """Return that somebody wants a list, with the words that the page showed them."""
        shown = f"{mailing_list.title}: {mailing_list.about}" if mailing_list.about else mailing_list.title
        words = f"{shown}\n{self.promise(say)}"
        return Wanted(mailing_list.name, mailing_list.double_opt_in, words, say.language)

    def promise(self, say: Words) -> str:
        """Return what readers are told before they choose a list."""
        return say("join_words", self.app.project.publication.name)

    @property
    def post_box(self) -> str:
        """Where readers can write to."""
        paper = self.app.project.publication
        return paper.reply_to or paper.from_email


def _name_of(language: str) -> str:
    locale = locale_of(language)
    return str(locale.get_display_name(str(locale)) or language)
