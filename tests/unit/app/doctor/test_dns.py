"""What stands in DNS, what doesn't, and what could not be asked: three different things."""

from __future__ import annotations

import dns.resolver
import pytest

from publisher.app.doctor.dns import Names, in_ascii
from publisher.app.doctor.finding import Unseen
from tests.names import FAILS, NOT_THERE, SILENT


def test_a_long_record_is_read_whole(ask):
    assert ask({"harbor.example": {"TXT": ["x" * 600]}}).texts("harbor.example") == ("x" * 600,)


def test_a_name_that_is_an_alias_is_followed(ask):
    names = ask({"s1.harbor.example": {"CNAME": ["key.provider.example"]}, "key.provider.example": {"TXT": ["p=1"]}})
    assert names.texts("s1.harbor.example") == ("p=1",)


def test_what_is_not_there_is_nothing_and_no_fault(ask):
    names = ask({"harbor.example": {"TXT": ["x"]}})
    assert names.texts("nobody.example") == ()
    assert names.mail_servers("harbor.example") == ()
    assert not names.has_address("harbor.example")


def test_mail_servers_stand_in_the_order_in_which_they_are_tried(ask):
    names = ask({"harbor.example": {"MX": ["20 b.harbor.example.", "10 a.harbor.example."]}})
    assert names.mail_servers("harbor.example") == ("a.harbor.example.", "b.harbor.example.")


def test_broken_servers_of_one_name_keep_nobody_from_asking_for_others(ask):
    names = ask({"broken.example": FAILS, "harbor.example": {"TXT": ["x"]}})
    for _ in range(3):
        with pytest.raises(Unseen, match="its name servers fail"):
            names.texts("broken.example")
    assert names.texts("harbor.example") == ("x",)


def test_without_a_network_few_questions_are_waited_for(ask, server):
    ask(dict.fromkeys(("a.example", "b.example", "c.example", "d.example"), SILENT))
    names = Names(server.resolver, patience=0.05)
    for name in ("a.example", "b.example", "c.example", "d.example"):
        with pytest.raises(Unseen, match="no name server answers") as unseen:
            names.texts(name)
        assert unseen.value.about == f"TXT of {name}"
    assert set(server.asked) == {"TXT a.example", "TXT b.example"}


def test_a_name_server_that_knows_nothing_of_the_world_is_not_believed(ask, server):
    names = ask({"com": NOT_THERE, "harbor.example": {"TXT": ["x"]}})
    assert names.texts("harbor.example") == ("x",)
    for name in ("a.example", "b.example"):
        with pytest.raises(Unseen, match="knows nothing of the world"):
            names.texts(name)
    assert server.asked.count("SOA com") == 1


def test_the_same_question_is_asked_once(ask, server):
    names = ask({"harbor.example": {"TXT": ["x"]}})
    names.texts("harbor.example")
    names.texts("harbor.example")
    assert server.asked == ["TXT harbor.example"]


@pytest.mark.parametrize("name", ["a..b", "x" * 70 + ".example", "", "-", "\udcff.example"])
def test_a_name_that_can_be_none_is_a_finding_and_no_traceback(ask, name):
    try:
        assert ask({}).texts(name) == ()
    except Unseen as unseen:
        assert "can't be asked for" in str(unseen)


def test_a_machine_without_a_name_server_says_so():
    with pytest.raises(Unseen):
        Names(dns.resolver.Resolver(configure=False)).texts("harbor.example")


def test_a_domain_with_letters_of_its_own_is_asked_for_as_dns_knows_it():
    assert in_ascii("BÜCHER.example.") == "xn--bcher-kva.example"
    assert in_ascii("Harbor.Example") == "harbor.example"
