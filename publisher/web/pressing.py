"""What is typed at the terminal, in the words of the console: errors and reasons are written once, with the command.

Whoever is signed in reads which button it is, and on which page; the terminal, and pages that nobody is signed in to,
say the command. What only the terminal does stays a command.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from re import Match
from zoneinfo import ZoneInfo

from publisher.web.speech import ENGLISH, moment_words

_NAME = r"[^\s;,:`()]*[^\s;,:`().]"
_EDITION = "on the page of edition {}"
# A command as it stands in a sentence, and what the console has in its place: words that fit where it stood.
_COMMANDS = (
    (r"release --all", "“Let sending go on” on Today"),
    (rf"release --channel ({_NAME})", "“It is mended: let it go on” on the page of channel {}"),
    (r"release (\d+)", f"“Release” {_EDITION}"),
    (r"cancel (\d+)", f"“Cancel…” {_EDITION}"),
    (r"hold (\d+)", f"“Hold” {_EDITION}"),
    (rf"withdraw (\d+) --by-hand ({_NAME})", f"say so of {{1}} under “Withdraw…” {_EDITION}"),
    (r"withdraw (\d+)", f"“Withdraw…” {_EDITION}"),
    (r"correct (\d+) --mail", f"“Correct…” {_EDITION}, also by mail"),
    (r"correct (\d+)", f"“Correct…” {_EDITION}"),
    (r"resend (\d+)", f"“Resend to the failed…” {_EDITION}"),
    (r"approve (\d+)(?: --version \w+)?", f"“Approve exactly this” {_EDITION}"),
    (r"reopen (\d+)", f"“Open it again” {_EDITION}"),
    (r"unknown list --edition (\d+)", f"“Settle what is unknown…” {_EDITION}"),
    (r"unknown list", "Send log, with the state unknown"),
    (r"edition (\d+)", "the page of edition {}"),
    (rf"editions ({_NAME})", "Editions, of the schedule {}"),
    (r"editions", "Editions"),
    (rf"send ({_NAME}) --finish", "“Release” on the page of the edition of {}"),
    (rf"send ({_NAME})", "“Send it now” on the page of schedule {}"),
    (rf"resume ({_NAME})", "“Resume” on the page of schedule {}"),
    (rf"plan ({_NAME})", "the page of schedule {}"),
    (rf"note ({_NAME}) FILE", "the note on the desk of {}"),
    (r"articles release (\d+) --as-new", "“Let it go out” on the page of article {}"),
    (r"articles release (\d+)", "“Let it go out” on the page of article {}"),
    (rf"articles release --source ({_NAME})", "“Let all of them go out” under Articles, of {}"),
    (rf"articles discard --source ({_NAME})", "“Discard all of them” under Articles, of {}"),
    (r"articles discard (\d+(?: \d+)*)", "“Keep it out of editions from now on” on the page of article {}"),
    (rf"articles --why ({_NAME})", "Articles: {}"),
    (r"articles", "Articles"),
    (rf"sources --start ({_NAME})", "“Look now” on the page of source {}"),
    (r"sources", "Sources"),
    (r"log --edition (\d+)(?: --state \w+)?", "Send log, of edition {}"),
    (rf"hooks resume ({_NAME})", "“Tell it again” on the page of webhook {}"),
    (rf"hooks log ({_NAME})", "the page of webhook {}"),
    (r"hooks (?:list|add|end NUMBER)", "Webhooks"),
    (rf"subscribers (?:show|unsuppress) ({_NAME})", "Subscribers, by the address {}"),
    (r"subscribers export", "Subscribers"),
    (rf"connect ({_NAME})", "“Connect it” on the page of channel {}"),
    (rf"staff (?:list|token|role|link|add)(?: {_NAME})?(?: --role \w+| admin)?", "Staff, where an admin does it"),
    (r"status(?=[ ;,.)(]|$)", "Today"),
)
# An option as it stands in a sentence.
_OPTIONS = (
    (r"--add (\d+)", "“Take it in” with the number {}"),
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
    (r"--clear", "“Take it back”"),
    (r"--allow-private, or the box in the form", "the box in the form"),
    (r"--anyway", "the box under it"),
    (r"with --mail", "by “also by mail”"),
    (r"`--finish`|--finish", "“Release”"),
    (r"`--skip`|--skip", "“Cancel…”"),
    (r"`--catch-up`|--catch-up", "“Resume, and catch up”"),
)
_TYPED = [
    *((re.compile(rf"`publisher {typed}`|\bpublisher {typed}"), words) for typed, words in _COMMANDS),
    *((re.compile(typed), words) for typed, words in _OPTIONS),
]
_MOMENT = re.compile(
    r"(?<![\w@/])(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?"  # day, clock, seconds
    r"(Z|[+-]\d\d:\d\d| (?:UTC|[A-Z]{3,5}|[+-]\d\d))?(?![\w:])"
)


def pressed(words: str) -> str:
    """Return a sentence with what to press, and where, in the place of what to type."""
    for typed, said in _TYPED:
        words = typed.sub(_filled(said), words)
    return words


def _filled(said: str) -> Callable[[Match[str]], str]:
    def fill(found: Match[str]) -> str:
        values = [value for value in found.groups() if value is not None]
        return said.replace("{1}", values[1] if len(values) > 1 else "").replace("{}", values[0] if values else "")

    return fill


def dated(words: str, zone: ZoneInfo, language: str = ENGLISH) -> str:
    """Return a sentence with its times as pages show them: the key of a slot, such as ``2026-11-24T07:00``, is one."""

    def shown(found: Match[str]) -> str:
        day, clock, seconds, mark = found.groups()
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
