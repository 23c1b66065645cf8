"""The ring of keys: made once, kept, never shown."""

import json
import re
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from publisher.config.keys import PURPOSES, KeyRing
from publisher.errors import ConfigError
from publisher.model.tokens import leaving_token, read_leaving_token


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.json"


def test_a_ring_that_is_loaded_has_the_keys_that_were_made(path):
    made = KeyRing.create(path)
    loaded = KeyRing.load(path)
    for purpose in PURPOSES:
        key_id, key = loaded.current(purpose)
        assert (key_id, key) == made.current(purpose)
        assert loaded.by_id(purpose, key_id) == key
        assert len(key) == 32
    assert len({loaded.current(purpose)[1] for purpose in PURPOSES}) == len(PURPOSES)


def test_the_file_is_readable_by_its_owner_alone(path):
    ring = KeyRing.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not ring.is_readable_by_others()
    path.chmod(0o644)
    assert ring.is_readable_by_others()


def test_a_ring_is_never_replaced(path):
    KeyRing.create(path)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="there is a key file already"):
        KeyRing.create(path)
    assert path.read_bytes() == before


def test_a_missing_file_says_what_it_costs(path):
    with pytest.raises(
        ConfigError, match=r"keys\.json: the key file is missing\. Restore it from your backup: without it no unsub"
    ):
        KeyRing.load(path)


def test_a_retired_key_still_verifies_and_signs_nothing(path):
    ring = KeyRing.create(path)
    old_id, old = ring.current("link")
    token = leaving_token(7, 3, old_id, old)
    rotated = ring.rotate("link", lambda: datetime(2026, 11, 24, tzinfo=UTC))
    assert rotated.current("link")[0] == "2"
    assert rotated.current("wire") == ring.current("wire")
    reloaded = KeyRing.load(path)
    assert reloaded.current("link") == rotated.current("link")
    assert read_leaving_token(token, lambda key_id: reloaded.by_id("link", key_id)) == (7, 3)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def without_credentials(path):
    """Make the file as it was before there were credentials."""
    KeyRing.create(path)
    said = json.loads(path.read_text())
    said["keys"] = [key for key in said["keys"] if key["purpose"] != "credentials"]
    path.write_text(json.dumps(said))


def test_an_older_file_has_a_key_for_credentials_and_stays_as_it_is(path):
    without_credentials(path)
    before = path.read_bytes()
    ring = KeyRing.load(path)
    key_id, key = ring.current("credentials")
    assert KeyRing.load(path).current("credentials") == (key_id, key)  # on every start, wherever the file is copied to
    assert path.read_bytes() == before
    suppression = ring.current("suppression")[1]
    derived = HKDF(algorithm=SHA256(), length=32, salt=b"publisher", info=b"credentials").derive(suppression)
    assert (key_id, key) == ("0", derived)


def test_the_derived_key_of_an_older_file_is_kept_when_the_ring_is_rotated(path):
    without_credentials(path)
    old = KeyRing.load(path).current("credentials")
    rotated = KeyRing.load(path).rotate("credentials")
    assert rotated.current("credentials")[0] == "1"
    assert KeyRing.load(path).by_id("credentials", "0") == old[1]
    assert KeyRing.load(path).current("credentials") == rotated.current("credentials")


def test_an_id_that_nobody_made_has_no_key(path):
    assert KeyRing.create(path).by_id("link", "9") is None


def test_the_suppression_key_is_never_rotated(path):
    with pytest.raises(ConfigError, match="never rotated"):
        KeyRing.create(path).rotate("suppression")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "[]",
        lambda text: text[:100],
        lambda text: text.replace("wire", "other"),
        lambda text: text.replace('"id": "1"', '"id": "x.y"'),
        lambda text: re.sub('"key": "....', '"key": "', text),
        lambda text: json.dumps({"keys": json.loads(text)["keys"] * 2}),
        lambda text: json.dumps({"keys": [1]}),
        lambda text: "[" * 100_000,
    ],
)
def test_a_damaged_file_is_refused_and_not_repeated(path, damage):
    KeyRing.create(path)
    secret = json.loads(path.read_text())["keys"][0]["key"]
    path.write_text(damage(path.read_text()))
    with pytest.raises(ConfigError, match="the key file is damaged") as caught:
        KeyRing.load(path)
    assert secret[4:] not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_repr_shows_no_key(path):
    assert repr(KeyRing.create(path)) == "KeyRing(link 1, wire 1, suppression 1, credentials 1)"
    assert repr(KeyRing.create(path.with_name("other"))._keys[0]).count("secret") == 0
