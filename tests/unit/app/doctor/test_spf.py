"""SPF: one record, the provider in it, and not more lookups than receivers make."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.app.doctor import spf

HERE = "harbor.example"


def zone(*records: str, **others: str):
    named = {name.replace("_", "."): {"TXT": [text]} for name, text in others.items()}
    return {HERE: {"TXT": ["other words", *records]}, **named}


def look(ask, known, *includes: str, counts: bool = True) -> tuple[str, str]:
    (found,) = spf.look(ask(known), HERE, includes, counts=counts)
    return found.level.value, str(found)


@pytest.mark.parametrize(
    ("known", "level", "says"),
    [
        (zone(), "trouble", "there is no record. Set a TXT record there: v=spf1 include:mailgun.org ~all"),
        (zone("v=spf1 ~all", "v=spf1 -all"), "trouble", "there are 2 records, so none counts"),
        (zone("v=spf1 include:mailgun.org ~all", mailgun_org="v=spf1 ip4:1.2.3.4 ~all"), "ok", "1 of 10 lookups"),
        (zone("V=SPF1 INCLUDE:Mailgun.ORG ~ALL", mailgun_org="v=spf1 ip4:1.2.3.4"), "ok", "1 of 10 lookups"),
        (zone("v=spf1 a mx ~all"), "trouble", "it doesn't include mailgun.org"),
        (zone("v=spf1 include:notmailgun.org", notmailgun_org="v=spf1"), "trouble", "it doesn't include mailgun.org"),
        (zone("v=spf1 redirect=a.example", a_example="v=spf1 include:mailgun.org", mailgun_org="v=spf1"), "ok", "2 of"),
        (zone("v=spf1 include:mailgun.org"), "trouble", "`include:mailgun.org` leads to no record"),
        (zone("v=spf1 include:mailgun.org +all", mailgun_org="v=spf1"), "trouble", "lets everybody send"),
        (zone("v=spf1 includes:mailgun.org ~all"), "trouble", "nobody knows `includes:mailgun.org`"),
        (zone("v=spf1 +redirect=a.example"), "trouble", "nobody knows `+redirect=a.example`"),
        (zone("v=spf1 include: ~all"), "trouble", "leads to no record"),
        (
            zone("v=spf1 include:mailgun.org exists:%{i}.x a/24 unknown=modifier ~all", mailgun_org="v=spf1"),
            "ok",
            "3 of",
        ),
    ],
)
def test_what_a_record_says(ask, known, level, says):
    assert look(ask, known, "mailgun.org")[0] == level
    assert says in look(ask, known, "mailgun.org")[1]


@pytest.mark.parametrize("known", [zone(), zone("v=spf1 a ~all")])
def test_where_bounces_may_come_back_elsewhere_it_is_only_a_note(ask, known):
    assert look(ask, known, "sendgrid.net", counts=False)[0] == "note"


def test_more_lookups_than_receivers_make_are_trouble_and_are_not_made(ask, server):
    chain = {f"n{number}.example": {"TXT": [f"v=spf1 include:n{number + 1}.example"]} for number in range(50)}
    level, says = look(ask, {HERE: {"TXT": ["v=spf1 include:n0.example"]}, **chain})
    assert (level, "more than 10 lookups" in says) == ("trouble", True)
    assert len(server.asked) <= 12


def test_a_record_that_includes_itself_comes_to_an_end(ask):
    assert "more than 10 lookups" in look(ask, zone(f"v=spf1 include:{HERE} ~all"))[1]


class Nowhere:
    """Names of which nothing is known."""

    def texts(self, name: str) -> tuple[str, ...]:
        return ()


@settings(max_examples=60, deadline=None)
@given(st.text("+-~?:=/%{}. aimx4include", max_size=40))
def test_no_record_is_so_odd_that_nothing_can_be_said_of_it(text):
    walk = spf.follow(Nowhere(), HERE, f"v=spf1 {text}")
    assert walk.lookups <= spf.LOOKUPS + 1
