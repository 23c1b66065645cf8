"""Every sender of ours passes the suite that we ship."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

from publisher.model.call import Outcome
from publisher.model.message import Message
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.bodies import as_json
from publisher.senders.brevo_payload import key_of_call
from publisher.senders.discord_payload import nonce_of
from publisher.senders.events import Incoming, NoSecret, NotBelieved
from publisher.senders.registry import build
from publisher.testing import DIALECTS, Fault, MemoryJournal, Received, sample_mail, sample_post
from publisher.testing.conformance import HearConformance, SenderConformance, does_not_apply
from publisher.testing.dialects.x_app import XAppDialect
from tests.senders import sns

WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class OurSender(SenderConformance):
    kind: ClassVar[str]
    given: ClassVar[dict[str, object]] = {}

    def make(self, base_url: str) -> Sender:
        return build(Channel(self.kind, self.kind), {**self.given, "base_url": base_url}, self.settings)

    def test_nobody_is_believed_who_brings_nothing(self, sender):
        options = {name for name in sender.options.model_fields if name.startswith("events_")}
        is_set = bool(options & set(self.given)) or not options
        with pytest.raises(NotBelieved if is_set else NoSecret) as refusal:
            sender.hear(Incoming(b"", {}))
        assert is_set or refusal.value.option in options  # `publisher doctor` says which to set


class OurEars(HearConformance):
    """The sender of the class beside it, when its provider speaks."""

    of: ClassVar[type[OurSender]]
    option: ClassVar[str] = "events_password"

    def make(self, *secrets: str) -> Sender:
        given = {name: value for name, value in self.of.given.items() if name != self.option}
        told = {self.option: " ".join(secrets)} if secrets else {}
        return build(Channel(self.of.kind, self.of.kind), {**given, **told})


class TestBluesky(OurSender):
    kind, dialect = "bluesky", DIALECTS["bluesky"]
    secrets = ("app-p4ss-w0rd",)
    given: ClassVar = {"identifier": "gazette.example", "password": "app-p4ss-w0rd"}
    key_on_the_wire = staticmethod(lambda call: "")  # the record's key is its key
    key_is_a_header = False


class TestApprise(OurSender):
    """Apprise says whether it was a success, and the status of one that was none; of headers and bodies nothing."""

    kind, dialect = "apprise", DIALECTS["apprise"]
    secrets = ("apprise-k3y",)
    empty_is_accepted = True

    def make(self, base_url: str) -> Sender:
        target = f"json://{urlsplit(base_url).netloc}/apprise-k3y"
        return build(Channel(self.kind, self.kind), {"target": target}, self.settings)

    def test_a_wait_in_seconds_is_kept(self):
        does_not_apply("a wait stands in a header")

    def test_a_wait_until_a_date_is_kept(self):
        does_not_apply("a wait stands in a header")

    def test_a_server_without_tls_is_deferred(self):
        does_not_apply("why there was no connection isn't told: see the next one")

    def test_a_refused_connection_is_deferred(self, call):
        answer = self.make("http://127.0.0.1:9").send(call, MemoryJournal())
        assert (answer.verdict.outcome, answer.status) == (Outcome.UNKNOWN, None)

    def test_a_redirect_is_not_followed(self, sender, provider, call):
        provider.fails(Fault(307, "", {"Location": provider.url}))
        assert sender.send(call, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN
        assert len(provider.requests) == 1

    @pytest.mark.parametrize("fault", [Fault.dropped_after(), *(Fault(status) for status in (500, 502, 503))])
    def test_a_doubtful_end_is_unknown(self, sender, provider, call, fault):
        provider.fails(fault)
        assert sender.send(call, MemoryJournal()).verdict.outcome is Outcome.UNKNOWN


class TestBrevo(OurSender):
    kind, dialect = "brevo", DIALECTS["brevo"]
    secrets = ("xkeysib-0123456789",)
    given: ClassVar = {"api_key": "xkeysib-0123456789"}
    key_on_the_wire = staticmethod(key_of_call)  # Brevo takes UUIDs only


class TestBrevoHears(OurEars):
    of, dialect = TestBrevo, DIALECTS["brevo"]
    signs_body = False


class TestDiscordWebhook(OurSender):
    kind, dialect = "discord", DIALECTS["discord"]
    secrets = ("discord-t0ken",)
    given: ClassVar = {"webhook": "https://discord.com/api/webhooks/4711/discord-t0ken", "server": "1"}


class TestDiscordBot(OurSender):
    kind, dialect = "discord", DIALECTS["discord"]
    secrets = ("discord-t0ken",)
    given: ClassVar = {"token": "discord-t0ken", "channel": "815"}
    key_on_the_wire = staticmethod(lambda call: nonce_of(f"{call.key}:0"))
    key_is_a_header = False


class TestFacebook(OurSender):
    kind, dialect = "facebook", DIALECTS["facebook"]
    secrets = ("facebook-t0ken",)
    given: ClassVar = {"token": "facebook-t0ken", "page": 4711}


class TestMailpit(OurSender):
    kind, dialect = "mailpit", DIALECTS["mailpit"]
    secrets = ("p4ssword-of-mailpit",)
    given: ClassVar = {"username": "press", "password": "p4ssword-of-mailpit"}


class TestLinkedIn(OurSender):
    kind, dialect = "linkedin", DIALECTS["linkedin"]
    secrets = ("linkedin-t0ken",)
    given: ClassVar = {"token": "linkedin-t0ken", "author": "urn:li:person:h4rbor"}


class TestMailgun(OurSender):
    kind, dialect = "mailgun", DIALECTS["mailgun"]
    secrets = ("key-0123456789",)
    given: ClassVar = {"domain": "mg.harbor.example", "api_key": "key-0123456789"}


class TestMailgunHears(OurEars):
    of, dialect = TestMailgun, DIALECTS["mailgun"]
    option = "events_key"
    signs_body = False  # only a token within it

    def unsigned(self, said: Received) -> Received:
        return replace(said, body=as_json({**said.json, "signature": None}))


class TestMailjet(OurSender):
    kind, dialect = "mailjet", DIALECTS["mailjet"]
    secrets = ("mailjet-k3y", "mailjet-s3cret")
    given: ClassVar = {"api_key": "mailjet-k3y", "secret_key": "mailjet-s3cret"}


class TestMailjetHears(OurEars):
    of, dialect = TestMailjet, DIALECTS["mailjet"]
    signs_body = False


class TestMastodon(OurSender):
    kind, dialect = "mastodon", DIALECTS["mastodon"]
    secrets = ("mastodon-t0ken",)
    given: ClassVar = {"instance": "https://news.example", "token": "mastodon-t0ken"}


class TestPostmark(OurSender):
    kind, dialect = "postmark", DIALECTS["postmark"]
    secrets = ("pm-t0ken", "events-p4ssword")
    given: ClassVar = {"server_token": "pm-t0ken", "events_password": "events-p4ssword"}


class TestPostmarkBulk(TestPostmark):
    given: ClassVar = {**TestPostmark.given, "bulk": True, "unsubscribe": "us"}


class TestPostmarkHears(OurEars):
    of, dialect = TestPostmark, DIALECTS["postmark"]
    signs_body = False


class TestResend(OurSender):
    kind, dialect = "resend", DIALECTS["resend"]
    secrets = ("re_k3y", WHSEC, WHSEC.removeprefix("whsec_"))
    given: ClassVar = {"api_key": "re_k3y", "events_secret": WHSEC}


class TestResendHears(OurEars):
    of, dialect = TestResend, DIALECTS["resend"]
    option = "events_secret"


class TestSendGrid(OurSender):
    kind, dialect = "sendgrid", DIALECTS["sendgrid"]
    secrets = ("SG.0123456789",)
    given: ClassVar = {"api_key": "SG.0123456789", "activity": True}


class TestSendGridHears(OurEars):
    of, dialect = TestSendGrid, DIALECTS["sendgrid"]
    option = "events_key"


class TestSes(OurSender):
    kind, dialect = "ses", DIALECTS["ses"]
    secrets = ("ses-s3cret/+k3y",)
    given: ClassVar = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "ses-s3cret/+k3y", "region": "eu-west-1"}


class TestSesHears(OurEars):
    of, dialect = TestSes, sns.SesByTopic
    option = "events_topic"
    signs_body = False  # but its fields

    def make(self, *secrets: str) -> Sender:
        sender = super().make(*secrets)
        sender.http = sns.Amazon()
        return sender

    def unsigned(self, said: Received) -> Received:
        return replace(said, body=as_json({**said.json, "Signature": ""}))


class TestSlackWebhook(OurSender):
    kind, dialect = "slack", DIALECTS["slack"]
    secrets = ("slackt0ken",)
    given: ClassVar = {"webhook": "https://hooks.slack.com/services/T1/B2/slackt0ken"}
    takes_down = edits = False


class TestSlackBot(OurSender):
    kind, dialect = "slack", DIALECTS["slack"]
    secrets = ("xoxb-slack-t0ken",)
    given: ClassVar = {"token": "xoxb-slack-t0ken", "channel": "C0HARBOR", "workspace": "harbor"}


class TestSparkPost(OurSender):
    kind, dialect = "sparkpost", DIALECTS["sparkpost"]
    secrets = ("sparkpost-k3y",)
    given: ClassVar = {"api_key": "sparkpost-k3y"}


class TestSparkPostHears(OurEars):
    of, dialect = TestSparkPost, DIALECTS["sparkpost"]
    signs_body = False


class TestTelegram(OurSender):
    kind, dialect = "telegram", DIALECTS["telegram"]
    secrets = ("7001:telegram-t0ken",)
    given: ClassVar = {"token": "7001:telegram-t0ken", "chat": "@harbor_gazette"}


class TestThreads(OurSender):
    kind, dialect = "threads", DIALECTS["threads"]
    secrets = ("threads-t0ken",)
    given: ClassVar = {"token": "threads-t0ken", "user": 4711}
    key_on_the_wire = staticmethod(lambda call: "")  # its container is its key, and Threads names it
    key_is_a_header = False


class OurWebhook(OurSender):
    kind, dialect = "webhook", DIALECTS["webhook"]
    secrets = (WHSEC, WHSEC.removeprefix("whsec_"))
    given: ClassVar = {"url": "https://hooks.example/press", "secret": WHSEC}
    empty_is_accepted = True  # Standard Webhooks: any 2xx


class TestWebhookHears(OurEars):
    of, dialect = OurWebhook, DIALECTS["webhook"]
    option = "secret"
    needs_secret = True


class TestWebhookMail(OurWebhook):
    @pytest.fixture
    def message(self) -> Message:
        return sample_mail()


class TestWebhookMailInBatches(OurWebhook):
    given: ClassVar = {**OurWebhook.given, "batch": 50}

    @pytest.fixture
    def message(self) -> Message:
        return sample_mail()


class TestWebhookPost(OurWebhook):
    @pytest.fixture
    def message(self) -> Message:
        return sample_post()


class TestX(OurSender):
    kind, dialect = "x", DIALECTS["x"]
    secrets = ("x-4pp", "x-4pp-secret", "x-t0ken", "x-t0ken-secret")
    given: ClassVar = {
        "api_key": "x-4pp",
        "api_secret": "x-4pp-secret",
        "access_token": "x-t0ken",
        "access_secret": "x-t0ken-secret",
    }


class TestXByAnApp(OurSender):
    kind, dialect = "x", XAppDialect
    secrets = ("x-r3fresh",)
    given: ClassVar = {"client_id": "x-cl1ent", "refresh_token": "x-r3fresh"}


class TestXByToken(OurSender):
    kind, dialect = "x", DIALECTS["x"]
    secrets = ("x-oauth2-t0ken",)
    given: ClassVar = {"token": "x-oauth2-t0ken"}
