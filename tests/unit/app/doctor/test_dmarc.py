"""DMARC: the record that holds for a domain, and whether DKIM or SPF speak for the same sender."""

from __future__ import annotations

import pytest

from publisher.app.doctor import dmarc
from publisher.app.doctor.alignment import is_aligned, organisation
from publisher.app.doctor.dmarc import Policy

HERE = "news.harbor.example"


def look(ask, **records: str):
    policies: list[Policy] = []
    zone = {f"_dmarc.{name.replace('_', '.')}": {"TXT": text.split("|")} for name, text in records.items()}
    (found,) = dmarc.look(ask(zone), HERE, policies)
    return found, policies


@pytest.mark.parametrize(
    ("records", "level", "says", "policies"),
    [
        ({}, "trouble", "Set a TXT record at _dmarc.harbor.example: v=DMARC1; p=none", []),
        ({"news_harbor_example": "v=DMARC1; p=none"}, "ok", "policy none", [Policy("none")]),
        (
            {"harbor_example": "v=DMARC1;p=reject;sp=quarantine"},
            "ok",
            "policy quarantine, from harbor",
            [Policy("quarantine")],
        ),
        ({"harbor_example": "v=DMARC1; p=REJECT"}, "ok", "policy reject", [Policy("reject")]),
        (
            {"news_harbor_example": "v=DMARC1; p=none; adkim=s; aspf=s", "harbor_example": "v=DMARC1; p=reject"},
            "ok",
            "policy none",
            [Policy("none", True, True)],
        ),
        ({"news_harbor_example": "v=DMARC1; p=none|v=DMARC1; p=reject"}, "trouble", "2 records", []),
        ({"news_harbor_example": "v=DMARC1; rua=mailto:x@y.example"}, "trouble", "names no policy", []),
        ({"news_harbor_example": "v=spf1 -all"}, "trouble", "there is no record", []),
    ],
)
def test_the_record_that_holds(ask, records, level, says, policies):
    found, read = look(ask, **records)
    assert (found.level.value, says in str(found), read) == (level, True, policies), found


@pytest.mark.parametrize(
    ("domain", "whose"),
    [
        ("news.harbor.example", "harbor.example"),
        ("a.b.gazette.co.uk", "gazette.co.uk"),
        ("me.github.io", "me.github.io"),
        ("BÜCHER.de", "xn--bcher-kva.de"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_the_organisation_of_a_domain(domain, whose):
    assert organisation(domain) == whose


@pytest.mark.parametrize(
    ("one", "other", "relaxed", "strict"),
    [
        ("harbor.example", "mg.harbor.example", True, False),
        ("Harbor.example", "harbor.example.", True, True),
        ("harbor.example", "arbor.example", False, False),
        ("a.co.uk", "b.co.uk", False, False),
        ("harbor.example", "", False, False),
    ],
)
def test_who_is_aligned_with_whom(one, other, relaxed, strict):
    assert is_aligned(one, other, strict=False) == is_aligned(other, one, strict=False) == relaxed
    assert is_aligned(one, other, strict=True) == strict


@pytest.mark.parametrize(
    ("signers", "bounces", "policy", "level", "says"),
    [
        (["harbor.example"], "mg.harbor.example", Policy("none"), "ok", "bounces come back to mg.harbor.example"),
        (["provider.example", "harbor.example"], "", Policy("none"), "ok", "DKIM signs as harbor.example"),
        (["harbor.example"], "provider.example", Policy("none"), "ok", "need not be"),
        (["provider.example"], "mg.harbor.example", Policy("none"), "note", "only SPF is aligned"),
        (["provider.example"], "provider.example", Policy("none"), "trouble", "by provider.example, so DMARC fails"),
        ([], "", Policy("none"), "trouble", "by nobody, so DMARC fails"),
        (["mg.harbor.example"], "", Policy("none", strict_dkim=True), "trouble", "so DMARC fails"),
        (["mg.harbor.example"], "harbor.example", Policy("none", strict_dkim=True), "note", "only SPF"),
    ],
)
def test_who_vouches_for_letters(signers, bounces, policy, level, says):
    (found,) = dmarc.look_at_alignment("harbor.example", signers, bounces, policy, is_seen=True)
    assert (found.level.value, says in str(found)) == (level, True), found
