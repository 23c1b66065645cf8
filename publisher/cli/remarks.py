"""What a command says on stderr of what happens meanwhile: the log's lines in words, and only those of use to people.

`publisher run` logs instead: its lines are for machines too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog

# Warnings that are not here help nobody who waits for a command; errors are always said.
WORDS: Mapping[str, str] = {
    "alert": "{what}. Affected: {affected}. To do: {command}",
    "answer_waits": "an answer can't be written down yet, and is kept: {error}",
    "books_do_not_balance": "the books of send {send} don't balance; it is set aside: publisher verify",
    "channel_rests": "{channel} reached nobody and rests until {until}; it is tried again by itself",
    "channel_stopped": "{channel} is stopped: {why}",
    "draft_cancelled": "the draft of {schedule} for {slot} is given up: {why}",
    "duty_failed": "{error}",
    "sender_fault": "the sender {sender} failed on call {call} ({fault}): what became of it is not known yet",
    "sent_anew": "{deliveries} of call {call} are sent anew (on_unknown: resend)",
    "source_failed": "{error}",
    "source_slow": "{source} did not answer within {seconds:g} s: what it says later waits for the next edition",
    "took_over": "a process ended in mid-send: {given_back} it had not begun, {unknown} may or may not have arrived",
}


def once() -> Callable[[Any, str, Any], Any]:
    """Return what lets each sentence through once: what is tried again every half second fails alike each time."""
    said: set[str] = set()

    def unless_said(_logger: Any, _level: str, sentence: Any) -> Any:
        if sentence in said:
            raise structlog.DropEvent
        said.add(sentence)
        return sentence

    return unless_said


def in_words(logger: Any, level: str, line: MutableMapping[str, Any]) -> str:
    """Return a line of the log as a sentence; a fault of our own with its traceback, as the log has it.

    :raises structlog.DropEvent: it is of no use to whoever waits for the command.
    """
    event = str(line.pop("event"))
    if line.get("exc_info"):
        return str(_WITH_TRACEBACK(logger, level, {**line, "event": event.replace("_", " ")}))
    if event in WORDS:
        return WORDS[event].format(**line)
    if level not in ("error", "critical"):
        raise structlog.DropEvent
    facts = ", ".join(f"{name} {value}" for name, value in line.items())
    return f"{event.replace('_', ' ')}: {facts}" if facts else event.replace("_", " ")


_WITH_TRACEBACK = structlog.dev.ConsoleRenderer(
    colors=False,
    sort_keys=False,
    exception_formatter=structlog.dev.plain_traceback,  # the usual one prints local variables: secrets
)
