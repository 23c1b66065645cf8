"""What a correction of an edition would change, send by send: rendered, compared and checked. Writes nothing down."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.app import made_under, naming, standing, withdrawals
from publisher.app.archive import as_written
from publisher.app.composing import PATIENCE
from publisher.errors import EndedError, UsageError
from publisher.model.counting import many
from publisher.model.erratum import Erratum
from publisher.model.message import Content, Mail, Post, fill_for_nobody
from publisher.model.staff import May
from publisher.model.states import ENDED, SendState
from publisher.pipeline.operate import correcting, rewording
from publisher.pipeline.operate.correcting import Corrected
from publisher.store import (
    Connection,
    RowMapping,
    articles,
    corrections,
    editions,
    facts,
    messages,
    seals,
    sends,
    trials,
)
from publisher.store import withdrawals as withdrawals_made
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.pipeline.produce import Anew

LONGEST_DIFF = 40  # lines that are shown of one send


@dataclass(frozen=True, slots=True)
class Difference:
    """What one send would say instead."""

    channel: str
    to: tuple[str, ...]  # lists; empty: the channel's account
    removed: tuple[str, ...]  # lines of its text part, or of its posts
    added: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Yield it as it is shown."""
        yield f"{self.channel} to {', '.join(self.to) or 'its account'}:"
        shown = [*(f"  - {line}" for line in self.removed), *(f"  + {line}" for line in self.added)]
        yield from shown[:LONGEST_DIFF]
        if len(shown) > LONGEST_DIFF:
            yield f"  … {many(len(shown) - LONGEST_DIFF, 'line')} more"
        if not shown:
            yield "  the same words; how they are set differs"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A correction, rendered and checked, and nothing written yet."""

    wanted: Corrected
    differences: tuple[Difference, ...]
    blocked: tuple[str, ...]  # what the checks say against the new words
    to_edit: int  # posts that stand with older words than they are to have by now
    kept: tuple[str, ...]  # posts that have new words and can't be edited, each with why
    behind: int  # readers of older words whom a correction mail would reach; 0 where none is wanted
    gone: int  # readers whom none can reach, because it is not kept any more who they are; 0 likewise
    bare: int  # articles whose html is not kept any more
    stops: int  # readers of an earlier correction mail who have not got it, and won't

    @property
    def is_nothing(self) -> bool:
        return not (self.differences or self.to_edit or self.behind)

    def lines(self) -> Iterator[str]:
        """Yield, beside the differences, which posts would be edited, and to how many mails would go."""
        if self.to_edit and not self.differences:
            yield f"{many(self.to_edit, 'post')} with older words: to be edited"
        for post in self.kept:
            yield f"{post}; edit it by hand"
        if self.behind:
            yield f"a correction by mail to {many(self.behind, 'reader')}"
        if self.gone:
            who = f"{many(self.gone, 'reader')} of the old words"
            yield f"no mail to {who}: who they are is not kept as long as that (`retention: deliveries:`)"
        if self.bare:
            yield f"{many(self.bare, 'article')} without html, which is not kept as long as that: its text stands in"
        if self.stops:
            more = "" if self.behind else "; they get the new words only with --mail"
            yield f"an earlier correction by mail is stopped before {many(self.stops, 'reader')} had it{more}"

    @property
    def seal(self) -> str:
        """Return what tells these words from others: what somebody saw is what they agree to."""
        seen = [(each.channel, each.to, each.removed, each.added) for each in self.differences]
        return hashlib.sha256(repr((seen, self.to_edit, self.behind, self.stops)).encode()).hexdigest()


def require_gone_out(app: App, edition_id: int) -> None:
    """Refuse an edition that has no words to be put right, or none any more.

    :raises MissingError: there is no such edition.
    :raises UsageError: it is a draft, was withdrawn, or never left the house.
    """
    title = standing.edition_title(app.store, edition_id, app.zone)
    with app.store.read() as conn:
        row, made = naming.require_edition(conn, edition_id), sends.of_edition(conn, edition_id)
        withdrawn = facts.first_withdrawn_by(conn, edition_id)
    if row["state"] == "draft":
        remedy = f"Edit it instead: publisher edition {edition_id}"
        raise UsageError("it is a draft: nothing of it has gone out", where=title, remedy=remedy)
    if withdrawals.is_of_practice(app, row["project_version_id"]):
        raise EndedError("it was made in practice: nothing of it has left the house", where=title)
    if app.is_practice:
        remedy = "Take `practice: true` out of schedules.yaml, then correct it"
        raise UsageError("in practice nothing real can be corrected", where=title, remedy=remedy)
    if withdrawn is not None:
        since = f"{withdrawn.since.astimezone(app.zone):%Y-%m-%d %H:%M:%S %Z}"
        raise EndedError(f"it was withdrawn by {withdrawn.actor}, {since}: what stands is taken down", where=title)
    if not made:
        if row["state"] == "locked":
            raise UsageError("its messages are still being made", where=title, remedy="Correct it in a moment")
        raise EndedError(f"it is {row['state']}, and nothing of it went out: there is nothing to correct", where=title)
    if row["state"] == "cancelled" and not any(send["sent"] or send["unknown"] or send["taken"] for send in made):
        raise EndedError("it is cancelled, and nothing of it went out: there is nothing to correct", where=title)


def require_fit(prepared: Prepared, title: str) -> None:
    """Refuse words that the checks would hold.

    :raises UsageError: with all that is wrong.
    """
    if prepared.blocked:
        what = f"the new words can't go: {'; '.join(line.rstrip('.') for line in prepared.blocked)}"
        raise UsageError(what, where=title, remedy="Mend that, then correct it; nothing was changed")


@allowed(May.APPROVE)
def correct(app: App, edition_id: int, prepared: Prepared, why: str = "") -> None:
    """Write a correction down as it was seen; `publisher run` carries it out.

    :raises UsageError: somebody else corrected or withdrew it meanwhile, or nobody has it yet.
    """
    means, now = app.sending.corrects, app.store.now()
    correcting.correct_edition(app.store, edition_id, prepared.wanted, means, actor=app.actor, why=why, now=now)


def ask_sources(app: App, edition_id: int) -> list[str]:
    """Look at the sources of an edition's articles, so that what was mended there is found; return what didn't answer.

    What such a source said last holds.
    """
    with app.store.read() as conn:
        places = [place for place in editions.places_of(conn, edition_id) if place["position"] is not None]
        names = {articles.get(conn, place["article_id"]).source for place in places}
    known = sorted(names & set(app.project.sources))
    polled = app.poll_all(known, patience=PATIENCE) if known else []
    return [f"{each.error.rstrip('.')}; what it said last holds" for each in polled if each.error]


def prepare(app: App, edition_id: int, *, note: str | None, subject: str | None, mail: bool) -> Prepared:
    """Render an edition's sends with everything as it is now, beside what they say. Writes nothing.

    :param note: Markdown; None: the one of an earlier correction stays.
    :param subject: None: likewise.
    :raises UsageError: its schedule is gone.
    """
    from publisher.pipeline import produce

    with app.store.read() as conn:
        edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- it was named a moment ago, and editions are never deleted
        said = corrections.erratum(conn, edition_id).over(note, subject)
    schedule = made_under.schedule_now(app, edition)
    if schedule is None:
        what = f"{made_under.what_is_gone(app, edition)}, by which its words are made"
        raise UsageError(what, remedy="Put it back into schedules.yaml, then correct the edition")
    how: dict[str, Any] = {"erratum": said, "with_letters": mail}
    schedule = schedule.in_language(edition["language"])
    found, revisions = produce.render_anew(app.store, app.studio, app.project, schedule, edition_id, **how)
    with app.store.rehearsal() as conn:
        return _compared(app, conn, edition_id, found, said, revisions, mail=mail)


def _compared(
    app: App,
    conn: Connection,
    edition_id: int,
    found: Sequence[Anew],
    said: Erratum,
    revisions: Mapping[int, int],
    *,
    mail: bool,
) -> Prepared:
    differences: list[Difference] = []
    changed: list[tuple[Anew, int]] = []
    blocked: list[str] = []
    stops = 0
    for anew in found:
        was, new = _said(conn, anew.send), anew.opened(conn)
        differing = [name for name, words in new.items() if name not in was or _differs(was[name], words, anew.send)]
        if not differing and (new or not was):
            continue  # as it is; or held, and it can't be made as before
        if anew.send["state"] != SendState.HELD:
            blocked += _against(anew)
        if not new:
            continue
        trial = trials.of(anew.send)
        shown = trial.shown if trial and trial.shown in differing else differing[0]
        differences.append(_difference(app, conn, anew.send, was.get(shown), new[shown]))
        changed.append((anew, messages.newest_revision(conn, anew.send["id"])))
        stops += sum(row["pending"] for row in corrections.open_mails(conn, edition_id, anew.send["entry"]))
    mailed = [anew for anew in found if anew.letter is not None and anew.send["audience"]] if mail else []
    changes = {anew.send["id"] for anew, _ in changed}
    behind = sum(
        _would_be_behind(conn, anew.send) if anew.send["id"] in changes else corrections.count_behind(conn, anew.send)
        for anew in mailed
    )
    gone = sum(_nobody_knows(conn, anew.send, is_changed=anew.send["id"] in changes) for anew in mailed)
    to_edit = rewording.to_edit(conn, edition_id, app.sending.corrects, app.store.now(), anew=True)
    wanted = Corrected(said, tuple(changed), tuple(mailed), revisions)
    bare = sum(
        row["position"] is not None and each.is_without_html for row, each in articles.of_edition(conn, edition_id)
    )
    kept = tuple(_that_keep(app, conn, edition_id, {anew.send["entry"] for anew, _ in changed}))
    return Prepared(wanted, tuple(differences), tuple(blocked), len(to_edit), kept, behind, gone, bare, stops)


def _that_keep(app: App, conn: Connection, edition_id: int, entries: Collection[str]) -> Iterator[str]:
    """Yield which posts would have new words that nobody can give them, and why."""
    for post in withdrawals_made.posted(conn, edition_id):
        why = app.sending.corrects.why_it_keeps(post.channel, post.account) if rewording.stands_whole(post) else ""
        if why and post.entry in entries:
            yield f"{post.channel} keeps its words: {why}"


def _said(conn: Connection, send: RowMapping) -> dict[str, Content]:
    """Return what a send says, by variant: where two subjects are tried, both mails."""
    return {name: messages.get(conn, number) for name, number in messages.by_variant(conn, send["id"]).items()}


def _would_be_behind(conn: Connection, send: RowMapping) -> int:
    """Return how many have words that are old once a mail has others, and are kept."""
    return int(send["sent"] + send["unknown"] + send["taken"]) - _nobody_knows(conn, send, is_changed=True)


def _nobody_knows(conn: Connection, send: RowMapping, *, is_changed: bool) -> int:
    """Return how many have words that are old, or are once a mail has others, and are not kept any more."""
    if not is_changed:
        return corrections.count_gone(conn, send["id"])
    gone = seals.counted(conn, send["id"])
    return sum(gone[state] for state in corrections.HAD)


def _against(anew: Anew) -> Iterator[str]:
    findings = [*anew.product.findings, *(anew.letter.findings if anew.letter else ())]
    for finding in dict.fromkeys(finding for finding in findings if finding.blocks):
        yield f"{anew.send['channel']}: {finding.what}. {finding.remedy}"


def _differs(was: Content, new: Content, send: RowMapping) -> bool:
    """Say whether a send would say something else. Of a post that is out only its words can change."""
    if isinstance(was, Post) and isinstance(new, Post):
        has_left = send["state"] in ENDED and not send["failed"]
        return was.parts != new.parts or (not has_left and _card(was) != _card(new))
    return messages.encode(was) != messages.encode(new)


def _card(post: Post) -> tuple[str, ...]:
    return (post.card.url, post.card.title, post.card.description) if post.card else ()


def _difference(app: App, conn: Connection, send: RowMapping, was: Content | None, new: Content) -> Difference:
    before = _lines(app, conn, send["id"], was) if was else []
    found = list(difflib.ndiff(before, _lines(app, conn, send["id"], new)))
    removed = tuple(line[2:] for line in found if line.startswith("- ") and line[2:].strip())
    added = tuple(line[2:] for line in found if line.startswith("+ ") and line[2:].strip())
    return Difference(send["channel"], tuple(send["audience"]), removed, added)


def _lines(app: App, conn: Connection, send_id: int, message: Content) -> list[str]:
    """Return what readers read of a message, as lines; nobody's values are in it."""
    if isinstance(message, Post):
        return [line for part in message.parts for line in part.splitlines()]
    if not isinstance(message, Mail):
        return []
    mail = as_written(app, conn, send_id, message)
    return [f"Subject: {fill_for_nobody(mail.subject, {})}", *fill_for_nobody(mail.text, {}).splitlines()]
