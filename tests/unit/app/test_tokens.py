"""Tokens by which programs ask for one of the staff: never further than who made them, no longer than their work."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App, staff, tokens
from publisher.errors import NotAllowedError, UsageError
from publisher.model.staff import May, Role
from publisher.store import permission
from publisher.store import tokens as ledger
from tests.ledger import NOW, Clock
from tests.unit.app.project import open_app
from tests.unit.app.test_staff import done, join


@pytest.fixture
def app(tmp_path) -> App:
    return open_app(tmp_path, Clock(NOW))


def rows(app: App):
    with app.store.read() as conn:
        return ledger.every(conn)


def member(app: App, token: str):
    found = tokens.who(app, token)
    assert found is not None
    return found


def test_the_ledger_keeps_no_token_only_its_digest(app):
    join(app, role=Role.OPERATOR)
    token = tokens.add(app, "anna", "  the \n  CMS ", [May.EDIT])
    (row,) = rows(app)
    assert (row["name"], row["owner"], row["scopes"]) == ("the CMS", "anna", ["edit", "look"])
    assert token not in str(dict(row)) and row["digest"] == staff.digest(token)
    assert any("made a token for the CMS" in line and token not in line for line in done(app))


def test_a_token_asks_for_its_owner_within_its_scopes_and_their_role(app):
    join(app, "boss", Role.ADMIN)
    join(app, role=Role.OPERATOR)
    token = tokens.add(app, "anna", "test", [May.OPERATE])
    assert [what for what in May if member(app, token).may(what)] == [May.LOOK, May.OPERATE]
    staff.set_role(app, "anna", Role.EDITOR, "console:boss")
    assert [what for what in May if member(app, token).may(what)] == [May.LOOK]


def test_what_is_no_token_asks_for_nobody(app):
    join(app)
    token = tokens.add(app, "anna", "test", [])
    for wrong in ("", "pub_", token[:-1], token.removeprefix("pub_"), f"{token} ", "pub_\x00", "pub_é"):
        assert tokens.who(app, wrong) is None


def test_a_token_is_seen_every_five_minutes_and_ends_with_its_days(app):
    join(app)
    token = tokens.add(app, "anna", "test", [], days=1)
    member(app, token)
    app.clock.advance(timedelta(minutes=4))
    member(app, token)
    assert rows(app)[0]["used_at"] == NOW
    app.clock.advance(timedelta(minutes=4))
    member(app, token)
    assert rows(app)[0]["used_at"] == app.clock()
    app.clock.moment = NOW + timedelta(days=1)
    assert tokens.who(app, token) is None


def test_tokens_end_with_their_owners_work_and_do_not_come_back_with_it(app):
    join(app, "boss", Role.ADMIN)
    join(app)
    token = tokens.add(app, "anna", "test", [])
    staff.end(app, "anna", "console:boss")
    assert tokens.who(app, token) is None
    staff.add(app, "anna", Role.EDITOR, "console:boss")
    assert tokens.who(app, token) is None


@pytest.mark.parametrize(("name", "days"), [("", None), (" \n ", None), ("x" * 101, None), ("x", 0), ("x", 3_651)])
def test_a_token_says_what_it_is_for_and_how_long_it_is_good(app, name, days):
    join(app)
    with pytest.raises(UsageError):
        tokens.add(app, "anna", name, [], days=days)


def test_nobody_has_more_good_tokens_than_they_can_look_over(app, monkeypatch):
    monkeypatch.setattr(tokens, "MOST", 2)
    join(app)
    for _ in range(2):
        tokens.add(app, "anna", "test", [])
    with pytest.raises(UsageError, match="has 2 tokens already"):
        tokens.add(app, "anna", "test", [])
    tokens.end(app, 1)
    tokens.add(app, "anna", "test", [])


def test_everybody_makes_and_ends_their_own_admins_everybodys(app):
    join(app, "boss", Role.ADMIN)
    join(app)
    join(app, "ben")
    bens = tokens.add(app, "ben", "test", [])
    anna, boss = (signed_in(app, name) for name in ("anna", "boss"))
    with permission.asking(anna):
        tokens.add(app, "anna", "mine", [])
        tokens.end(app, 2)
        for refused in (
            lambda: tokens.end(app, 1),
            lambda: tokens.end(app, 99),
            lambda: tokens.add(app, "ben", "x", []),
        ):
            with pytest.raises(NotAllowedError):
                refused()
    with permission.asking(boss):
        tokens.end(app, 1)
        with pytest.raises(UsageError, match="has ended already"):
            tokens.end(app, 1)
        with pytest.raises(UsageError, match="there is no token 99"):
            tokens.end(app, 99)
    assert tokens.who(app, bens) is None


def test_by_a_token_none_is_made_that_reaches_further(app):
    join(app, "boss", Role.ADMIN)
    join(app)
    looks = member(app, tokens.add(app, "anna", "test", []))
    manages = member(app, tokens.add(app, "boss", "test", [May.MANAGE]))
    with permission.asking(looks), pytest.raises(NotAllowedError):
        tokens.add(app, "anna", "more", [])
    with permission.asking(manages):
        tokens.add(app, "boss", "as much", [May.MANAGE])
        with pytest.raises(NotAllowedError, match="no scope `operate`"):
            tokens.add(app, "boss", "more", [May.OPERATE])


def signed_in(app: App, name: str):
    entered = staff.sign_in(app, name, "four words of mine")
    assert entered.member is not None
    return entered.member


def test_tokens_are_kept_on_each_engine(store):
    from publisher.store import staff as people

    with store.write() as conn:
        people.add(conn, "anna", Role.EDITOR, now=NOW, actor="test")
        anna = people.find(conn, "anna")
        for number in range(3):
            ledger.add(conn, anna.id, f"{number}", f"digest{number}", [May.LOOK], now=NOW, until=None)
        assert [row["id"] for row in ledger.every(conn, before=3, limit=1)] == [2]
        assert ledger.end(conn, 1, NOW) and not ledger.end(conn, 1, NOW)
        assert ledger.good(conn, anna.id, NOW) == 2
        ledger.end_all(conn, anna.id, NOW)
        assert ledger.owner(conn, "digest2", NOW) is None
        assert [row["sessions"] for row in people.overview(conn, NOW, NOW)] == [0]
        people.begin_session(conn, "digest", anna.id, now=NOW, until=NOW + timedelta(days=1))
        (row,) = people.overview(conn, NOW, NOW - timedelta(hours=1), name="anna")
        assert (row["sessions"], row["seen_at"]) == (1, NOW)
        assert people.overview(conn, NOW, NOW, after="anna") == []
        assert people.end_sessions(conn, anna.id, but="digest") == 0
        assert people.end_sessions(conn, anna.id) == 1
        assert not people.unlock(conn, anna.id, NOW)
