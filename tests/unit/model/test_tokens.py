"""Tokens of leaving links: ours are read back, nobody else's is."""

from __future__ import annotations

import hashlib
import hmac
import random
import string
from collections.abc import Iterator
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from publisher.model.tokens import (
    address_hash,
    leaving_token,
    link_token,
    read_leaving_token,
    read_link_token,
    read_wire_id,
    wire_id,
)

KEYS = {"k1": b"1" * 32, "k2": b"2" * 32}


def test_a_token_names_its_subscriber_and_list_also_under_a_retired_key():
    for key_id, key in KEYS.items():
        assert read_leaving_token(leaving_token(812, 3, key_id, key), KEYS.get) == (812, 3)


def test_a_token_of_an_unknown_key_is_nobodys():
    assert read_leaving_token(leaving_token(812, 3, "k9", b"9" * 32), KEYS.get) is None


@given(st.text())
def test_any_text_that_is_no_token_is_read_as_none(text):
    assert read_leaving_token(text, KEYS.get) is None


@given(st.data())
def test_a_token_with_one_sign_changed_is_read_as_none(data):
    token = leaving_token(812, 3, "k1", KEYS["k1"])
    place = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.sampled_from("ABCxyz019-_"))
    changed = token[:place] + sign + token[place + 1 :]
    assert changed == token or read_leaving_token(changed, KEYS.get) is None


def test_an_address_hashes_the_same_in_any_case_and_differently_under_another_key():
    assert address_hash(" Ada@Example.org ", b"k") == address_hash("ada@example.org", b"k")
    assert address_hash("ada@example.org", b"k") != address_hash("ada@example.org", b"other")


def test_an_id_on_the_wire_depends_on_kind_number_and_key():
    ids = {wire_id(kind, number, key) for kind in "de" for number in (1, 2) for key in (b"a", b"b")}
    assert len(ids) == 8


def test_an_id_on_the_wire_is_read_by_any_of_our_keys_and_nothing_else_is():
    keys = [b"old" * 11, b"new" * 11]
    for key in keys:
        assert read_wire_id("d", wire_id("d", 4711, key), keys) == 4711
    good = wire_id("d", 4711, keys[0])
    others = [wire_id("d", 4711, b"x" * 33), wire_id("e", 4711, keys[0]), good[:-1], good.replace("4711", "4712")]
    for text in (
        *others,
        good.upper(),
        "d04711" + good[5:],
        "",
        "d-",
        "d٣-x",
        "d1-ä",
        "d" + "9" * 5000 + "-x",
        " " + good,
    ):
        assert read_wire_id("d", text, keys) is None


@given(st.integers(0, 10**15), st.binary(max_size=200))
def test_an_id_on_the_wire_is_the_hmac_that_everybody_knows(number, key):
    mac = hmac.new(key, f"d:{number}".encode(), hashlib.sha256).hexdigest()
    assert wire_id("d", number, key) == f"d{number}-{mac[:20]}"


PURPOSES = ("confirm", "access", "move")
READERS = [*(partial(read_link_token, purpose, 3, key_of=KEYS.get) for purpose in PURPOSES)]
READERS.append(partial(read_leaving_token, key_of=KEYS.get))


def forged(count: int) -> Iterator[tuple[int, str]]:
    """Yield tokens that nobody made, each with the number of the reader that would come nearest to taking it.

    Of our own with a sign changed, cut off or added, of a wrong key, and of noise.
    """
    rng = random.Random(8)
    signs = string.ascii_letters + string.digits + "-_"
    own = [link_token(purpose, (812, 3, 1_795_000_000), "k1", KEYS["k1"]) for purpose in PURPOSES]
    own.append(leaving_token(812, 3, "k1", KEYS["k1"]))
    for number in range(count):
        nearest = number % len(own)
        token, place = own[nearest], rng.randrange(len(own[nearest]))
        kind = number % 5
        if kind == 0:
            yield nearest, token[:place] + rng.choice(signs.replace(token[place], "")) + token[place + 1 :]
        elif kind == 1:
            yield nearest, token[:place]
        elif kind == 2:
            yield nearest, token + rng.choice(signs)
        elif kind == 3:
            yield nearest, link_token((*PURPOSES, "leave")[nearest], (number, 3, 1_795_000_000), "k1", b"x" * 32)
        else:
            yield nearest, "".join(rng.choices(signs, k=place + 1))


def test_of_a_hundred_thousand_forged_tokens_none_is_ours():
    assert [token for nearest, token in forged(100_000) if READERS[nearest](token) is not None] == []


def test_a_token_is_good_for_its_own_purpose_alone():
    for number, purpose in enumerate(PURPOSES):
        token = link_token(purpose, (812, 3, 1_795_000_000), "k1", KEYS["k1"])
        assert [read(token) is not None for read in READERS[:3]] == [number == each for each in range(3)]
        assert READERS[3](token) is None
