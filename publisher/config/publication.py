"""``publication:`` and ``lists:``."""

from __future__ import annotations

from publisher.config.reading import Document
from publisher.config.shape import REQUIRED, Shape, key
from publisher.config.theme import ThemeShape
from publisher.config.values import Language, Line, Mailbox, PublicAddress, ReplyTo, WebAddress, Zone
from publisher.model.project import ArchiveRule, MailingList, Publication
from publisher.model.theme import Theme


class PublicationShape(Shape):
    """The newspaper itself."""

    name: Line = key(REQUIRED, "What readers know the newspaper as", example="Harbor Gazette", min_length=1)
    url: WebAddress = key(REQUIRED, "The newspaper's own site", example="https://harbor.example", min_length=1)
    public_url: PublicAddress = key(
        "", "Where readers and providers reach Publisher: unsubscribe, archive, webhooks, media"
    )
    sender: Mailbox = key(
        REQUIRED, "Who the mail comes from", alias="from", example="Harbor Gazette <news@harbor.example>"
    )
    reply_to: ReplyTo = key("", "Where answers go; without it, to `from`")
    address: str = key("", "Postal address for the foot of every mail")
    timezone: Zone = key("UTC", "IANA zone of all times in this file")
    language: Language = key("en", "Language of mail and posts, as a code: `en`, `pt-PT`")
    preheader: Line = key("", "What inboxes show after the subject")
    theme: ThemeShape | None = key(None, "How mails look: colours, logo, fonts, width")

    def record(self, document: Document) -> Publication:
        name, address = self.sender
        return Publication(
            name=self.name,
            url=self.url,
            public_url=self.public_url,
            from_name=name or self.name,
            from_email=address,
            reply_to=self.reply_to,
            address=self.address,
            timezone=self.timezone,
            language=self.language,
            preheader=self.preheader,
            theme=self.theme.record(document, ("publication", "theme")) if self.theme else Theme(),
            where=document.where(("publication", "from")),
        )


class ListShape(Shape):
    """A list that people subscribe to."""

    title: Line = key("", "What subscribers see; without it, the list's name")
    about: Line = key("", "What the list brings and how often, in a sentence")
    archive: ArchiveRule = key("off", "Whether past editions can be read on the web; `unlisted`: by whoever has a link")
    is_open: bool = key(True, "Whether people may sign up by themselves; else only you add them", alias="open")
    double_opt_in: bool = key(True, "Whether a sign-up must be confirmed by mail")
    welcome: bool = key(False, "Whether a new subscriber gets a welcome mail")
    language: Language | None = key(None, "Language of this list, where it isn't the publication's")

    def record(self, name: str, where: str) -> MailingList:
        return MailingList(
            name=name,
            title=self.title or name.replace("-", " ").replace("_", " ").capitalize(),
            about=self.about,
            archive=self.archive,
            is_open=self.is_open,
            double_opt_in=self.double_opt_in,
            welcome=self.welcome,
            language=self.language or "",
            where=where,
        )
