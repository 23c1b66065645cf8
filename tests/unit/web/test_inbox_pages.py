"""The inbox takes mail as Mailpit does and posts as our webhook sends them."""

from __future__ import annotations

import pytest
import requests

from publisher.app.practice import practice_sender
from publisher.model.call import Call, Outcome, Recipient
from publisher.model.message import Card, Mail, Post
from tests.unit.web.ledger import OUR_SCRIPT, served

LETTER = {
    "From": {"Name": "Harbor Gazette", "Email": "news@harbor.example"},
    "To": [{"Name": "Ada", "Email": "ada@example.org"}],
    "Subject": "Ferry",
    "Text": "Good morning",
    "HTML": "<p>Good <b>morning</b></p>",
    "Headers": {"List-Unsubscribe": "<https://letters.harbor.example/u/1>", "List-Id": "<daily.harbor.example>"},
}
EVENT = {"type": "post.published", "data": {"parts": ["Ferry resumes"], "language": "en", "card": None}}


@pytest.fixture
def inbox(tmp_path):
    with served(None, tmp_path) as site:
        yield f"{site.url}/inbox"


class NoJournal:
    def __init__(self):
        self.kept = {}

    def note(self, step, data):
        self.kept[step] = data

    def noted(self, step):
        return self.kept.get(step)


def test_a_mail_is_taken_and_read_back_in_mailpits_shapes(inbox):
    sent = requests.post(f"{inbox}/api/v1/send", json=LETTER, timeout=5)
    assert sent.status_code == 200
    message_id = sent.json()["ID"]
    listed = requests.get(f"{inbox}/api/v1/messages", timeout=5).json()
    assert (listed["total"], listed["count"], listed["messages"][0]["ID"]) == (1, 1, message_id)
    assert listed["messages"][0]["To"] == [{"Name": "Ada", "Address": "ada@example.org"}]
    whole = requests.get(f"{inbox}/api/v1/message/{message_id}", timeout=5).json()
    assert (whole["Subject"], whole["HTML"], whole["Text"]) == ("Ferry", LETTER["HTML"], "Good morning")
    assert whole["ListUnsubscribe"]["Links"] == ["https://letters.harbor.example/u/1"]
    headers = requests.get(f"{inbox}/api/v1/message/{message_id}/headers", timeout=5).json()
    assert headers["List-Id"] == ["<daily.harbor.example>"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"To": []}, "To"),
        ({"To": [{"Email": "no address"}]}, "To.0.Email"),
        ({"From": None}, "From"),
        ({"Subject": "two\r\nBcc: everyone@example.org"}, "Subject"),
        ({"Headers": {"Bcc": "x@example.org"}}, "Bcc"),
        ({"Headers": {"X-A": "one\r\nBcc: x@example.org"}}, "Headers"),
        ({"Attachments": []}, "Attachments"),
        ({"HTML": 5}, "HTML"),
    ],
)
def test_a_mail_that_is_not_right_is_refused_with_the_place(inbox, change, named):
    answer = requests.post(f"{inbox}/api/v1/send", json={**LETTER, **change}, timeout=5)
    assert answer.status_code == 400
    assert named in answer.json()["Error"]
    assert requests.get(f"{inbox}/api/v1/messages", timeout=5).json()["total"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"From": {"From": {"From": 1}}}'])
def test_what_is_no_mail_is_refused_as_mailpit_would(inbox, body):
    answer = requests.post(f"{inbox}/api/v1/send", body, headers={"Content-Type": "application/json"}, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["Error"]


def test_a_body_that_is_not_called_json_is_refused(inbox):
    """A page of another site may send text/plain without asking, JSON it may not."""
    assert requests.post(f"{inbox}/api/v1/send", data="{}", timeout=5).status_code == 400
    assert (
        requests.post(f"{inbox}/posts/mastodon", data="{}", headers={"webhook-id": "1"}, timeout=5).status_code == 400
    )


def test_a_mail_of_more_than_25_mb_is_refused(inbox):
    answer = requests.post(f"{inbox}/api/v1/send", json={**LETTER, "HTML": "x" * (25 * 1024 * 1024)}, timeout=30)
    assert answer.status_code == 413
    assert "Error" in answer.json()


def test_a_mail_of_20_mb_is_taken(inbox):
    answer = requests.post(f"{inbox}/api/v1/send", json={**LETTER, "HTML": "x" * 20_000_000}, timeout=30)
    assert answer.status_code == 200


def test_the_practice_sender_and_the_inbox_understand_each_other(inbox):
    sender = practice_sender("mastodon", inbox.removesuffix("/inbox"), b"k" * 32)
    mail = Mail(("Ferry",), ("<p>Hi</p>",), ("Hi",), (), "Harbor", "news@harbor.example", "desk@harbor.example")
    post = Post(("Ferry resumes",), card=Card("https://harbor.example/f", "Ferry", "After two years."))
    for message, address in ((mail, "ada@example.org"), (post, "mastodon")):
        call = Call(1, f"key-{address}", message, (Recipient(1, "d1-abc", address),))
        answers = [sender.send(call, NoJournal()) for _ in range(2)]
        assert {answer.verdict.outcome for answer in answers} == {Outcome.SENT}
    assert answers[0].verdict.provider_id == answers[1].verdict.provider_id
    page = requests.get(f"{inbox}/posts", timeout=5).text
    assert page.count("Ferry resumes") == 1
    assert "After two years." in page


def test_a_post_needs_the_id_by_which_a_repeat_is_known(inbox):
    answer = requests.post(f"{inbox}/posts/mastodon", json=EVENT, timeout=5)
    assert answer.status_code == 400
    assert "webhook-id" in answer.json()["error"]


@pytest.mark.parametrize("event", [{}, {"type": "x"}, {"type": "x", "data": {"parts": "text"}}, {**EVENT, "data": 1}])
def test_a_post_that_is_not_right_is_refused_with_the_place(inbox, event):
    answer = requests.post(f"{inbox}/posts/mastodon", json=event, headers={"webhook-id": "1"}, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_hostile_words_stay_words(inbox):
    evil = "<script>alert(1)</script>"
    data = {"parts": [evil], "card": {"url": "javascript:alert(1)", "title": evil, "image": {"url": "javascript:1"}}}
    event = {"type": "post.published", "data": data}
    requests.post(f"{inbox}/posts/{'%3Cb%3E'}", json=event, headers={"webhook-id": "1"}, timeout=5)
    letter = {**LETTER, "Subject": evil, "Text": evil, "Headers": {"X-Evil": evil}}
    message_id = requests.post(f"{inbox}/api/v1/send", json=letter, timeout=5).json()["ID"]
    for path in ("", "/posts", f"/messages/{message_id}"):
        page = requests.get(inbox + path, timeout=5).text
        assert "<script" not in page.replace(OUR_SCRIPT, "")
        assert "&lt;script&gt;" in page
        assert 'href="javascript' not in page
        assert 'src="javascript' not in page


def test_the_page_says_how_much_is_kept(inbox):
    assert "newest 1,000 messages are kept" in requests.get(inbox, timeout=5).text


def test_a_mail_is_shown_with_headers_and_its_size(inbox):
    message_id = requests.post(f"{inbox}/api/v1/send", json=LETTER, timeout=5).json()["ID"]
    page = requests.get(f"{inbox}/messages/{message_id}", timeout=5).text
    assert "&lt;daily.harbor.example&gt;" in page
    assert "Source of the HTML, 26 bytes" in page
    assert requests.get(f"{inbox}/messages/{message_id}/html", timeout=5).text == LETTER["HTML"]
