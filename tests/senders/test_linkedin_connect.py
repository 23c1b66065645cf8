"""A member of LinkedIn's, or an organisation, lets an app post."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App, doctor
from publisher.errors import ChannelError, ConfigError
from publisher.senders.vault import put
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_post
from publisher.testing.dialects.linkedin_app import LinkedInAppDialect
from tests.connecting import connecting, walk, written
from tests.unit.app.project import EVENING

LINKEDIN = {"sender": "linkedin", "token": "${LINKEDIN_TOKEN}"}
MEMBER = "urn:li:person:h4rbor"
APP = {"client_id": "li-cl1ent", "client_secret": "li-cl1ent-s3cret"}


@pytest.fixture
def provider():
    with FakeProvider(LinkedInAppDialect()) as running:
        yield running


def allowed(provider):
    return lambda step: provider.dialect.consent.allow(step.page, needs=("state",))


def test_the_token_of_a_member_is_tried_and_written_and_its_end_is_known(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, LINKEDIN)
    grant = walk(chosen, **APP, address=allowed(provider))
    assert chosen.tried(grant) == "Ann Harbor"
    done = chosen.write(grant)
    assert (done.names, done.lines) == (("LINKEDIN_TOKEN",), (f"author: {MEMBER}",))
    assert written(tmp_path) == f"LINKEDIN_TOKEN={provider.dialect.token}\n"


def test_the_end_is_told_until_an_editor_writes_another_token(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**LINKEDIN, "author": MEMBER})
    chosen.write(walk(chosen, **APP, address=allowed(provider)))
    app = App.open(tmp_path, chosen._app.clock)
    sender = app.senders.build(app.project.channels["letters"])
    assert sender.token_ends() == EVENING + timedelta(days=60)
    found = doctor.examine(app, "letters", doctor.Names(), doctor.Web())
    assert any("lives until 2027-01-22" in str(each) for each in found)
    (tmp_path / ".env").write_text("LINKEDIN_TOKEN=an0ther\n")
    app = App.open(tmp_path, chosen._app.clock)
    sender = app.senders.build(app.project.channels["letters"])
    sender.send(call_to(sample_post()), MemoryJournal())
    assert sender.token_ends() is None
    assert '"ends_at": ""' in sender.vault.read("token")


def test_an_organisation_is_allowed_for_by_its_own_scopes(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**LINKEDIN, "author": "urn:li:organization:42"})
    pages = []

    def allow(step):
        pages.append(step.page)
        return allowed(provider)(step)

    grant = walk(chosen, **APP, address=allow)
    assert "scope=w_organization_social+r_organization_social" in pages[0]
    assert chosen.tried(grant) is None
    assert chosen.write(grant).names == ("LINKEDIN_TOKEN",)


def test_leave_of_another_member_than_the_file_names_is_said(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**LINKEDIN, "author": "urn:li:person:another"})
    with pytest.raises(ConfigError, match="`author` is urn:li:person:another, and what was allowed is urn:li:person:h"):
        chosen.tried(walk(chosen, **APP, address=allowed(provider)))
    assert written(tmp_path) == ""


def test_a_wrong_secret_of_the_app_is_said_and_never_shown(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, LINKEDIN)
    with pytest.raises(ChannelError, match="the code is not taken: HTTP 401") as caught:
        walk(chosen, client_id="li-cl1ent", client_secret="wr0ng-s3cret", address=allowed(provider))
    assert "wr0ng-s3cret" not in str(caught.value)


def test_a_token_without_the_rights_is_of_no_use(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, LINKEDIN)
    provider.dialect.gives = ("openid", "profile")
    with pytest.raises(ChannelError, match="the token lacks w_member_social"):
        walk(chosen, **APP, address=allowed(provider))


def test_what_a_careless_answer_repeats_is_not_shown(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, LINKEDIN)
    provider.fails(Fault(400, {"message": "no c0de-1 for li-cl1ent-s3cret"}))
    with pytest.raises(ChannelError, match=r"HTTP 400: no \*\*\* for \*\*\*\. Begin again"):
        walk(chosen, **APP, address=allowed(provider))


def test_what_another_sender_kept_under_the_channel_is_nobodys_end(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**LINKEDIN, "author": MEMBER}, secrets="LINKEDIN_TOKEN=t0ken\n")
    sender = chosen._app.senders.build(chosen.channel)
    for kept in ('{"of": "another", "ends_at": "2027-01-01T00:00:00+00:00"}', "[]", "no JSON"):
        put(sender.vault, "token", kept)
        assert sender.token_ends() is None
        sender.send(call_to(sample_post()), MemoryJournal())
        assert '"ends_at": ""' in sender.vault.read("token")
