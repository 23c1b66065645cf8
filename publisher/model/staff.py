"""Who works here: what each may do, and by which word they are known beside everything that they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """Each may do what those before it may."""

    EDITOR = "editor"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMIN = "admin"


class May(StrEnum):
    """What is asked of a role."""

    LOOK = "look"
    EDIT = "edit"  # drafts, notes, articles, schedules, inserts, theme; tests; holding an edition
    APPROVE = "approve"  # agreeing, letting held editions go, breaking news, corrections
    OPERATE = "operate"  # cancel, resend, withdraw, hold everything; channels, sources, lists, subscribers
    MANAGE = "manage"  # who works here, and with what token


LEAST: Mapping[May, Role] = {
    May.LOOK: Role.EDITOR,
    May.EDIT: Role.EDITOR,
    May.APPROVE: Role.APPROVER,
    May.OPERATE: Role.OPERATOR,
    May.MANAGE: Role.ADMIN,
}
_RANK = {role: number for number, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff."""

    id: int
    name: str
    role: Role
    made_at: datetime
    ended_at: datetime | None = None  # since then they work here no more
    has_password: bool = False
    scopes: frozenset[May] | None = None  # of a token by which they ask; None: all that their role reaches

    @property
    def actor(self) -> str:
        """How they are named beside what they do."""
        return f"console:{self.name}"

    def may(self, what: May) -> bool:
        """Say whether their role reaches so far."""
        is_in_scope = self.scopes is None or what in self.scopes
        return self.ended_at is None and _RANK[self.role] >= _RANK[LEAST[what]] and is_in_scope

    def why_not(self, what: May) -> str:
        """Say in words why they may not do something."""
        if self.scopes is not None and what not in self.scopes:
            return f"this token has no scope `{what.value}`"
        return f"your role ({self.role.value}) doesn’t reach so far: it takes {LEAST[what].value}"
