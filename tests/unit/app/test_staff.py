"""Who works here: passwords, links, sessions, and patience with whoever guesses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App, staff
from publisher.errors import UsageError
from publisher.model.staff import LEAST, May, Role
from publisher.store import staff as ledger
from tests.ledger import NOW, Clock
from tests.unit.app.project import open_app

WORDS = "four words of mine"


@pytest.fixture
def app(tmp_path) -> App:
    return open_app(tmp_path, Clock(NOW))


def join(app: App, name: str = "anna", role: Role = Role.EDITOR, password: str = WORDS) -> str:
    """Let somebody work here and choose a password; return what their browser keeps."""
    link = staff.add(app, name, role, "cli:test")
    entered = staff.choose_password(app, link.removeprefix("/welcome/"), password)
    assert entered.member is not None
    return entered.token


def done(app: App) -> list[str]:
    with app.store.read() as conn:
        return [f"{row['actor']} {row['what']}" for row in ledger.done(conn)]


def test_each_role_may_what_those_before_it_may(app):
    join(app, "anna", Role.APPROVER)
    with app.store.read() as conn:
        anna = ledger.find(conn, "anna")
    assert [what for what in May if anna.may(what)] == [May.LOOK, May.EDIT, May.APPROVE]
    assert set(LEAST) == set(May)


def test_a_password_is_kept_as_nobody_can_read_it(app):
    join(app)
    with app.store.read() as conn:
        kept = ledger.row_of(conn, "anna")["password"]
    assert kept.startswith("$argon2id$v=19$m=38912,t=3,p=1$")
    assert staff.is_right(WORDS, kept)
    assert not staff.is_right(f"{WORDS} ", kept)


def test_who_knows_the_password_comes_in_and_is_known_by_the_session(app):
    join(app)
    entered = staff.sign_in(app, "anna", WORDS)
    assert staff.who(app, entered.token).actor == "console:anna"
    staff.sign_out(app, entered.token)
    assert staff.who(app, entered.token) is None
    assert staff.who(app, "") is staff.who(app, "x") is None


def test_neither_a_wrong_password_nor_a_name_that_nobody_has_comes_in(app):
    join(app)
    staff.add(app, "ben", Role.EDITOR, "cli:test")  # has chosen none yet
    for name, password in (("anna", "wrong"), ("nobody", WORDS), ("ben", ""), ("ben", WORDS)):
        assert staff.sign_in(app, name, password) == staff.Entered(None)


def test_whoever_guesses_waits_longer_each_time_and_the_right_word_ends_it(app):
    join(app)
    waits = []
    for _ in range(8):
        until = staff.sign_in(app, "anna", "wrong").wait_until
        waits.append((until - app.clock()) // timedelta(minutes=1) if until else 0)
        if until:
            assert staff.sign_in(app, "anna", WORDS).member is None  # not even looked at
            app.clock.moment = until
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8]
    assert staff.sign_in(app, "anna", WORDS).member is not None
    assert staff.sign_in(app, "anna", "wrong").wait_until is None
    assert any("wrong passwords for anna" in line for line in done(app))


def test_a_session_ends_when_it_is_old_or_unused(app):
    token = join(app)
    for _ in range(30):
        app.clock.advance(timedelta(hours=11))
        if staff.who(app, token) is None:
            break
    assert app.clock() - NOW > staff.SIGNED_IN_FOR - timedelta(hours=11)
    unused = staff.sign_in(app, "anna", WORDS).token
    app.clock.advance(staff.IDLE_FOR)
    assert staff.who(app, unused) is None


@pytest.mark.parametrize("ends", ["role", "password", "end"])
def test_every_session_ends_with_the_password_the_role_and_the_work(app, ends):
    join(app, "boss", Role.ADMIN)
    tokens = [join(app), staff.sign_in(app, "anna", WORDS).token]
    if ends == "role":
        staff.set_role(app, "anna", Role.OPERATOR, "console:boss")
    elif ends == "end":
        staff.end(app, "anna", "console:boss")
        assert staff.sign_in(app, "anna", WORDS).member is None
    else:
        link = staff.invite(app, "anna", "console:boss")
        assert staff.who(app, tokens[0]) is not None  # a link alone ends nothing
        staff.choose_password(app, link.removeprefix("/welcome/"), "other words of mine")
    assert [staff.who(app, token) for token in tokens] == [None, None]


def test_a_link_is_good_once_for_two_days_and_until_the_next(app):
    first = staff.add(app, "anna", Role.EDITOR, "cli:test").removeprefix("/welcome/")
    second = staff.invite(app, "anna", "cli:test").removeprefix("/welcome/")
    assert staff.choose_password(app, first, WORDS).member is None
    assert staff.choose_password(app, second, WORDS).member is not None
    assert staff.choose_password(app, second, "other words of mine").member is None
    third = staff.invite(app, "anna", "cli:test").removeprefix("/welcome/")
    app.clock.advance(staff.INVITED_FOR)
    assert staff.choose_password(app, third, WORDS).member is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "fewer than 12 characters"),
        ("x" * 201, "more than 200"),
        ("Anna and the sea", "your name is in it"),
        ("aaaaaaaaaaaaa", "one character"),
    ],
)
def test_a_password_that_anybody_would_guess_will_not_do(app, password, why):
    link = staff.add(app, "anna", Role.EDITOR, "cli:test").removeprefix("/welcome/")
    with pytest.raises(UsageError, match=why):
        staff.choose_password(app, link, password)


def test_the_first_of_all_is_made_once(app):
    assert staff.set_up(app, "boss", WORDS).member.role is Role.ADMIN
    with pytest.raises(UsageError, match="somebody works here already"):
        staff.set_up(app, "eve", WORDS)


def test_there_is_always_somebody_who_manages(app):
    join(app, "boss", Role.ADMIN)
    join(app)
    for change in (
        lambda: staff.set_role(app, "boss", Role.EDITOR, "cli:test"),
        lambda: staff.end(app, "boss", "cli:test"),
    ):
        with pytest.raises(UsageError, match="the only admin is boss"):
            change()
    staff.set_role(app, "anna", Role.ADMIN, "cli:test")
    staff.end(app, "boss", "cli:test")


def test_names_that_nobody_can_have_and_people_who_do_not_work_here_are_refused(app):
    for name in ("", "Anna", "1st", "a b", "a" * 41, "<script>"):
        with pytest.raises(UsageError, match="can't be anybody's name"):
            staff.add(app, name, Role.EDITOR, "cli:test")
    join(app)
    with pytest.raises(UsageError, match="works here already, as editor"):
        staff.add(app, "anna", Role.ADMIN, "cli:test")
    staff.end(app, "anna", "cli:test")
    with pytest.raises(UsageError, match="nobody called 'anna' works here"):
        staff.invite(app, "anna", "cli:test")
    assert staff.add(app, "anna", Role.APPROVER, "cli:test").startswith("/welcome/")  # comes back


def test_people_sign_in_on_each_engine(tmp_path, target):
    app = open_app(tmp_path, Clock(NOW))
    if isinstance(target, str):
        app.store.close()
        with (tmp_path / ".env").open("a") as file:
            file.write(f"DATABASE_URL={target}\nJOURNAL=publisher.journal\n")
        app = App.open(tmp_path, Clock(NOW))
    join(app)
    assert staff.sign_in(app, "anna", "wrong").member is None
    assert staff.sign_in(app, "anna", WORDS).member is not None
    app.store.close()
