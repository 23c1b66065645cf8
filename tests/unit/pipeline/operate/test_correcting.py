"""Correct: what is made of it in the ledger, whatever is under way, whatever breaks."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace

import pytest

from publisher.errors import UsageError
from publisher.model.call import Answer, Outcome, Scope, Verdict
from publisher.model.erratum import Erratum
from publisher.model.message import Correction, Post
from publisher.model.states import DeliveryState, SendState
from publisher.pipeline import dispatch, settle
from publisher.pipeline.operate import again, correcting, holding, rewording, withdrawing
from publisher.pipeline.operate.correcting import Corrected
from publisher.store import archive, corrections, edition_lists, facts, messages, sends, staff, withdrawals
from tests.ledger import MAIL, NOW, add_edition, add_send, books, leave, subscribe
from tests.unit.pipeline.dispatch.conftest import NO_ANSWER, SENT, UNREACHABLE, Bench, Told

MEANS = rewording.Means(lambda channel, account: "", lambda delivery_id: f"d{delivery_id}")
TAKES_DOWN = withdrawing.Means(lambda channel, account: "", lambda delivery_id: f"d{delivery_id}")
POSTED = Answer(Verdict(Outcome.SENT, provider_id="m1", url="https://news.example/m1"), status=200)
READERS = 6


class Network(Told):
    """A sender that posts, edits and takes down as it is told to, and knows what stands."""

    def __init__(self, *answers, edits=(), **more):
        super().__init__(*answers, **more)
        self.edits_told = list(edits)
        self.edited: list = []
        self.removed: list = []

    def edit(self, call, journal):
        self.edited.append(call)
        answer = self.edits_told.pop(0) if self.edits_told else SENT
        return answer(call) if callable(answer) else answer

    def withdraw(self, call, journal):
        self.removed.append(call)
        return SENT


@dataclass(frozen=True)
class New:
    """Words of one send, as produce hands them over."""

    send: object
    words: object
    letter: object = MAIL

    def keep(self, conn, revision, now):
        messages.add(conn, self.send["id"], self.words, now, revision=revision)

    def keep_letter(self, conn, mail_id, revision, now):
        return messages.add(conn, mail_id, self.letter, now, revision=revision)


@pytest.fixture
def bench(store):
    return Bench(store)


@pytest.fixture
def edition(store):
    subscribe(store, READERS)
    return add_edition(store)


def worded(text):
    return replace(MAIL, text=(text,))


def correct(store, edition, send, words, *, mail=False, now=NOW, changed=True, means=MEANS):
    with store.read() as conn:
        row, known = sends.get(conn, send), messages.newest_revision(conn, send)
    letter = replace(words, subject=("Correction: ", *words.subject)) if mail else MAIL
    new = New(row, words, letter)
    wanted = Corrected(Erratum(), ((new, known),) if changed else (), (new,) if mail else (), {})
    correcting.correct_edition(store, edition, wanted, means, actor="cli:ada", why="", now=now)


def finish(store, now=NOW):
    correcting.finish_correcting(store, MEANS, now=now)
    settle.settle_finished(store, now=now)


def edits(store, edition):
    with store.read() as conn:
        return corrections.edits(conn, edition)


def mails(store, edition):
    with store.read() as conn:
        return corrections.mails(conn, edition)


def texts(network):
    """Return what each reader was told, in order."""
    return [(to.address, call.message.text[0]) for call in network.calls for to in call.recipients]


def open_facts(store):
    with store.read() as conn:
        return facts.correcting(conn, facts.CORRECTING_POSTS) | facts.correcting(conn, facts.CORRECTING_MAIL)


# --- mail -------------------------------------------------------------------------------------------------------------


def test_who_is_not_reached_yet_gets_the_new_words_and_nobody_gets_both(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    network = Network(batch=2)
    assert bench.once(network)
    bench.desk.looked.clear()
    reached = len(texts(network))
    correct(store, edition, send, worded("new"))
    bench.all(network)
    assert [text for _, text in texts(network)] == ["old"] * reached + ["new"] * (READERS - reached)
    assert len({to for to, _ in texts(network)}) == READERS
    assert books(store, send) == {"sent": READERS}


@pytest.mark.parametrize("how", ["given back", "put off", "refused and resent", "in doubt and sent anew"])
def test_whoever_comes_back_to_wait_gets_the_new_words(store, edition, bench, how):
    send = add_send(store, edition, message=worded("old"))
    claimed = dispatch.claim(store, bench.desk, "letters", READERS)
    network = Network()
    if how == "given back":
        correct(store, edition, send, worded("new"))
        bench.die()
    else:
        refused = Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "no"))
        answer = {"put off": UNREACHABLE, "refused and resent": refused, "in doubt and sent anew": NO_ANSWER}[how]
        dispatch.begin(store, bench.desk, claimed)
        correct(store, edition, send, worded("new"))
        dispatch.record_answer(store, bench.desk, claimed, answer)
        settle.settle_finished(store, now=NOW)
        if how == "in doubt and sent anew":
            from publisher.pipeline.operate import doubt
            from publisher.store.by_hand import Doubtful

            doubt.settle(store, Doubtful(edition), doubt.Word.RESEND, actor="ada", why="", now=NOW)
        again.resend_failed(store, edition, now=NOW)
    bench.later(minutes=30)
    bench.all(network)
    assert {text for _, text in texts(network)} == {"new"}
    assert len(texts(network)) == READERS
    assert books(store, send) == {"sent": READERS}


def test_a_call_in_doubt_is_said_again_exactly_as_it_was(store, edition, bench):
    from datetime import timedelta

    send = add_send(store, edition, message=worded("old"))
    network = Network(NO_ANSWER, keys=timedelta(hours=1))
    bench.once(network)
    correct(store, edition, send, worded("new"))
    bench.later(seconds=31)
    bench.all(network)
    assert {text for _, text in texts(network)} == {"old"}


def test_only_who_has_the_old_words_is_mailed_and_only_who_is_still_on_the_list(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    network = Network(batch=2)
    bench.once(network)
    had = [to for to, _ in texts(network)]
    correct(store, edition, send, worded("new"), mail=True)
    leave(store, had[0])
    bench.all(network)
    (mail,) = mails(store, edition)
    assert books(store, mail["id"]) == {"sent": len(had) - 1, "suppressed": 1}
    said = [(to.address, call.message.subject[0]) for call in network.calls for to in call.recipients]
    assert [to for to, subject in said if subject == "Correction: "] == had[1:]
    finish(store)
    with store.read() as conn:
        assert sends.get(conn, mail["id"])["state"] == SendState.DONE
        assert archive.page(conn, "daily", limit=5) == []  # tests keep no archive; and the mail is in none
        assert edition_lists.latest(conn, limit=1)[0]["sent"] == READERS


def test_a_letter_under_way_with_old_words_is_mailed_once_it_has_arrived(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    claimed = dispatch.claim(store, bench.desk, "letters", 2)
    dispatch.begin(store, bench.desk, claimed)
    correct(store, edition, send, worded("new"), mail=True)
    finish(store)
    (mail,) = mails(store, edition)
    assert mail["candidates"] == 0
    assert open_facts(store) == {edition}
    dispatch.record_answer(store, bench.desk, claimed, SENT)
    finish(store)
    network = Network()
    bench.all(network)
    assert books(store, mail["id"]) == {"sent": 2}
    finish(store)
    assert open_facts(store) == set()


def test_mailing_again_mails_nobody_twice(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    network = Network()
    bench.all(network)
    correct(store, edition, send, worded("new"), mail=True)
    bench.all(network)
    finish(store)
    correct(store, edition, send, worded("new"), mail=True, changed=False)
    bench.all(network)
    assert [row["candidates"] for row in mails(store, edition)] == [READERS]
    assert Counter(to for to, _ in texts(network)).most_common(1)[0][1] == 2


def test_a_newer_correction_stops_the_mail_of_an_older_one_and_reaches_the_same_readers(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    network = Network(batch=2)
    bench.all(network)
    correct(store, edition, send, worded("wrong again"), mail=True)
    bench.once(network)
    correct(store, edition, send, worded("right"), mail=True)
    bench.all(network)
    finish(store)
    first, second = mails(store, edition)
    assert first["state"] == SendState.CANCELLED
    assert (first["sent"], first["pending"]) == (READERS - first["cancelled"], 0)
    assert books(store, second["id"]) == {"sent": READERS}
    last = {to.address: call.message.text[0] for call in network.calls for to in call.recipients}
    assert set(last.values()) == {"right"}


def test_words_that_are_as_they_first_were_are_nobodys_old_ones(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    bench.all(Network())
    correct(store, edition, send, worded("new"))
    correct(store, edition, send, worded("old"), mail=True)
    assert mails(store, edition) == []


def test_two_people_who_correct_at_once_do_not_overwrite_each_other(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    with store.read() as conn:
        new = New(sends.get(conn, send), worded("mine"))
    correct(store, edition, send, worded("theirs"))
    with pytest.raises(UsageError, match="was given other words meanwhile"):
        wanted = Corrected(Erratum(), ((new, 1),), (), {})
        correcting.correct_edition(store, edition, wanted, MEANS, actor="cli:bob", why="", now=NOW)


@pytest.mark.parametrize("state", ["paused", "held"])
def test_what_waits_for_a_person_waits_with_the_new_words(store, edition, bench, state):
    send = add_send(store, edition, message=worded("old"))
    if state == "paused":
        holding.hold_edition(store, edition, actor="ada", why="", now=NOW)
    else:
        holding.hold_all(store, actor="ada", why="", now=NOW)
    correct(store, edition, send, worded("new"))
    holding.release_edition(store, edition, now=NOW)
    holding.release_all(store, now=NOW)
    network = Network()
    bench.all(network)
    assert {text for _, text in texts(network)} == {"new"}


# --- posts ------------------------------------------------------------------------------------------------------------


def post(store, edition, *parts):
    return add_send(store, edition, channel="mastodon", lists=(), message=Post(parts or ("old",)))


def test_a_post_that_stands_is_edited_under_a_send_of_its_own(store, edition, bench):
    send = post(store, edition)
    network = Network(POSTED)
    bench.all(network, "mastodon")
    correct(store, edition, send, Post(("new",)))
    bench.all(network, "mastodon")
    (call,) = network.edited
    assert call.message == Correction(("m1",), Post(("new",)), "https://news.example/m1", "d1")
    finish(store)
    assert books(store, send) == {"sent": 1}
    assert [(each.state, each.revision) for each in edits(store, edition)] == [("sent", 2)]
    with store.read() as conn:
        (row,) = edition_lists.latest(conn, limit=1)
    assert (row["sends"], row["candidates"], row["sent"]) == (1, 1, 1)
    assert open_facts(store) == set()


def test_a_post_under_way_is_edited_once_it_stands_by_whoever_sees_it(store, edition, bench):
    send = post(store, edition)
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    dispatch.begin(store, bench.desk, claimed)
    correct(store, edition, send, Post(("new",)))
    finish(store)
    assert edits(store, edition) == []
    dispatch.record_answer(store, bench.desk, claimed, POSTED)
    finish(store)
    finish(store)
    network = Network()
    bench.all(network, "mastodon")
    assert [call.message.post.parts for call in network.edited] == [("new",)]


def test_a_thread_that_stands_in_part_ends_as_it_began_and_is_edited_then(store, edition, bench):
    send = post(store, edition, "one", "two")

    def half(call):
        dispatch.StoreJournal(store, call.id).note("part 1", {"id": "m1", "url": "u1"})
        return Answer(Verdict(Outcome.DEFERRED, Scope.PASSING, "part 2 of 2: later"), went_on=True)

    def whole(call):
        dispatch.StoreJournal(store, call.id).note("part 2", {"id": "m2", "url": "u2"})
        return Answer(Verdict(Outcome.SENT, provider_id="m1", url="u1"))

    network = Network(half, whole)
    bench.all(network, "mastodon")
    correct(store, edition, send, Post(("uno", "due")))
    finish(store)
    assert edits(store, edition) == []
    bench.later(minutes=30)
    bench.all(network, "mastodon")
    assert [call.message.parts for call in network.calls] == [("one", "two")] * 2
    finish(store, bench.clock())
    bench.all(network, "mastodon")
    assert [call.message.parts for call in network.edited] == [("m1", "m2")]


def test_an_older_correction_that_waits_is_never_said_after_a_newer_one(store, edition, bench):
    send = post(store, edition)
    network = Network(POSTED)
    bench.all(network, "mastodon")
    correct(store, edition, send, Post(("first",)))
    correct(store, edition, send, Post(("second",)))
    bench.all(network, "mastodon")
    assert [call.message.post.parts for call in network.edited] == [("second",)]
    assert [each.state for each in edits(store, edition)] == ["cancelled", "sent"]


@pytest.mark.parametrize("answer", [SENT, NO_ANSWER])
def test_a_newer_correction_waits_for_an_older_one_that_is_being_said(store, edition, bench, answer):
    send = post(store, edition)
    network = Network(POSTED)
    bench.all(network, "mastodon")
    correct(store, edition, send, Post(("first",)))
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    dispatch.begin(store, bench.desk, claimed)
    correct(store, edition, send, Post(("second",)))
    finish(store)
    assert len(edits(store, edition)) == 1
    dispatch.record_answer(store, bench.desk, claimed, answer, can_be_settled=True)
    bench.later(minutes=4)  # the lease of the first is over
    finish(store, bench.clock())
    bench.all(network, "mastodon")
    assert [call.message.post.parts for call in network.edited][-1] == ("second",)
    assert edits(store, edition)[-1].state == "sent"
    assert edits(store, edition)[0].state != DeliveryState.UNKNOWN


def test_one_that_dies_in_mid_edit_loses_nothing(store, edition, bench):
    send = post(store, edition)
    bench.all(Network(POSTED), "mastodon")
    correct(store, edition, send, Post(("new",)))
    claimed = dispatch.claim(store, bench.desk, "mastodon", 1)
    dispatch.begin(store, bench.desk, claimed)
    assert bench.die() == (0, 1)
    network = Network()
    bench.later(seconds=31)
    bench.all(network, "mastodon")
    assert [(call.key, call.attempt) for call in network.edited] == [(claimed.call.key, 2)]
    assert edits(store, edition)[0].state == "sent"


def test_what_can_not_be_edited_gets_no_send_until_it_can(store, edition, bench):
    send = post(store, edition)
    bench.all(Network(POSTED), "mastodon")
    correct(store, edition, send, Post(("new",)), means=replace(MEANS, why_it_keeps=lambda channel, account: "no"))
    assert edits(store, edition) == []


def test_what_is_withdrawn_is_edited_no_more_and_taken_down_once(store, edition, bench):
    send = post(store, edition)
    network = Network(POSTED)
    bench.all(network, "mastodon")
    correct(store, edition, send, Post(("new",)))
    withdrawing.withdraw_edition(store, edition, TAKES_DOWN, actor="ada", why="", now=NOW)
    finish(store)
    bench.all(network, "mastodon")
    assert (len(network.edited), len(network.removed)) == (0, 1)
    with store.read() as conn:
        assert [each.parts for each in withdrawals.removals(conn, edition)] == [("m1",)]


# --- whatever comes between ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_between_every_reader_ends_with_the_newest_words(store, edition, bench, seed):
    """Calls, deaths, silence and corrections in any order; at the end each reader's last words are the newest."""
    dice, said = random.Random(seed), 1
    send, told = add_send(store, edition, message=worded("words 1")), post(store, edition, "words 1")
    answers = [SENT, UNREACHABLE, Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "no"))]
    network = Network(*[dice.choice(answers) for _ in range(6)], batch=2)
    posts = Network(POSTED, edits=[dice.choice([SENT, UNREACHABLE, NO_ANSWER]) for _ in range(3)])
    for _ in range(12):
        step = dice.randrange(5)
        if step == 0 and said < 4:
            said += 1
            correct(store, edition, send, worded(f"words {said}"), mail=True, now=bench.clock())
            correct(store, edition, told, Post((f"words {said}",)), now=bench.clock())
        elif step == 1:
            bench.once(network)
        elif step == 2:
            bench.once(posts, "mastodon")
        elif step == 3:
            dispatch.claim(store, bench.desk, "letters", 2)
            bench.die()
        finish(store, bench.clock())
        bench.later(minutes=7)
    for _ in range(8):
        bench.all(network)
        bench.all(posts, "mastodon")
        again.resend_failed(store, edition, now=bench.clock(), kind=sends.REGULAR)
        finish(store, bench.clock())
        bench.later(minutes=31)
    arrived = Counter()
    last: dict[str, str] = {}
    for call in network.calls:
        for to in call.recipients:
            last[to.address] = call.message.text[0]
            arrived[to.address] += 1
    assert set(last.values()) == {f"words {said}"}
    stands = [*(call.message.parts for call in posts.calls), *(call.message.post.parts for call in posts.edited)]
    assert stands[-1] == (f"words {said}",)
    with store.read() as conn:
        for row in sends.of_edition(conn, edition):
            assert sends.imbalance(conn, row["id"]) == ""
    assert open_facts(store) == set()


