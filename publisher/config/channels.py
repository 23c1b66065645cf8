"""``channels:``: configured senders. What a sender itself asks for is kept as written."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ConfigDict

from publisher.config.reading import Document
from publisher.config.shape import REQUIRED, Shape, key
from publisher.config.values import BaseAddress, Line, Name, PositiveDuration, Rate
from publisher.config.when import ChannelSlotsShape, Span
from publisher.model.project import Channel

SECRET = re.compile(
    r"(^|_)(key|token|secret|password|passphrase|credentials?)$|^apikey$|^(webhook|target)$", re.IGNORECASE
)


class UtmShape(Shape):
    """What links to articles say of where their readers come from, for the newspaper's own statistics."""

    source: Line = key("", "`utm_source`; the channel's name where nothing is written")
    medium: Line = key("", "`utm_medium`; `email` or `social` where nothing is written")
    campaign: Line = key("", "`utm_campaign`; the schedule's name where nothing is written")
    content: Line = key("", "`utm_content`")
    term: Line = key("", "`utm_term`")


class ChannelShape(Shape):
    """A sender with its options."""

    model_config = ConfigDict(extra="allow")

    sender: Name = key(
        REQUIRED,
        "Which sender: `apprise`, `bluesky`, `brevo`, `discord`, `facebook`, `linkedin`, `mailgun`, `mailjet`, "
        "`mailpit`, `mastodon`, `postmark`, `resend`, `sendgrid`, `ses`, `slack`, `sparkpost`, `telegram`, "
        "`threads`, `webhook`, `x`, or one you installed",
        example="mailgun",
    )
    base_url: BaseAddress = key("", "Address of the provider's API, where it isn't the usual one")
    rate: Rate | None = key(None, "Recipients in a time: `300/s`, `10/min`")
    calls: Rate | None = key(None, "Requests in a time, where the provider counts those")
    burst: int | None = key(None, "How many may go at once after a pause", ge=1)
    at_once: int = key(8, "Requests that may be under way at the same time, in one process", ge=1, le=64)
    per_day: int | None = key(None, "At most this many recipients a day", ge=1)
    fallback: Name | None = key(None, "Channel that takes over what this one provably did not send")
    per_domain: dict[Line, Rate] = key({}, "Recipients in a time for single mail domains: `{gmail.com: 20/s}`")
    quiet: Span | None = key(None, 'Hours in which nothing is sent: `"22:00-07:00"`')
    slots: ChannelSlotsShape | None = key(
        None, 'Times at which one of the posts that wait leaves: `{at: ["09:00", "13:00"], days: mon-fri}`'
    )
    utm: UtmShape | None = key(
        None, "Parameters for statistics on every link to an article: `{source: newsletter}`; `{}` for the usual ones"
    )
    warm_up: PositiveDuration | None = key(
        None, "How long a new sending domain takes to reach `per_day`, from 50 recipients a day on: `14d`"
    )

    def record(self, name: str, document: Document, home: str) -> Channel:
        """Return what the file says of the channel.

        :param home: the domain that the publication writes from.
        """
        path = ("channels", name)
        written: dict[str, Any] = document.data["channels"][name]
        return Channel(
            name=name,
            sender=self.sender,
            options=dict(self.model_extra or {}),
            base_url=self.base_url,
            rate_per_second=self.rate,
            calls_per_second=self.calls,
            burst=self.burst,
            at_once=self.at_once,
            per_day=self.per_day,
            per_domain={domain.casefold(): rate for domain, rate in self.per_domain.items()},
            quiet=self.quiet,
            slots=None if self.slots is None else self.slots.record(),
            warm_up=self.warm_up,
            sends_as=f"{self.sender}:{(self.model_extra or {}).get('domain', home)}",
            fallback=self.fallback or "",
            utm=None if self.utm is None else self.utm.model_dump(),
            where=document.where_key(path),
            places={option: document.where((*path, option)) for option in written},
        )


def is_secret(option: str) -> bool:
    """Tell whether an option's name says that its value must not stand in the file."""
    return bool(SECRET.search(option))
