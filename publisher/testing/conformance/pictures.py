"""What holds of posts with pictures: each goes up once, and no trouble with it doubles or loses a post."""

# ruff: noqa: S101 - the asserts are the product
from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import pytest

from publisher.model.call import Call, Outcome, Picture, Scope
from publisher.model.message import Post
from publisher.senders.base import Sender
from publisher.testing.conformance.base import SenderSuite, does_not_apply
from publisher.testing.dialects import Pictorial, Shown
from publisher.testing.journal import MemoryJournal
from publisher.testing.provider import FakeProvider, Fault
from publisher.testing.samples import call_to, sample_picture, sample_post

LATE = Fault(accept=True, delay=0.001)  # all is well
FAULTY = 0.5  # of the tries
WITHOUT = "sent without its picture: "
PASSING = (
    *(Fault.dropped_after(), Fault.dropped_before(), Fault.server_error()),
    *(Fault.web_page(200), Fault.too_many("9")),
)


class Pictures(SenderSuite):
    """Whatever becomes of an upload, nothing was posted by it."""

    @pytest.fixture(params=["attached", "in the card"])
    def shown(self, request: pytest.FixtureRequest) -> Call:
        """Return a call of a post with a picture."""
        rules = self.make("http://127.0.0.1:9").rules  # before anything is started
        in_card = request.param == "in the card"
        if rules is None or rules.uploads is None or (in_card and not rules.shows_card):
            does_not_apply(f"it takes no pictures {request.param}")
        return call_to(sample_post(), picture=sample_picture(in_card=in_card))

    def test_a_picture_goes_up_with_its_post(self, shown: Call, sender: Sender, provider: FakeProvider) -> None:
        verdict = sender.send(shown, MemoryJournal()).verdict
        assert (verdict.outcome, verdict.reason) == (Outcome.SENT, "")
        assert _seen(provider) == [_expected(shown, sender)]

    @pytest.mark.parametrize("in_card", [False, True], ids=["attached", "in the card"])
    def test_a_post_that_goes_only_with_its_picture_is_refused_where_none_of_ours_is_shown(
        self, sender: Sender, provider: FakeProvider, message: object, in_card: bool
    ) -> None:
        rules = sender.rules
        if not isinstance(message, Post) or (rules and rules.uploads and (rules.shows_card or not in_card)):
            does_not_apply("it carries no posts, or shows the picture")
        picture = sample_picture(in_card=in_card, is_needed=True)
        verdict = sender.send(call_to(sample_post(), picture=picture), MemoryJournal()).verdict
        assert (verdict.outcome, "only with its picture" in verdict.reason) == (Outcome.REFUSED, True)
        assert not provider.requests

    def test_what_went_up_is_not_sent_again_when_its_post_is(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        journal = MemoryJournal()
        provider.fails(Fault.too_many("9"))
        assert sender.send(shown, journal).verdict.outcome is Outcome.DEFERRED
        before = len(provider.uploading())
        assert sender.send(replace(shown, key="call-2-k3y"), journal).verdict.outcome is Outcome.SENT
        assert len(provider.uploading()) == before
        assert _seen(provider) == [_expected(shown, sender)]

    def test_the_same_call_with_a_picture_has_the_same_bytes(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        journal = MemoryJournal()
        provider.fails(Fault.server_error())
        for _ in range(2):
            sender.send(shown, journal)
        first, second = provider.speaking()
        assert (first.path, first.body) == (second.path, second.body)
        assert first.headers["content-type"] == second.headers["content-type"]

    def test_an_upload_without_a_good_end_is_put_off_and_goes_on_later(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        requests = _pictorial(provider).requests_per_upload
        if not requests:
            does_not_apply("its pictures go up in the post's own request")
        for number, (fault, before) in enumerate(product(PASSING, range(requests))):
            call = replace(shown, key=f"call-{number}", message=_story(number))
            journal, stand = MemoryJournal(), len(provider.accepted)
            provider.uploads_fail(*[LATE] * before, fault)
            verdict = sender.send(call, journal).verdict
            assert (verdict.outcome, len(provider.accepted)) == (Outcome.DEFERRED, stand), (fault, before)
            assert sender.send(replace(call, key=f"again-{number}"), journal).verdict.outcome is Outcome.SENT
            assert _seen(provider)[stand:] == [_expected(shown, sender)]

    def test_whatever_happens_to_its_requests_a_post_with_a_picture_stands_once(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        dice = random.Random(7)  # noqa: S311 -- nothing secret
        for number in range(20):
            before = len(provider.accepted)
            call = replace(shown, key=f"call-{number}", message=_story(number))
            outcome = _carried(sender, provider, call, dice)
            stand = _seen(provider)[before:]
            assert stand in ([], [_expected(shown, sender)])
            assert outcome is not Outcome.SENT or stand

    def test_an_account_that_is_refused_at_the_upload_stops_the_channel(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        if not _pictorial(provider).requests_per_upload:
            does_not_apply("its pictures go up in the post's own request")
        provider.uploads_fail(Fault(401, {"message": "who are you?"}))
        verdict = sender.send(shown, MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
        assert provider.accepted == []

    def test_a_post_goes_without_a_picture_that_is_refused_and_says_so(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        dialect, journal = _pictorial(provider), MemoryJournal()
        dialect.refuses_pictures = True
        first = [] if dialect.requests_per_upload else [LATE]  # its refusal is the post's own
        provider.fails(*first, Fault.too_many("9"))
        assert sender.send(shown, journal).verdict.outcome is Outcome.DEFERRED
        dialect.refuses_pictures = False  # what was said once without it is said so again
        verdict = sender.send(replace(shown, key="call-2-k3y"), journal).verdict
        assert verdict.outcome is Outcome.SENT
        assert verdict.reason.startswith(WITHOUT)
        assert _seen(provider) == [None]

    def test_a_post_that_needs_its_picture_is_refused_with_it(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        _pictorial(provider).refuses_pictures = True
        assert shown.picture is not None
        needed = replace(shown, picture=replace(shown.picture, is_needed=True))
        verdict = sender.send(needed, MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
        assert verdict.reason.startswith("refused with its picture: ")
        assert provider.accepted == []

    def test_a_picture_that_was_made_for_another_network_never_leaves(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        assert shown.picture is not None
        assert sender.rules is not None
        assert sender.rules.uploads is not None
        large = bytes(sender.rules.uploads.most_bytes + 1)
        foreign = (replace(shown.picture, content=large), replace(shown.picture, type="image/tiff"))
        for number, picture in enumerate(foreign):
            another = call_to(_story(number), key=f"call-{number}", picture=picture)
            verdict = sender.send(another, MemoryJournal()).verdict
            assert verdict.outcome is Outcome.SENT
            assert verdict.reason.startswith(WITHOUT)
        assert provider.uploading() == []
        assert _seen(provider) == [None, None]

    def test_words_of_a_picture_that_were_written_for_another_network_are_cut_to_what_this_one_takes(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        most = sender.rules.uploads.most_alt if sender.rules and sender.rules.uploads else 0
        assert shown.picture is not None
        if not most or shown.picture.in_card:
            does_not_apply("it has no words for who can't see the picture")
        for number, alt in enumerate(("x" * most, "x" * (most + 1), "👍🏽" * most)):
            described = replace(shown.picture, alt=alt)
            call = replace(shown, key=f"call-{number}", message=_story(number), picture=described)
            verdict = sender.send(call, MemoryJournal()).verdict
            assert (verdict.outcome, verdict.reason) == (Outcome.SENT, "")
        whole, *cut = [seen.alt for seen in _seen(provider) if seen]
        assert whole == "x" * most
        assert cut[0] == f"{whole[1:]}…"
        assert cut[1].endswith("👍🏽…")
        assert most - 4 <= len(cut[1].encode("utf-16-le")) // 2 <= most

    def test_a_thread_shows_its_picture_under_the_first_part(
        self, shown: Call, sender: Sender, provider: FakeProvider
    ) -> None:
        if not sender.rules or not sender.rules.threads:
            does_not_apply("it has no threads")
        verdict = sender.send(replace(shown, message=sample_post(3)), MemoryJournal()).verdict
        assert verdict.outcome is Outcome.SENT
        assert _seen(provider) == [_expected(shown, sender), None, None]

    def test_the_size_counts_the_picture(self, shown: Call, sender: Sender) -> None:
        assert shown.picture is not None
        assert len(shown.picture.content) < sender.size(shown) <= sender.max_bytes

    def test_a_card_that_is_the_networks_own_needs_no_picture_of_ours(
        self, sender: Sender, provider: FakeProvider
    ) -> None:
        if sender.rules is None or sender.rules.shows_card:
            does_not_apply("its cards are ours, or it has none")
        verdict = sender.send(call_to(sample_post(), picture=sample_picture(in_card=True)), MemoryJournal()).verdict
        assert (verdict.outcome, verdict.reason) == (Outcome.SENT, "")
        assert provider.uploading() == []


def _carried(sender: Sender, provider: FakeProvider, call: Call, dice: random.Random) -> Outcome:
    """Carry a post through faults as the dispatcher does: put off it is another call, in doubt the same one."""
    journal, key, outcome = MemoryJournal(), call.key, Outcome.DEFERRED
    for number in range(12):
        provider.recovers()
        if dice.random() < FAULTY:
            provider.uploads_fail(*[LATE] * dice.randrange(2), dice.choice(PASSING))
        if dice.random() < FAULTY:
            provider.fails(dice.choice(PASSING))
        outcome = sender.send(call, journal).verdict.outcome
        if outcome is Outcome.DEFERRED and call.attempt == 1:
            call = replace(call, key=f"{key}-{number}")
        elif outcome is Outcome.SENT or sender.idempotent_for is None:
            break
        else:
            call = replace(call, attempt=call.attempt + 1)
    return outcome


def _story(number: int) -> Post:
    """Return a post of its own: some networks refuse words said before."""
    return replace(sample_post(), parts=(f"Story {number} https://harbor.example/{number}",))


def _pictorial(provider: FakeProvider) -> Pictorial:
    assert isinstance(provider.dialect, Pictorial), "a dialect whose network takes pictures says what it shows"
    return provider.dialect


def _seen(provider: FakeProvider) -> list[Shown | None]:
    """Return what each post that stands shows, in order."""
    return [_pictorial(provider).shown.get(post.id) for post in provider.accepted]


def _expected(call: Call, sender: Sender) -> Shown:
    picture = call.picture
    assert isinstance(picture, Picture)
    has_words = not picture.in_card and sender.rules and sender.rules.uploads and sender.rules.uploads.most_alt
    return Shown(picture.content, picture.alt if has_words else "", picture.in_card)
