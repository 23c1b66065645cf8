"""The pages of the console, as every page of it lists them."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.model.staff import May
from publisher.speech.phrases import _


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that can be gone to.

    :param name: by which a page says that it is this one (`here`).
    """

    name: str
    address: str
    words: str
    may: May = May.LOOK  # what it takes to see it
    key: str = ""  # after `g` leads there


NAVIGATION: tuple[tuple[Entry, ...], ...] = (
    (
        Entry("today", "/", _("Today"), key="t"),
        Entry("calendar", "/calendar", _("Calendar"), key="c"),
        Entry("schedules", "/schedules", _("Schedules"), key="s"),
        Entry("editions", "/editions", _("Editions"), key="e"),
        Entry("log", "/log", _("Send log"), key="l"),
        Entry("figures", "/figures", _("Figures")),
    ),
    (
        Entry("articles", "/articles", _("Articles")),
        Entry("new", "/articles/new", _("Add article")),
        Entry("sources", "/sources", _("Sources")),
    ),
    (
        Entry("subscribers", "/subscribers", _("Subscribers")),
        Entry("suppressions", "/suppressions", _("Suppressions")),
        Entry("channels", "/channels", _("Channels")),
    ),
    (
        Entry("audit", "/audit", _("Audit")),
        Entry("hooks", "/hooks", _("Webhooks"), May.OPERATE),
        Entry("people", "/people", _("Staff")),
    ),
)