def test_what_a_network_refused_is_not_said_after_newer_words_by_a_resend(store, edition, bench):
    send = post(store, edition)
    refused = Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "no"))
    network = Network(POSTED, edits=[refused])
    bench.all(network, "mastodon")
    for words in ("wrong again", "right"):
        correct(store, edition, send, Post((words,)))
        bench.all(network, "mastodon")
        finish(store)
    again.resend_failed(store, edition, now=NOW)
    bench.all(network, "mastodon")
    assert [call.message.post.parts for call in network.edited] == [("wrong again",), ("right",)]


def test_a_correction_mail_that_failed_is_not_resent_after_a_newer_one(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    refused = Answer(Verdict(Outcome.REFUSED, Scope.MESSAGE, "no"))
    network = Network(SENT, refused)
    bench.all(network)
    for words in ("wrong again", "right"):
        correct(store, edition, send, worded(words), mail=True)
        bench.all(network)
        finish(store)
    again.resend_failed(store, edition, now=NOW)
    bench.all(network)
    assert [call.message.text[0] for call in network.calls] == ["old", "wrong again", "right"]


def test_a_correction_mail_can_be_held_though_its_edition_has_ended(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    network = Network()
    bench.all(network)
    finish(store)
    correct(store, edition, send, worded("new"), mail=True)
    (mail,) = mails(store, edition)
    assert holding.hold_edition(store, edition, actor="ada", why="", now=NOW) == [mail["id"]]
    bench.all(network)
    assert books(store, mail["id"]) == {"pending": READERS}
    assert holding.release_edition(store, edition, now=NOW).going_on == (mail["id"],)
    bench.all(network)
    assert books(store, mail["id"]) == {"sent": READERS}


def test_a_correction_leaves_a_line_in_the_audit_and_none_of_its_words(store, edition, bench):
    send = add_send(store, edition, message=worded("old"))
    with store.read() as conn:
        new, known = New(sends.get(conn, send), worded("new"), MAIL), messages.newest_revision(conn, send)
    wanted = Corrected(Erratum(note="Ada, ada@example.org, is well."), ((new, known),), (), {})
    correcting.correct_edition(store, edition, wanted, MEANS, actor="cli:ada", why="she rang", now=NOW)
    with store.read() as conn:
        (line, *_) = staff.done(conn)
    assert (line["actor"], line["at"], line["about"]) == ("cli:ada", NOW, f"edition:{edition}")
    assert line["what"] == "corrected the words of 1 send, with a note of its own"
