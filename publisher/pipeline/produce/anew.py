"""What the sends of an edition would say now: rendered as ever, and kept as a new revision where a person wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import RowMapping

from publisher.errors import UsageError
from publisher.model.counting import many
from publisher.model.erratum import Erratum
from publisher.model.message import Mail, Message
from publisher.model.project import Project, Schedule
from publisher.pipeline.produce.act import Content, content_of, keep_message, rendered
from publisher.pipeline.produce.entry import Produced, Studio
from publisher.store import Connection, Store, editions, messages, sends


@dataclass(frozen=True, slots=True)
class Anew:
    """What one send would say now."""

    send: RowMapping
    product: Produced
    letter: Produced | None = None  # the mail that puts right what its readers have; None: nobody wants one, or a post

    def opened(self, conn: Connection) -> dict[str, Message]:
        """Return its messages as they would be kept, by variant; the caller takes back what is written meanwhile.

        :raises UsageError: it was made with two subjects, and would be with one, or the other way round.
        """
        known, made = messages.by_variant(conn, self.send["id"]), self.product.variants
        if known and made and known.keys() != made.keys():
            what = f"the mail by {self.send['channel']} was made with {_subjects(known)}, and now there would be"
            remedy = "Let `subjects:` be as it was, and leave the subject as it is"
            raise UsageError(f"{what} {_subjects(made)}: nothing was corrected", remedy=remedy)
        doors = self.product.doors
        return {name: doors.opened(conn, message, self.send["id"], name) for name, message in made.items()}

    def keep(self, conn: Connection, revision: int, now: datetime) -> None:
        """Write the message down as the send's newest; a trial of its subjects goes on as it stands."""
        keep_message(conn, self.send["id"], self.product, now, revision=revision)

    def keep_letter(self, conn: Connection, mail_id: int, revision: int, now: datetime) -> int:
        """Write down the mail that puts this revision right, as another send's; return its number."""
        assert self.letter is not None  # noqa: S101 -- only asked for where it was made
        assert isinstance(self.letter.message, Mail)  # noqa: S101 -- what could not be made was refused before
        message = self.letter.doors.opened(conn, self.letter.message, mail_id, place=self.send["id"])
        return messages.add(conn, mail_id, message, now, revision=revision)


def _subjects(variants: Sized) -> str:
    return many(len(variants), "subject")


def render_anew(
    store: Store,
    studio: Studio,
    project: Project,
    schedule: Schedule,
    edition_id: int,
    *,
    erratum: Erratum,
    with_letters: bool = False,
) -> tuple[list[Anew], Mapping[int, int]]:
    """Render and check an edition's sends with the articles as they are now; return them, and the articles' revisions.

    Writes nothing. A send whose entry the schedule has no more is left out.

    :param erratum: what the editor says of what was wrong.
    :param with_letters: also the mails that put right what readers have.
    """
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- editions are never deleted
        content = replace(content_of(conn, edition), erratum=erratum)
        made = {row["entry"]: row for row in sends.of_edition(conn, edition_id) if row["kind"] == sends.REGULAR}
    entries = [entry for entry in schedule.send if entry.key in made]
    products = rendered(studio, project, schedule, edition, content, entries)
    letters = _letters(studio, project, schedule, edition, content) if with_letters else {}
    found = [Anew(made[each.entry.key], each, letters.get(each.entry.key)) for each in products]
    return found, content.revisions


def _letters(
    studio: Studio, project: Project, schedule: Schedule, edition: RowMapping, content: Content
) -> dict[str, Produced]:
    mails = [entry for entry in schedule.send if entry.to]
    made = rendered(studio, project, schedule, edition, content, mails, corrects=True)
    return {each.entry.key: each for each in made}
