"""No write is made for somebody who asks, unless a verb says what it takes and their role reaches so far."""

from __future__ import annotations

import pytest

from publisher.errors import NotAllowedError
from publisher.model.staff import May, Member, Role
from publisher.store import Store, permission
from publisher.store.staff import write_down
from tests.ledger import NOW


@pytest.fixture
def store(tmp_path) -> Store:
    return Store.create(tmp_path / "publisher.db")


def member(role: Role, scopes: frozenset[May] | None = None) -> Member:
    return Member(1, "anna", role, NOW, scopes=scopes)


def write(store: Store) -> None:
    with store.write() as conn:
        write_down(conn, "cli:test", "looked", now=NOW)


@permission.allowed(May.APPROVE)
def agree(store: Store) -> None:
    write(store)


def test_who_is_at_the_terminal_writes_and_so_does_what_goes_on_by_itself(store):
    write(store)
    agree(store)
    with permission.asking(member(Role.EDITOR)), permission.by_itself():
        write(store)


@pytest.mark.parametrize("who", [None, *map(member, Role)])
def test_whoever_asks_writes_nothing_that_no_verb_allows(store, who):
    with permission.asking(who):
        with pytest.raises(NotAllowedError):
            write(store)
        with pytest.raises(NotAllowedError):
            store.submit(lambda conn: None)
        with store.rehearsal() as conn:  # which is taken back
            write_down(conn, "cli:test", "looked", now=NOW)


@pytest.mark.parametrize("role", Role)
def test_a_verb_lets_those_write_whose_role_reaches_so_far(store, role):
    with permission.asking(member(role)):
        if role is Role.EDITOR:
            with pytest.raises(NotAllowedError, match=r"editor.*it takes approver"):
                agree(store)
        else:
            agree(store)
        with pytest.raises(NotAllowedError):
            write(store)  # what was allowed ends with the verb


def test_a_token_reaches_no_further_than_its_scopes_and_than_its_owners_role(store):
    with permission.asking(member(Role.ADMIN, frozenset({May.LOOK}))), pytest.raises(NotAllowedError, match="scope"):
        agree(store)
    with permission.asking(member(Role.EDITOR, frozenset(May))), pytest.raises(NotAllowedError, match="role"):
        agree(store)
    with permission.asking(member(Role.APPROVER, frozenset({May.APPROVE}))):
        agree(store)


def test_until_somebody_works_here_only_what_says_so_is_done(store):
    with permission.asking(None):
        with pytest.raises(NotAllowedError, match="nobody signs in here yet"):
            agree(store)
        with permission.allowed(May.EDIT, until_anybody=True):
            write(store)


def test_the_verb_within_a_verb_asks_for_itself(store):
    with permission.asking(member(Role.EDITOR)), permission.allowed(May.EDIT), pytest.raises(NotAllowedError):
        agree(store)
