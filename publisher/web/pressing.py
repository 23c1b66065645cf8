"""What is typed at the terminal, in the words of the console: errors and reasons are written once, with the command.

Whoever is signed in reads which button it is, and on which page; the terminal, and pages that nobody is signed in to,
say the command. What only the terminal does stays a command.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from re import Match
from urllib.parse import quote
from zoneinfo import ZoneInfo

from publisher.speech import ENGLISH, moment_words
from publisher.speech.phrases import Phrase, _, joined, said_in

_NAME = r"[^\s;,:`()]*[^\s;,:`().]"


def _on_edition(button: str) -> Phrase:
    return _("“%(button)s” on the page of edition %(name)s", button=button, name="{}")


def _on_schedule(button: str) -> Phrase:
    return _("“%(button)s” on the page of schedule %(name)s", button=button, name="{}")


def _on_article(button: str) -> Phrase:
    return _("“%(button)s” on the page of article %(name)s", button=button, name="{}")


def _of_source(button: str) -> Phrase:
    return _("“%(button)s” under %(page)s, of %(name)s", button=button, page=_("Articles"), name="{}")


# A command as it stands in a sentence, and what the console has in its place: words that fit where it stood.
_COMMANDS = (
    (r"release --all", _("“%(button)s” on %(page)s", button=_("Let sending go on"), page=_("Today"))),
    (
        rf"release --channel ({_NAME})",
        _("“%(button)s” on the page of channel %(name)s", button=_("It is mended: let it go on"), name="{}"),
    ),
    (r"release (\d+)", _on_edition(_("Release"))),
    (r"cancel (\d+)", _on_edition(_("Cancel…"))),
    (r"hold (\d+)", _on_edition(_("Hold"))),
    (
        rf"withdraw (\d+) --by-hand ({_NAME})",
        _("say so of %(channel)s under %(place)s", channel="{1}", place=_on_edition(_("Withdraw…"))),
    ),
    (r"withdraw (\d+)", _on_edition(_("Withdraw…"))),
    (r"correct (\d+) --mail", _("%(place)s, also by mail", place=_on_edition(_("Correct…")))),
    (r"correct (\d+)", _on_edition(_("Correct…"))),
    (r"resend (\d+)", _on_edition(_("Resend to the failed…"))),
    (r"approve (\d+)(?: --version \w+)?", _on_edition(_("Approve exactly this"))),
    (r"reopen (\d+)", _on_edition(_("Open it again"))),
    (r"unknown list --edition (\d+)", _on_edition(_("Settle what is unknown…"))),
    (r"unknown list", _("%(page)s, with the state %(state)s", page=_("Send log"), state=_("unknown"))),
    (r"edition (\d+)", _("the page of edition %(name)s", name="{}")),
    (rf"editions ({_NAME})", _("%(page)s, of the schedule %(name)s", page=_("Editions"), name="{}")),
    (r"editions", _("Editions")),
    (
        rf"send ({_NAME}) --finish",
        _("“%(button)s” on the page of the edition of %(name)s", button=_("Release"), name="{}"),
    ),
    (rf"send ({_NAME})", _on_schedule(_("Send it now"))),
    (rf"resume ({_NAME})", _on_schedule(_("Resume"))),
    (rf"plan ({_NAME})", _("the page of schedule %(name)s", name="{}")),
    (rf"note ({_NAME}) FILE", _("the note on the desk of %(name)s", name="{}")),
    (r"articles release (\d+) --as-new", _on_article(_("Let it go out"))),
    (r"articles release (\d+)", _on_article(_("Let it go out"))),
    (rf"articles release --source ({_NAME})", _of_source(_("Let all of them go out"))),
    (rf"articles discard --source ({_NAME})", _of_source(_("Discard all of them"))),
    (r"articles discard (\d+(?: \d+)*)", _on_article(_("Keep it out of editions from now on"))),
    (rf"articles --why ({_NAME})", joined([_("Articles"), "{}"], ": ")),
    (r"articles", _("Articles")),
    (rf"sources --start ({_NAME})", _("“%(button)s” on the page of source %(name)s", button=_("Look now"), name="{}")),
    (r"sources", _("Sources")),
    (r"log --edition (\d+)(?: --state \w+)?", _("%(page)s, of edition %(name)s", page=_("Send log"), name="{}")),
    (
        rf"hooks resume ({_NAME})",
        _("“%(button)s” on the page of webhook %(name)s", button=_("Tell it again"), name="{}"),
    ),
    (rf"hooks log ({_NAME})", _("the page of webhook %(name)s", name="{}")),
    (r"hooks (?:list|add|end NUMBER)", _("Webhooks")),
    (
        rf"subscribers (?:show|unsuppress) ({_NAME})",
        _("%(page)s, by the address %(name)s", page=_("Subscribers"), name="{}"),
    ),
    (r"subscribers export", _("Subscribers")),
    (rf"connect ({_NAME})", _("“%(button)s” on the page of channel %(name)s", button=_("Connect it"), name="{}")),
    (
        rf"staff (?:list|token|role|link|add)(?: {_NAME})?(?: --role \w+| admin)?",
        _("%(page)s, where an admin does it", page=_("Staff")),
    ),
    (r"status(?=[ ;,.)(]|$)", _("Today")),
)
# An option as it stands in a sentence.
_OPTIONS = (
    (r"--add (\d+)", _("“%(button)s” with the number %(name)s", button=_("Take it in"), name="{}")),
    (r"--to LIST and --via CHANNEL", "a list and a channel"),
    (r"--to LIST", "a list"),
    (r"--title and --summary", "headline and summary"),
    (r"--title, --summary", "headline and summary"),
    (r"--title", "the headline"),
    (r"--summary", "the summary"),
    (r"give --allow-private", "allow it by the box in the form"),
    (r"--to(?= is\b)", "a list"),
    (r"Give --via with one of", "Choose one of the channels"),
    (r"--via", "the channels"),
    (r"Give --for with one of", "Choose one of"),
    (r"Give --name with", "Give a name with"),
    (r"--name", "its name"),
    (r" \(--seen \d+\)", ""),
    (r"--clear", _("“%(button)s”", button=_("Take it back"))),
    (r"--allow-private, or the box in the form", "the box in the form"),
    (r"--anyway", "the box under it"),
    (r"with --mail", "by “also by mail”"),
    (r"`--finish`|--finish", _("“%(button)s”", button=_("Release"))),
    (r"`--skip`|--skip", _("“%(button)s”", button=_("Cancel…"))),
    (r"`--catch-up`|--catch-up", _("“%(button)s”", button=_("Resume, and catch up"))),
)
# The page that a command's words name, by how the command begins; the first that fits.
_ADDRESSES = (
    (("release --all", "status"), "/"),
    (("release --channel", "connect"), "/channels/{}"),
    (("release", "cancel", "hold", "withdraw", "correct", "resend", "approve", "reopen", "edition "), "/editions/{}"),
    (("unknown list --edition",), "/editions/{}/unknown"),
    (("unknown list",), "/log?state=unknown"),
    (("editions",), "/editions"),
    (("resume", "plan"), "/schedules/{}/about"),
    (("articles release --source", "articles discard --source", "articles --why"), "/articles"),
    (("articles release", "articles discard"), "/articles/{}"),
    (("articles",), "/articles"),
    (("sources --start",), "/sources/{}"),
    (("sources",), "/sources"),
    (("log --edition",), "/log?edition={}"),
    (("hooks resume", "hooks log"), "/hooks/{}"),
    (("hooks",), "/hooks"),
    (("staff",), "/staff"),
)


def _address(typed: str) -> str:
    command = re.sub(r"\(\?:.*", "", typed)  # what every form of it begins with
    return next((address for begins, address in _ADDRESSES if command.startswith(begins)), "")


_TYPED = [
    *((re.compile(rf"`publisher {typed}`|\bpublisher {typed}"), words, _address(typed)) for typed, words in _COMMANDS),
    *((re.compile(typed), words, "") for typed, words in _OPTIONS),
]
LINK = r"\ue000([^\ue001]*)\ue001([^\ue002]*)\ue002"  # address, words
_MARKS = re.compile("[\ue000-\ue002]")
_MOMENT = re.compile(
    r"(?<![\w@/=?&`])(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?"  # day, clock, seconds
    r"(Z|[+-]\d\d:\d\d| (?:UTC|[A-Z]{3,5}|[+-]\d\d))?(?!\w|:\d)"
)


def pressed(words: str, language: str = ENGLISH, *, linked: bool = False) -> str:
    """Return a sentence with what to press, and where, in the place of what to type.

    :param linked: what names a page stands in marks, with its address, as `LINK` finds them.
    """
    if linked:
        words = _MARKS.sub("", words)  # a stranger's words make no link
    for typed, said, address in _TYPED:
        words = typed.sub(_filled(said_in(said, language), address if linked else ""), words)
    return words


def _filled(said: str, address: str) -> Callable[[Match[str]], str]:
    def fill(found: Match[str]) -> str:
        values = [value for value in found.groups() if value is not None]
        second = said.replace("{1}", values[1] if len(values) > 1 else "")
        if "{}" not in second:
            return _marked(address, second)
        names = values[0].split(" ") if values else [""]  # of articles there may be several
        return second.replace("{}", ", ".join(_marked(address.format(quote(name, safe="")), name) for name in names))

    return fill


def _marked(address: str, words: str) -> str:
    return f"\ue000{address}\ue001{words}\ue002" if address else words


def dated(words: str, zone: ZoneInfo, language: str = ENGLISH) -> str:
    """Return a sentence with its times as pages show them: the key of a slot, such as ``2026-11-24T07:00``, is one.

    What says that it is UTC is shown in the zone; any other zone by its short name stays as it is.
    """

    def shown(found: Match[str]) -> str:
        day, clock, seconds, mark = found.groups()
        mark = "Z" if mark == " UTC" else mark
        if mark is not None and mark.startswith(" "):
            return (
                moment_words(datetime.fromisoformat(f"{day}T{clock}"), None, language=language) + (seconds or "") + mark
            )
        at = datetime.fromisoformat(f"{day}T{clock}{seconds or ''}{mark or ''}")
        return moment_words(
            at if at.tzinfo else at.replace(tzinfo=zone), zone, seconds=bool(seconds), language=language
        )

    def tried(found: Match[str]) -> str:
        try:
            return shown(found)
        except (ValueError, OverflowError):  # no moment at all, or one that another zone has no date for
            return found[0]

    return _MOMENT.sub(tried, words)


def begun(words: str) -> str:
    """Return a sentence with a capital letter, unless it begins with a name: a file's, a field's, a schedule's."""
    first = words.split(" ", 1)[0]
    is_name = any(sign in first for sign in ":./@_`")
    return words if is_name else f"{words[:1].upper()}{words[1:]}"
