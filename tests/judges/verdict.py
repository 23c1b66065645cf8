"""What a judge is, and what it says of a mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.judges.mails import Rendered

Mails = Mapping[str, Rendered]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judge's word on one mail."""

    figure: str  # as it stands in the table of docs/email-report.md
    faults: tuple[str, ...] = ()  # why the target is missed; empty: it is reached


@dataclass(frozen=True, slots=True)
class Judge:
    """Somebody from outside who looks at mails."""

    name: str
    measures: str  # the head of its column
    target: str
    lacks: Callable[[], str]  # what is missing on this machine and how to get it; empty: nothing
    version: Callable[[], str]
    hear: Callable[[Mails], dict[str, Verdict]]  # one verdict for each mail, by its name
