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
    EDIT = "edit"  # drafts, notes, schedules, inserts, theme
    APPROVE = "approve"
    OPERATE = "operate"  # hold, cancel, resend, withdraw; channels, sources, lists, subscribers
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

    @property
    def actor(self) -> str:
        """How they are named beside what they do."""
        return f"console:{self.name}"

    def may(self, what: May) -> bool:
        """Say whether their role reaches so far."""
        return self.ended_at is None and _RANK[self.role] >= _RANK[LEAST[what]]
