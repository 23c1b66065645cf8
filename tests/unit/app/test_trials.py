"""A schedule with two subjects: what is made of each, what holds both, and when the rest would have it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.app import App, errata
from publisher.app.ends import ends_of
from publisher.app.plan import plan_slot
from publisher.app.trials import subjects_of
from publisher.app.tryouts import SAMPLE
from publisher.model.desk import NO_WORDS, Words
from publisher.model.erratum import Erratum
from publisher.pipeline import produce
from publisher.store import messages, sends, trials
from tests.ledger import Clock
from tests.trials import fill
from tests.unit.app.project import EVENING, compose_now, edit, open_app

ENTRY = "{via: letters, to: daily}"
SECOND = "{{ articles[0].title }}"
TRIED = (ENTRY, f'{{via: letters, to: daily, subjects: ["A word", "{SECOND}"], try: {{share: 50%}}}}')
COUNTED = ("pick: {from: [site], at_most: 8}", "pick: {from: [site], at_most: 8}\n    measure: clicks")


@pytest.fixture
def app(tmp_path):
    open_app(tmp_path, Clock(EVENING)).store.close()
    edit(tmp_path, COUNTED, TRIED)
    app = App.open(tmp_path, Clock(EVENING))
    yield app
    app.store.close()


def made(app: App, words: Words = NO_WORDS) -> produce.Produced:
    schedule = app.schedule("morning")
    what = {"slot": "2026-11-24T07:00", "due_at": EVENING, "chosen": SAMPLE, "words": words}
    return produce.produce_entry(app.studio, app.project, schedule, schedule.send[0], **what)


def test_both_mails_are_the_same_but_for_their_subjects(app):
    product = made(app)
    assert subjects_of(product) == ("A word", SAMPLE[0].title)
    first, second = (replace(each, subject=(), html=()) for each in (product.message, product.second))
    assert first == second
    page = product.message.html[0].replace("A word", SAMPLE[0].title)  # its title and its label
    assert (page, *product.message.html[1:]) == product.second.html
    assert list(product.variants) == ["a", "b"] and not product.is_held


def test_a_subject_of_a_persons_own_is_sent_alone(app):
    product = made(app, Words(subject="What I say"))
    assert "".join(map(str, product.message.subject)) == "What I say"
    assert (list(product.variants), product.trial, subjects_of(product)) == ([""], None, ())


def test_a_corrected_subject_stands_in_both_mails_and_the_trial_goes_on(app):
    schedule = app.schedule("morning")
    what = {"slot": "2026-11-24T07:00", "due_at": EVENING, "chosen": SAMPLE}
    what |= {"erratum": Erratum(subject="The right one")}
    product = produce.produce_entry(app.studio, app.project, schedule, schedule.send[0], **what)
    assert subjects_of(product) == ("The right one",) * 2
    assert product.trial is not None and not product.is_held


@pytest.mark.parametrize("wrong", ["{{ nothing.there }}", "{% if %}", "{{ 1/0 }}"])
def test_a_fault_of_one_holds_both_and_says_whose_it_is(app, wrong):
    edit(app.folder, (SECOND, wrong))
    product = made(App.open(app.folder, app.clock, go_on=True))
    assert product.is_held and product.variants == {}
    assert [finding.what.partition(":")[0] for finding in product.findings] == ["subject B"]


def test_what_is_said_of_both_is_said_once(app):
    edit(app.folder, ("public_url: https://letters.harbor.example", "public_url: http://127.0.0.1:9"))
    product = made(App.open(app.folder, app.clock))
    assert product.findings and not [each for each in product.findings if each.what.startswith("subject")]


def test_what_is_made_again_is_made_again_twice_or_once_as_the_file_says_by_then(app):
    compose_now(app)
    app.sending.advance()
    with app.store.write() as conn:
        (send,) = sends.of_edition(conn, 1)
        assert send["state"] == "held"  # nobody is on the list
        assert set(messages.by_variant(conn, send["id"])) == {"a", "b"}
    app.sending.remake(1)
    edit(app.folder, TRIED[::-1])
    with app.store.write() as conn:
        assert messages.newest_revision(conn, send["id"]) == 2
        conn.exec_driver_sql("UPDATE sends SET state = 'held'")
    once = App.open(app.folder, app.clock)
    once.sending.remake(1)
    with once.store.read() as conn:
        row = sends.get(conn, send["id"])
        shown = messages.of_send(conn, send["id"])
        assert trials.of(row) is None and shown is not None
        assert messages.by_variant(conn, send["id"]) == {"": shown[0]}
    fill(once.store)
    once.sending.advance()
    with once.store.read() as conn:
        assert not trials.has_waiting(conn, send["id"])


def test_a_plan_says_when_the_last_of_the_rest_would_have_it(app):
    fill(app.store)
    schedule = app.schedule("morning")
    ((end,),) = ends_of(app, [plan_slot(app, schedule)])
    assert end.ends_at - end.begins_at == timedelta(hours=1)
    assert sum(end.days.values()) == 800


def test_a_correction_of_one_of_two_subjects_is_seen_though_the_other_stands_for_the_send(app):
    fill(app.store)
    compose_now(app)
    app.sending.advance()
    prepared = errata.prepare(app, 1, note=None, subject="A word", mail=False)
    (found,) = prepared.differences
    assert found.added == ("Subject: A word",) and len(prepared.wanted.changed) == 1
