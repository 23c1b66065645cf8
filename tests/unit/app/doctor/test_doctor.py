"""One channel looked at whole."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from publisher.app.doctor import examine
from publisher.app.doctor.dns import Names
from publisher.app.doctor.web import Web
from publisher.senders.threads_token import token_of
from publisher.testing import FakeProvider, Fault, Received, Response
from publisher.testing.dialects import DIALECTS
from tests.names import SILENT
from tests.project import WEBHOOK
from tests.unit.app.doctor.keys import record
from tests.unit.app.doctor.ward import SPARKPOST, letter, project

KEYS = {"api_key": "${MAILGUN_API_KEY}", "secret_key": "${MAILGUN_API_KEY}"}
WRITTEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # WEBHOOK_SECRET of the project
NOWHERE = (
    "https://letters.harbor.example",
    "https://letters.harbor.invalid",
)
GOOD = {
    "harbor.example": {"MX": ["10 mail.harbor.example."]},
    "mg.harbor.example": {"TXT": ["v=spf1 include:mailgun.org ~all"]},
    "mailgun.org": {"TXT": ["v=spf1 ip4:192.0.2.0/24 ~all"]},
    "_dmarc.harbor.example": {"TXT": ["v=DMARC1; p=quarantine"]},
    "k1._domainkey.mg.harbor.example": {"TXT": [record()]},
}


def found(app, names, received=None, channel: str = "letters"):
    return examine(app, channel, names, Web(), received)


def lines(*told) -> dict[str, str]:
    return {each.about: each.level.value for each in told}


def test_a_channel_whose_dns_is_right_and_whose_letter_was_received_is_fine(tmp_path, ask):
    app = project(tmp_path, NOWHERE)
    told = lines(*found(app, ask(GOOD), letter(tmp_path, app)))
    for about in (
        "options",
        "SPF of mg.harbor.example",
        "DKIM key k1 of mg.harbor.example",
        "DMARC of harbor.example",
        "alignment with harbor.example",
        "replies to harbor.example",
        "signature of the letter",
        "List-Unsubscribe-Post",
    ):
        assert told[about] == "ok"


def test_without_a_letter_it_says_how_to_get_one_and_looks_by_what_the_options_say(tmp_path, ask):
    told = found(project(tmp_path, NOWHERE), ask(GOOD))
    assert lines(*told)["alignment with harbor.example"] == "ok"
    (dkim,) = [each for each in told if each.about == "DKIM"]
    assert dkim.remedy.endswith("publisher doctor --channel letters --message FILE")


def test_an_empty_dns_is_trouble_each_with_a_remedy(tmp_path, ask):
    told = [
        each for each in found(project(tmp_path, NOWHERE, sender="mailjet", **KEYS), ask({})) if each.level == "trouble"
    ]
    assert {"DKIM of harbor.example", "DMARC of harbor.example", "replies to harbor.example"} <= set(lines(*told))
    assert all(each.remedy for each in told)


def test_without_a_network_everything_is_said_and_nothing_is_trouble(tmp_path, ask, server):
    ask(dict.fromkeys(GOOD, SILENT))
    silent = Names(server.resolver, patience=0.05)
    told = [each for each in found(project(tmp_path, NOWHERE), silent) if each.level != "ok"]
    unseen = [each for each in told if "could not be looked up" in each.said]
    assert {each.about for each in unseen} == {
        "TXT of mg.harbor.example",
        "TXT of _dmarc.harbor.example",
        "MX of harbor.example",
        "https://letters.harbor.invalid/u/doctor",
        "https://letters.harbor.invalid/webhooks/letters",
    }
    assert all(each.level == "note" for each in told)
    assert all("Look again" in each.remedy for each in unseen)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("${MAILGUN_API_KEY}", "${NOT_SET}"), "${NOT_SET} is not set"),
        (("    api_key: ${MAILGUN_API_KEY}\n", ""), "needs `api_key`"),
        (("sender: mailgun", "sender: mailgunn"), "no sender is called `mailgunn`"),
        (("api_key: ${MAILGUN_API_KEY}", "api_key: clé"), "`api_key`"),
    ],
)
def test_options_that_can_not_be_meant_are_said_and_the_rest_is_looked_at(tmp_path, ask, change, says):
    told = found(project(tmp_path, NOWHERE, change), ask(GOOD))
    assert told[0].level == "trouble"
    assert says in str(told[0])
    assert ("DMARC of harbor.example" in lines(*told)) == ("mailgunn" not in says)


def test_no_finding_shows_a_secret(tmp_path, ask):
    app = project(tmp_path, NOWHERE)
    secrets = [line.partition("=")[2] for line in (tmp_path / ".env").read_text().splitlines()]
    keys = Path(tmp_path / "keys.json").read_text()
    told = "\n".join(str(each) for each in found(app, ask(GOOD), letter(tmp_path, app)))
    assert not any(secret in told for secret in secrets)
    assert not any(word in keys for word in told.split() if len(word) > 20)


def test_a_provider_that_forces_its_own_header_and_is_not_heard_is_told(tmp_path, ask):
    told = lines(*found(project(tmp_path, NOWHERE, **SPARKPOST), ask(GOOD)))
    assert (told["unsubscribe header"], told["events"]) == ("note", "trouble")


THREADS = {"sender": "threads", "user": "4711", "token": "${WEBHOOK_SECRET}"}


def test_a_token_of_whose_end_nobody_said_has_no_line(tmp_path, ask):
    assert list(lines(*found(project(tmp_path, **THREADS), ask({})))) == ["options", "account"]


@pytest.mark.parametrize(("days", "level"), [(40, "ok"), (7, "trouble"), (-1, "trouble")])
def test_a_token_that_ends_is_told_with_its_day(tmp_path, ask, days, level):
    app = project(tmp_path, **THREADS)
    sender, now = app.senders.build(app.project.channels["letters"]), app.clock()
    sender.http.clock = lambda: now - timedelta(days=2)
    token_of(WRITTEN, sender.http, sender.vault, "http://127.0.0.1:9")
    with FakeProvider(Ending(days + 1)) as provider:
        sender.http.clock = lambda: now - timedelta(days=1)
        token_of(WRITTEN, sender.http, sender.vault, provider.url)
    token = found(app, ask({}))[-1]
    assert (token.about, token.level.value) == ("token", level)
    assert f"{now + timedelta(days=days):%Y-%m-%d}" in token.said


TELEGRAM = {"sender": "telegram", "chat": '"@harbor_gazette"', "token": "${WEBHOOK_SECRET}"}
ORGANISATION = {"sender": "linkedin", "author": "urn:li:organization:42", "token": "${WEBHOOK_SECRET}"}
MASTODON = {"sender": "mastodon", "instance": "https://news.example", "token": "${WEBHOOK_SECRET}"}
REVOKED = Fault(401, {"ok": False, "error_code": 401, "description": f"Unauthorized: {WRITTEN}"})
NARROW = Fault(403, {"error": "This action is outside the authorized scopes"})


@pytest.mark.parametrize(
    ("channel", "fault", "level", "says"),
    [
        (TELEGRAM, None, "ok", "telegram takes it: @gazette_bot in Harbor"),
        (TELEGRAM, REVOKED, "trouble", "doesn't take it: HTTP 401: Unauthorized: ***"),
        (TELEGRAM, Fault.server_error(), "note", "telegram could not be asked: HTTP 500"),
        (ORGANISATION, None, "note", "linkedin doesn't tell whose this token is"),
        (MASTODON, None, "ok", "mastodon takes it: @gazette"),
        (MASTODON, NARROW, "note", "mastodon doesn't tell whose this token is"),
        (MASTODON, Fault(403, {"error": "Your login is currently disabled"}), "trouble", "login is currently disabled"),
    ],
)
def test_a_network_is_asked_whether_it_takes_what_a_channel_of_posts_has(tmp_path, ask, channel, fault, level, says):
    with FakeProvider(DIALECTS[channel["sender"]](WRITTEN)) as provider:
        provider.fails(*[fault] * bool(fault))
        app = project(tmp_path, ("http://127.0.0.1:9", provider.url), **channel)
        (account,) = [each for each in found(app, ask({})) if each.about == "account"]
        assert provider.accepted == []
    assert (account.level.value, says in account.said) == (level, True)
    assert account.remedy.endswith("publisher connect letters") == (level == "trouble")


def test_a_network_that_is_away_is_a_note(tmp_path, ask):
    (account,) = [each for each in found(project(tmp_path, **TELEGRAM), ask({})) if each.about == "account"]
    assert (account.level.value, account.remedy) == ("note", "Look again in a while.")


def test_a_servers_own_limits_are_laid_beside_the_channels(tmp_path, ask):
    with FakeProvider("mastodon") as provider:
        provider.dialect.instance = {"version": "0.20.3", "configuration": {"statuses": {"max_characters": -1}}}
        server = {"sender": "mastodon", "instance": "https://news.example", "token": "${WEBHOOK_SECRET}"}
        app = project(tmp_path, ("http://127.0.0.1:9", provider.url), **server)
        told = [each for each in found(app, ask({})) if each.about == "mastodon"]
    assert [each.level.value for each in told] == ["note", "note", "trouble"]
    assert "the server says '-1' for max_characters" in told[0].said
    assert told[2].remedy.startswith("Write `honours_keys: false`")


class Ending:
    """Gives a token that ends after so many days."""

    def __init__(self, days: int) -> None:
        self.seconds = days * 86_400

    def answer(self, request: Received, number: int) -> Response:
        return Response(200, {"access_token": "n3w", "expires_in": self.seconds})


def test_a_channel_of_posts_and_the_inbox_of_development_have_no_domain(tmp_path, ask):
    posts = {"sender": "mastodon", "instance": "https://news.example", "token": "${WEBHOOK_SECRET}"}
    for number, channel in enumerate((posts, {"sender": "mailpit"})):
        (folder := tmp_path / str(number)).mkdir()
        assert not [each for each in found(project(folder, **channel), ask({})) if each.level == "trouble"]


def test_a_channel_that_could_carry_letters_and_is_used_for_posts_has_no_domain(tmp_path, ask):
    posts = ("{via: letters, to: daily}", "{via: letters}")
    assert list(lines(*found(project(tmp_path, posts, **WEBHOOK), ask({})))) == ["options"]


def test_who_writes_and_who_is_answered_is_taken_from_what_goes_out(tmp_path, ask):
    own = "{via: letters, to: daily, from: a@other.example, reply_to: b@desk.example}"
    told = lines(*found(project(tmp_path, NOWHERE, ("{via: letters, to: daily}", own)), ask({})))
    assert {"DMARC of other.example", "replies to desk.example"} <= set(told)
    assert not [about for about in told if about.endswith(" harbor.example")]


def test_an_address_that_is_nobodys_is_said_before_anything_is_asked(tmp_path, ask, server):
    app = project(tmp_path, NOWHERE, ("news@harbor.example", "news@example.com"))
    assert lines(*found(app, ask({})))["from"] == "trouble"
    assert server.asked == []
