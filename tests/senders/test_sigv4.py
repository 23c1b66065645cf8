"""Amazon's signature, against a known answer; tests/senders/oracle/test_ses.py has botocore sign the same requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from publisher.senders.sigv4 import Credentials, signed

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OURS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-west-1", "ses")
URL = "https://email.eu-west-1.amazonaws.com/v2/email/outbound-bulk-emails"


def test_the_signature_is_the_known_answer():
    headers = signed(b'{"a":1}', URL, OURS, AT)
    assert headers["X-Amz-Date"] == "20260102T030405Z"
    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/ses/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=2669cb8013c81d34501e79a3a6a06c83f78829b244cb150e86d116d82712b8c0"
    )


def test_the_moment_is_signed_in_utc_wherever_the_machine_is():
    east = AT.astimezone(timezone(timedelta(hours=9)))
    assert signed(b"", URL, OURS, east) == signed(b"", URL, OURS, AT)


def test_a_session_token_is_signed_along():
    passing = Credentials(OURS.key_id, OURS.secret, OURS.region, OURS.service, token="t0ken")
    headers = signed(b"", URL, passing, AT)
    assert headers["X-Amz-Security-Token"] == "t0ken"
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token" in headers["Authorization"]
    assert headers["Authorization"] != signed(b"", URL, OURS, AT)["Authorization"]


def test_credentials_never_show_their_secrets():
    assert "EXAMPLEKEY" not in repr(OURS)
