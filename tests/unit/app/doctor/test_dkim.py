"""DKIM: the key is where the provider signs by, and one that receivers take."""

from __future__ import annotations

import pytest

from publisher.app.doctor import dkim
from tests.unit.app.doctor.keys import record

HERE, THERE = "news.harbor.example", "harbor.example"
GOOD = record()


@pytest.mark.parametrize(
    ("key", "level", "says"),
    [
        (GOOD, "ok", "RSA, 2,048 bits"),
        (record(tags=""), "ok", "2,048 bits"),
        (record(tags="k=rsa;"), "ok", "2,048 bits"),
        ("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "ok", "Ed25519"),
        (record(1_024), "note", "1,024 bits are few"),
        (record(1_024)[:-4], "trouble", "cut off"),
        (record(1_016), "trouble", "bits are too few"),
        (record(tags="v=DKIM1; t=y:s; "), "note", "it is a test"),
        ("v=DKIM1; k=rsa; p=", "trouble", "withdrawn"),
        (GOOD[:-40], "trouble", "cut off"),
        ("v=DKIM1; p=not base64!", "trouble", "cut off"),
        (record(tags="v=DKIM2; "), "trouble", "no key that receivers know"),
        ("v=DKIM1; k=dsa; p=AAAA", "trouble", "no key that receivers know"),
    ],
)
def test_what_a_key_says(key, level, says):
    found = dkim.judge("DKIM key", key)
    assert (found.level.value, says in found.said) == (level, True), found


def test_one_key_among_those_that_a_provider_signs_by_is_enough(ask):
    names = ask({f"s2._domainkey.{THERE}": {"CNAME": ["s2.provider.example"]}, "s2.provider.example": {"TXT": [GOOD]}})
    (found,) = dkim.look(names, [HERE, THERE], ("s1", "s2"))
    assert str(found) == f"DKIM key s2 of {THERE}: RSA, 2,048 bits"


def test_no_key_anywhere_is_trouble_that_names_the_places(ask):
    (found,) = dkim.look(ask({f"s1._domainkey.{HERE}": {"TXT": ["no key"]}}), [HERE, THERE], ("s1", "s2"))
    assert found.level == "trouble"
    assert f"DKIM of {HERE} or {THERE}: no key stands under s1._domainkey or s2._domainkey" in str(found)


def test_the_keys_of_a_letter_are_looked_for_where_it_says(ask):
    names = ask({f"k7._domainkey.{THERE}": {"TXT": [GOOD]}})
    there, gone = dkim.look_by_letter(names, [(THERE, "k7"), ("provider.example", "x"), (THERE, "k7")])
    assert (there.level, gone.level) == ("ok", "trouble")
    assert "DKIM key x of provider.example" in str(gone)
