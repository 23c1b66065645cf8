"""``send:``: which message to whom, through which channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import model_validator

from publisher.config.reading import Document, Path_
from publisher.config.shape import REQUIRED, Shape, key
from publisher.config.theme import ThemeShape
from publisher.config.trial import TrialShape
from publisher.config.values import Duration, Language, Line, Mailbox, Name, Names, ReplyTo, Texts, wrong
from publisher.model.project import Entry, PictureRule
from publisher.model.theme import Theme


class EntryShape(Shape):
    """One line of ``send:``."""

    via: Name = key(REQUIRED, "Channel", example="letters")
    to: Names = key((), "List or lists; a social channel has none")
    segment: Name | None = key(None, "Only those of the list's readers who are in this segment")
    template: Line = key("", "Template; without it, a mail of one article or of several, or a post about the first")
    subject: Line = key("", "Subject of a mail; without it, the headline of the first article")
    preheader: Line = key("", "What inboxes show after the subject")
    sender: Mailbox | None = key(
        None, "Who this mail comes from, where it isn't the publication's `from`", alias="from"
    )
    reply_to: ReplyTo = key("", "Where answers to this mail go")
    language: Language | None = key(None, "Language of this message")
    after: Duration | None = key(None, "How long after the mail of the same edition", later=True)
    picture: PictureRule = key(
        "card", "Where a post shows the article's picture: in its link's card, or `attach`: itself, in the card's place"
    )
    without_picture: Literal["go", "hold"] = key(
        "go", "What becomes of a post whose picture can't be had: it goes without, or `hold`: it waits for a person"
    )
    theme: ThemeShape | None = key(None, "How this mail looks, where it isn't as the publication's `theme` says")
    subjects: Texts = key((), "In the place of `subject`: two, tried against each other; the rest gets the better one")
    trial: TrialShape | None = key(None, "With `subjects`: on how many they are tried, and for how long", alias="try")

    @model_validator(mode="after")
    def _pictures_are_of_posts(self) -> EntryShape:
        written = [name for name in ("picture", "without_picture") if name in self.model_fields_set]
        if self.to and written:
            what = f"has `{written[0]}`, which is about posts, and `to`: mails show their pictures anyway"
            raise wrong(what, f"Take `{written[0]}` out")
        return self

    @model_validator(mode="after")
    def _segments_are_of_lists(self) -> EntryShape:
        if self.segment and not self.to:
            raise wrong("has `segment` without `to`: a segment is a part of a list", "Add `to:` with the list")
        return self

    @model_validator(mode="after")
    def _two_subjects_are_tried(self) -> EntryShape:
        if "subjects" in self.model_fields_set:
            self._check_subjects()
        elif self.trial is not None:
            raise wrong("has `try` without `subjects`: there is nothing to try", "Add `subjects: [A, B]`")
        return self

    def _check_subjects(self) -> None:
        if len(self.subjects) != 2 or not all(self.subjects):
            given = len([each for each in self.subjects if each])
            raise wrong(f"has `subjects` with {given}: it takes two, A and B", "Write `subjects: [A, B]`")
        if self.subjects[0] == self.subjects[1]:
            raise wrong("has twice the same subject in `subjects`", "Write two that differ, or one as `subject`")
        if self.subject:
            raise wrong("has both `subject` and `subjects`", "Keep one of them: `subjects` has the words of both mails")
        if not self.to:
            raise wrong("has `subjects` without `to`: posts have no subject", "Take `subjects` out")

    def record(self, entry_key: str, document: Document, path: Path_, edition: str = "") -> Entry:
        """Return the entry.

        :param edition: in which language's edition it is, where its schedule has several.
        """
        name, address = self.sender or ("", "")
        return Entry(
            key=entry_key,
            via=self.via,
            to=self.to,
            segment=self.segment or "",
            template=self.template,
            subject=self.subject,
            subjects=self.subjects,
            trial=(self.trial or TrialShape()).record() if self.subjects else None,
            preheader=self.preheader,
            from_name=name,
            from_email=address,
            reply_to=self.reply_to,
            language=self.language or "",
            edition=edition,
            theme=self.theme.record(document, (*path, "theme")) if self.theme else Theme(),
            after=self.after,
            picture=self.picture,
            without_picture=self.without_picture,
            where=document.where(path),
        )


def entry_keys(entries: Sequence[EntryShape]) -> list[str]:
    """Return each entry's key: ``letters:daily``, ``letters:daily/porto``, ``mastodon``; numbered where it recurs."""
    seen: Counter[str] = Counter()
    keys = []
    for entry in entries:
        plain = f"{entry.via}:{'+'.join(entry.to)}" if entry.to else entry.via
        plain += f"/{entry.segment}" if entry.segment else ""
        seen[plain] += 1
        keys.append(plain if seen[plain] == 1 else f"{plain}#{seen[plain]}")
    return keys
