"""Where people are signed in, a password of one's own, and patience with names that nobody has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App, sessions, staff
from publisher.app.guessing import MOST, Strangers, wait_after
from publisher.errors import NotAllowedError, StaleError, UsageError
from publisher.model.staff import May, Role
from publisher.store import permission
from tests.ledger import NOW, Clock
from tests.unit.app.project import open_app
from tests.unit.app.test_staff import WORDS, done, join

OTHER = "other words of mine"


@pytest.fixture
def app(tmp_path, monkeypatch) -> App:
    monkeypatch.setattr(staff, "MEMORY", 64)
    monkeypatch.setattr(staff, "ROUNDS", 1)
    monkeypatch.setattr(staff, "_NOBODYS", staff.hashed("nobody's"))
    return open_app(tmp_path, Clock(NOW))


def asking(app: App, token: str):
    return permission.asking(staff.who(app, token))


def test_who_is_signed_in_sees_where_and_ends_one_or_all_others(app):
    first = join(app)
    app.clock.advance(timedelta(minutes=10))
    here = staff.sign_in(app, "anna", WORDS).token
    staff.sign_in(app, "anna", WORDS)
    with asking(app, here):
        found = sessions.sessions_of(app, "anna", here)
        assert sorted(each.is_this for each in found) == [False, False, True]
        assert found[-1].made_at == NOW and first not in str(found)
        sessions.end_one(app, "anna", found[-1].name)
        with pytest.raises(StaleError):
            sessions.end_one(app, "anna", found[-1].name)
        assert sessions.end_all(app, "anna", but=here) == 1
    assert staff.who(app, first) is None and staff.who(app, here) is not None
    assert "console:anna signed anna out in 1 place" in done(app)


def test_sessions_of_others_are_an_admins_to_end(app):
    anna, boss = join(app), join(app, "boss", Role.ADMIN)
    with asking(app, anna):
        for refused in (lambda: sessions.end_all(app, "boss"), lambda: sessions.end_one(app, "nobody", "x")):
            with pytest.raises(NotAllowedError):
                refused()
    with asking(app, boss):
        assert sessions.end_all(app, "anna") == 1
        with pytest.raises(UsageError, match="nobody called 'nobody'"):
            sessions.end_all(app, "nobody")
    assert staff.who(app, anna) is None


def test_another_password_is_chosen_by_whoever_knows_the_present_one_and_ends_all_other_sessions(app):
    elsewhere, here = join(app), staff.sign_in(app, "anna", WORDS).token
    with asking(app, here):
        for wrong, why in ((("wrong", OTHER), "present password is wrong"), ((WORDS, "short"), "fewer than 12")):
            with pytest.raises(UsageError, match=why):
                sessions.change_password(app, *wrong, token=here)
        assert staff.who(app, elsewhere) is not None
        sessions.change_password(app, WORDS, OTHER, token=here)
    assert staff.who(app, elsewhere) is None and staff.who(app, here) is not None
    assert staff.sign_in(app, "anna", WORDS).member is None
    assert staff.sign_in(app, "anna", OTHER).member is not None


def test_no_token_chooses_a_password(app):
    join(app)
    with permission.asking(None), pytest.raises(NotAllowedError):
        sessions.change_password(app, WORDS, OTHER, token="")
    from publisher.app import tokens

    with permission.asking(tokens.who(app, tokens.add(app, "anna", "x", [May.EDIT]))), pytest.raises(NotAllowedError):
        sessions.change_password(app, WORDS, OTHER, token="")


def test_a_session_by_a_password_that_was_changed_meanwhile_does_not_begin(app, monkeypatch):
    join(app)
    right = staff.is_right

    def changed_meanwhile(password, kept):
        is_right = right(password, kept)
        link = staff.invite(app, "anna", "cli:test")
        staff.choose_password(app, link.removeprefix("/welcome/"), OTHER)
        return is_right

    monkeypatch.setattr(staff, "is_right", changed_meanwhile)
    assert staff.sign_in(app, "anna", WORDS) == staff.Entered(None)


def test_an_admin_ends_the_wait_of_somebody_whose_passwords_were_guessed_at(app):
    anna, boss = join(app), join(app, "boss", Role.ADMIN)
    for _ in range(5):
        staff.sign_in(app, "anna", "wrong")
    assert staff.who(app, anna) is not None  # whoever guesses keeps nobody out who is signed in
    assert staff.sign_in(app, "anna", WORDS).member is None
    with asking(app, anna), pytest.raises(NotAllowedError):
        sessions.unlock(app, "anna")
    with asking(app, boss):
        sessions.unlock(app, "anna")
        with pytest.raises(StaleError):
            sessions.unlock(app, "anna")
    assert staff.sign_in(app, "anna", WORDS).member is not None


def test_names_that_nobody_has_are_answered_as_others_are(app):
    join(app)
    staff.add(app, "ben", Role.EDITOR, "cli:test")  # has chosen no password yet
    waits: dict[str, list[int]] = {}
    for name in ("anna", "ben", "eve"):
        app.clock.moment = NOW
        waits[name] = []
        for _ in range(8):
            until = staff.sign_in(app, name, "wrong").wait_until
            waits[name].append((until - app.clock()) // timedelta(minutes=1) if until else 0)
            app.clock.moment = until or app.clock()
    assert waits["anna"] == waits["ben"] == waits["eve"] == [0, 0, 0, 0, 1, 2, 4, 8]


def test_made_up_names_take_no_memory():
    strangers = Strangers()
    for number in range(MOST + 10):
        strangers.note(f"eve{number}", NOW)
    assert len(strangers._tried) == MOST
    assert wait_after(100, NOW) == NOW + timedelta(hours=1)
