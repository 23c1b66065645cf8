"""What people are told while a network takes no more requests of an account."""

from __future__ import annotations

from datetime import timedelta

import pytest
import typer

from publisher.app import App
from publisher.app.accounts import resting
from publisher.app.ends import ends_of
from publisher.app.plan import plan_slot
from publisher.app.status import status_of
from publisher.cli.hold import release
from publisher.cli.output import local
from publisher.cli.send import say_what_waits
from publisher.cli.status import lines
from publisher.clock import now
from publisher.store import limits
from publisher.testing import FakeProvider
from tests.ledger import POST, Clock, add_edition, add_send, desk
from tests.unit.app.project import EVENING, edit, open_app

CHANNELS = """\
channels:
  mastodon: {sender: mastodon, instance: "https://news.example", token: "${MASTODON_TOKEN}"}
  quiet: {sender: mastodon, instance: "https://news.example", token: "${MASTODON_TOKEN}", visibility: unlisted}
  other: {sender: mastodon, instance: "https://news.example", token: "${OTHER_TOKEN}"}
  unset: {sender: mastodon, instance: "https://news.example", token: "${NO_TOKEN}"}
"""
ENDS = EVENING + timedelta(hours=12)  # after the slot of 07:00


@pytest.fixture
def app(tmp_path):
    open_app(tmp_path, Clock(EVENING)).store.close()
    edit(tmp_path, ("channels:\n", CHANNELS), ("{via: letters, to: daily}", "{via: quiet}"))
    with (tmp_path / ".env").open("a") as env:
        env.write("MASTODON_TOKEN=mastodon-t0ken\nOTHER_TOKEN=other-t0ken\n")
    app = App.open(tmp_path, Clock(EVENING))
    yield app
    app.store.close()


def test_what_one_channel_hears_keeps_the_others_of_its_account_in_every_process(tmp_path):
    open_app(tmp_path, now).store.close()
    edit(tmp_path, ("channels:\n", CHANNELS))
    (tmp_path / ".env").write_text("MASTODON_TOKEN=mastodon-t0ken\nOTHER_TOKEN=other-t0ken\nNO_TOKEN=none\n")
    with FakeProvider("mastodon") as network:
        edit(tmp_path, ("https://news.example", network.url))
        network.leaves(0, now() + timedelta(minutes=7))
        for channel in ("mastodon", "quiet", "other"):
            process = App.open(tmp_path)
            add_send(process.store, add_edition(process.store, channel), channel=channel, lists=(), message=POST)
            process.process_id = desk(process.store, now).process_id
            while process.sending.duties().dispatch(channel):
                pass
            process.store.close()
        tokens = [request.headers["authorization"] for request in network.requests]
    assert tokens == ["Bearer mastodon-t0ken", "Bearer other-t0ken"]


def rest(app: App, channel: str, until=ENDS) -> None:
    name = limits.account(app.senders.of(channel).counted_as)
    with app.store.write() as conn:
        limits.rest(conn, name, until, unless_after=EVENING + timedelta(days=1))


def found(app: App):
    with app.store.read() as conn:
        return resting(conn, app.project, app.settings, app.clock())


def test_channels_of_the_same_account_rest_together(app):
    assert found(app) == {}
    rest(app, "mastodon")
    assert found(app) == {"mastodon": ENDS, "quiet": ENDS}


def test_a_rest_that_is_over_is_not_spoken_of(app):
    rest(app, "mastodon", EVENING)
    assert found(app) == {}


def test_the_ledger_does_not_hold_what_opens_the_account(app):
    rest(app, "mastodon")
    with app.store.read() as conn:
        [(name, _)] = limits.resting_accounts(conn, EVENING).items()
    assert len(name) == 16
    assert "t0ken" not in name


def test_status_and_send_say_until_when_and_why_nothing_goes(app, capsys):
    edition = add_edition(app.store)
    add_send(app.store, edition, channel="quiet", lists=(), message=POST)
    rest(app, "mastodon")
    status = status_of(app.store, app.project, EVENING, settings=app.settings)
    [line] = [line for line in lines(status, app.zone) if line.startswith("Under way")]
    words = "waits until 2026-11-24 08:00:00 WET (quiet's network takes no more requests for now)"
    assert line == f"Under way: edition 1, quiet to its account: {words}; 0 of 1 got it, 1 not written to yet"
    told = set()
    assert say_what_waits(app, [edition], told)
    assert words in capsys.readouterr().err
    assert say_what_waits(app, [edition], told)  # it is waited for still
    assert capsys.readouterr().err == ""
    rest(app, "mastodon", ENDS + timedelta(hours=1))
    assert say_what_waits(app, [edition], told)
    assert "waits until 2026-11-24 09:00:00 WET" in capsys.readouterr().err


def test_a_release_lets_the_account_be_asked_again_at_once_for_all_its_channels(app, tmp_path, capsys):
    until = now() + timedelta(hours=12)
    rest(app, "mastodon", until)
    release(channel="quiet", project=tmp_path)
    said = capsys.readouterr().err
    assert "the channel quiet: released\n" in said
    assert f"quiet's account, which mastodon, quiet share, was to rest until {local(until, app.zone)}" in said
    with app.store.read() as conn:
        assert limits.resting_accounts(conn, now()) == {}
    with pytest.raises(typer.Exit):
        release(channel="quiet", project=tmp_path)
    assert capsys.readouterr().err == "the channel quiet: nothing was held\n"


def test_a_plan_says_when_its_post_would_go(app):
    schedule = app.schedule("morning")
    rest(app, "mastodon")
    app.poll_all()
    [(end,)] = ends_of(app, [plan_slot(app, schedule)])
    assert end.words(app.zone) == "ends about 08:00"
