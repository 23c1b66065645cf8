"""Signatures by the reference's own vector, and what they cover."""

from datetime import UTC, datetime

from publisher.senders.oauth1 import Keys, authorization

KEYS = Keys("ck", "cs", "tk", "ts")
AT = datetime.fromtimestamp(1_767_225_600, UTC)
URL = "https://api.x.com/2/tweets"


def test_the_signature_is_the_one_that_others_compute() -> None:
    said = authorization(KEYS, "POST", URL, AT, "abc123nonce")
    assert said == (
        'OAuth oauth_consumer_key="ck", oauth_nonce="abc123nonce", oauth_signature_method="HMAC-SHA1", '
        'oauth_timestamp="1767225600", oauth_token="tk", oauth_version="1.0", '
        'oauth_signature="JmOvNoK%2BkuS0rGmysDkgmYN0LUo%3D"'
    )


def test_method_query_and_secrets_are_signed() -> None:
    said = {
        authorization(keys, method, url, AT, "n")
        for keys, method, url in (
            (KEYS, "GET", URL),
            (KEYS, "POST", URL),
            (KEYS, "GET", f"{URL}?a=1%202"),
            (KEYS, "GET", f"{URL}?a=1"),
            (Keys("ck", "cs", "tk", "other"), "GET", URL),
        )
    }
    assert len(said) == 5


def test_a_nonce_is_used_once_and_no_secret_is_shown() -> None:
    assert authorization(KEYS, "GET", URL, AT) != authorization(KEYS, "GET", URL, AT)
    assert "ts" not in repr(KEYS)
