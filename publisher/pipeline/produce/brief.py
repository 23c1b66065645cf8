"""Everything that one message is rendered from, gathered from the project and the edition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from publisher.model.article import Article
from publisher.model.desk import NO_WORDS, Words
from publisher.model.erratum import NO_ERRATUM, Erratum
from publisher.model.message import Block, Brief
from publisher.model.project import Channel, Entry, Project, Schedule
from publisher.pipeline.produce.doors import Doors
from publisher.sources.written import Pictures, no_pictures, read


def brief_of(
    project: Project,
    schedule: Schedule,
    entry: Entry,
    *,
    slot: str,
    due_at: datetime,
    chosen: Sequence[Article],
    updates: Sequence[Article] = (),
    note: str = "",
    words: Words = NO_WORDS,
    erratum: Erratum = NO_ERRATUM,
    corrects: bool = False,
    inserts: Sequence[Block] = (),
    pictures: Pictures = no_pictures,
    practice: bool = False,
    doors: Doors | None = None,
) -> Brief:
    """Gather everything that a message is rendered from.

    :param updates: articles that were sent before and have changed since, to be named.
    :param note: Markdown, as an editor wrote it; its front matter may have words for the subject and the preheader.
    :param words: of people's own, in the place of what the entry says.
    :param erratum: what an editor says of what was wrong.
    :param corrects: it puts right what its readers have.
    :param inserts: labelled words of others, for a mail.
    :param pictures: those that people added, by their names.
    :param practice: nothing reaches a real reader.
    :param doors: to our own pages; None: the mail names none but those that are each reader's own.
    """
    paper = project.publication
    written = read(note, pictures)
    words = words.over(Words(written.subject, written.preheader))
    mailing_list = project.lists[entry.to[0]] if entry.to else None
    host = urlsplit(paper.public_url).hostname or (entry.from_email or paper.from_email).rpartition("@")[2]
    return Brief(
        publication=paper.name,
        site_url=paper.url,
        from_name=entry.from_name or paper.from_name,
        from_email=entry.from_email or paper.from_email,
        reply_to=entry.reply_to or paper.reply_to,
        address=paper.address,
        timezone=paper.timezone,
        language=entry.language or (mailing_list.language if mailing_list else "") or paper.language,
        schedule=schedule.name,
        slot=slot,
        due_at=due_at,
        articles=tuple(chosen),
        updates=tuple(updates),
        list_name=mailing_list.name if mailing_list else "",
        list_title=mailing_list.title if mailing_list else "",
        list_about=mailing_list.about if mailing_list else "",
        list_domain=host,
        template=entry.template,
        subject=erratum.subject or words.subject or entry.subject,
        preheader=words.preheader or entry.preheader or paper.preheader,
        own=_own(subject=erratum.subject or words.subject, preheader=words.preheader),
        note=written.html,
        note_title=written.title,
        inserts=tuple(inserts),
        erratum=read(erratum.note, pictures).html,
        corrects=corrects,
        text=words.text,
        practice=practice,
        utm=_utm(project.channels[entry.via], schedule, is_mail=bool(entry.to)),
        theme=entry.theme.over(paper.theme),
        archive_url=doors.archive_url(mailing_list) if doors else "",
        attaches=entry.picture == "attach",
    )


def _own(**words: str) -> frozenset[str]:
    """Return which of these words a person wrote: what is wrong with them isn't mended in `schedules.yaml`."""
    return frozenset(name for name, said in words.items() if said)


def _utm(channel: Channel, schedule: Schedule, *, is_mail: bool) -> tuple[tuple[str, str], ...]:
    """Return the parameters by which a newspaper's statistics know where its readers come from."""
    if channel.utm is None:
        return ()
    usual = {"source": channel.name, "medium": "email" if is_mail else "social", "campaign": schedule.name}
    said = usual | {name: value for name, value in channel.utm.items() if value}
    return tuple((f"utm_{name}", value) for name, value in said.items())


def preview_values(email: str = "reader@example.org", name: str = "Ada Reader") -> dict[str, str]:
    """Return a made-up reader's values, for pages that show a message to nobody in particular."""
    first = name.split()[0] if name else ""
    links = dict.fromkeys(("unsubscribe_url", "preferences_url"), "https://example.org/leave")
    joined = {"joined_on": "2026-11-24", "joined": ""}
    return {"email": email, "name": name, "first_name": first, **links, **joined}
