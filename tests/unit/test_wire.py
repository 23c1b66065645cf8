"""A connection goes to the address that was checked, and believes only the certificate of the name asked for."""

from __future__ import annotations

import pytest

from publisher.errors import SourceError
from publisher.sources.fetch import Fetcher
from publisher.wire import Gate
from tests.site import serving
from tests.tls import Authority, serving_securely

NAME = "news.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def fetcher(authority: Authority, *addresses: str, **options: str) -> Fetcher:
    """Return one that takes a loopback address for open, and this authority for the world's."""
    gate = Gate(
        allows=lambda address: address.startswith("127."),
        resolve=lambda host, port: list(addresses or ("127.0.0.1",)),
        **{"authorities": str(authority.file), **options},
    )
    return Fetcher("Publisher tests", timeout=2.0, total=4.0, gate=gate)


def named(url: str, name: str = NAME) -> str:
    return url.replace("127.0.0.1", name)


def refusal(url: str, reader: Fetcher) -> str:
    with pytest.raises(SourceError) as caught:
        reader.get(url)
    return str(caught.value)


def test_a_secure_connection_goes_to_the_checked_address_and_asks_for_the_name(authority):
    with serving_securely(authority.certificate(f"DNS:{NAME}")) as (site, asked_for):
        got = fetcher(authority).get(named(site.put("/feed", "from outside")))
    assert got.body == b"from outside"
    assert asked_for == [NAME]
    assert site.asked[0][1]["Host"] == named(site.address).removeprefix("https://")


def test_the_next_checked_address_is_tried_where_nothing_answers_at_the_first(authority):
    with serving_securely(authority.certificate(f"DNS:{NAME}")) as (site, asked_for):
        assert fetcher(authority, "127.0.0.2", "127.0.0.1").get(named(site.put("/feed", "x"))).body == b"x"
    assert asked_for == [NAME]


def test_a_secure_name_that_leads_inside_is_refused_before_anything_is_said(authority):
    with serving_securely(authority.certificate(f"DNS:{NAME}")) as (site, asked_for):
        said = refusal(named(site.put("/feed", "x")), fetcher(authority, "127.0.0.1", "10.0.0.1"))
    assert "own network" in said
    assert asked_for == []


@pytest.mark.parametrize(
    ("holder", "days", "why"),
    [
        ("DNS:other.example", 2, "it is for another name"),
        ("IP:127.0.0.1", 2, "it is for another name"),  # of the address alone: the name is what counts
        (f"DNS:{NAME}", -1, "it ran out"),
    ],
)
def test_a_certificate_that_is_not_the_names_own_is_refused(authority, holder, days, why):
    with serving_securely(authority.certificate(holder, days=days)) as (site, _):
        url = named(site.put("/feed?token=secret", "x"))
        said = refusal(url, fetcher(authority))
    where = url.replace("?token=secret", "?…")
    assert said == f"{where} has no valid certificate: {why}. Ask the site's technicians to mend it."
    assert site.asked == []


def test_a_certificate_that_nobody_vouches_for_is_refused(authority, tmp_path):
    other = Authority(tmp_path)
    with serving_securely(authority.certificate(f"DNS:{NAME}")) as (site, _):
        url = named(site.put("/feed", "x"))
        assert "it is vouched for by nobody who is known here" in refusal(url, fetcher(other))
        world = Gate(resolve=lambda host, port: ["127.0.0.1"])
        assert "vouched for by nobody" in refusal(url, Fetcher("t", timeout=2, allow_private=True, gate=world))
    assert site.asked == []


def test_a_source_in_the_own_network_needs_a_certificate_as_any_other(authority):
    with serving_securely(authority.certificate("DNS:other.example")) as (site, _):
        said = refusal(named(site.put("/feed", "x")), fetcher(authority).allowing_private())
    assert "it is for another name" in said


def test_a_server_without_https_is_said_to_be_one(authority):
    with serving() as site:
        said = refusal(named(site.put("/feed", "x")).replace("http:", "https:"), fetcher(authority))
    assert "speaks no https that can be understood" in said
