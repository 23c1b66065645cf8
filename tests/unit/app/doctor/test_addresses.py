"""Our own addresses: they answer under the public name, at once, with a certificate that is believed."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from publisher.app.doctor import addresses
from publisher.app.doctor.finding import Unseen
from publisher.app.doctor.web import Web
from tests.site import serving
from tests.tls import Authority, serving_securely
from tests.unit.app.doctor.ward import PUBLIC, patient, project
from tests.unit.app.project import edit
from tests.unit.web.ledger import served

LEAVING, EVENTS = "/u/doctor", "/webhooks/letters"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return project(tmp_path_factory.mktemp("project"))


def looked_at(app, public_url: str, web: Web):
    app.project = replace(app.project, publication=replace(app.project.publication, public_url=public_url))
    one = patient(app, web=web)
    return [*addresses.look_at_leaving(one), *addresses.look_at_webhook(one)]


def say_so(site, *paths: str) -> None:
    for path in paths:
        site.put(path, "x", "text/html", Referrer_Policy="no-referrer")


def test_what_publisher_itself_serves_is_fine(tmp_path):
    app = project(tmp_path)
    with served(app, tmp_path) as site:
        edit(tmp_path, (PUBLIC, site.url))
        one = patient(type(app).open(tmp_path), web=Web())
        told = [*addresses.look_at_leaving(one), *addresses.look_at_webhook(one)]
    assert [(each.level, each.about) for each in told] == [
        ("trouble", "the leaving page"),  # this machine's own address is none that a reader could follow
        ("ok", "the leaving page"),
        ("ok", "leaving with one click"),
        ("ok", "the address for events"),
    ]


def test_a_certificate_that_is_believed_is_fine_and_another_is_trouble(app, authority):
    with serving_securely(authority.certificate("IP:127.0.0.1")) as (site, _):
        say_so(site, LEAVING, EVENTS)
        *_, page, click, events = looked_at(app, site.address, Web(str(authority.file)))
        assert [each.level for each in (page, click, events)] == ["ok"] * 3
        assert [path for path, _ in site.asked] == [LEAVING, LEAVING, EVENTS]
        page = looked_at(app, site.address, Web())[1]
    assert page.level == "trouble"
    assert "its certificate is not believed: " in page.said


def test_a_certificate_of_another_name_or_of_yesterday_is_trouble(authority):
    for holder, days in (("DNS:other.example", 2), ("IP:127.0.0.1", -1)):
        with serving_securely(authority.certificate(holder, days=days)) as (site, _):
            said = Web(str(authority.file)).ask("GET", site.url(LEAVING))
        assert said.fault == "certificate"
        assert said.words


@pytest.mark.parametrize(
    ("status", "headers", "level", "says"),
    [
        (
            301,
            {"Location": "https://www.harbor.example/u/doctor?secret=1"},
            "trouble",
            "leads on to www.harbor.example",
        ),
        (308, {"Location": "/u/doctor/"}, "trouble", "leads on to another address"),
        (421, {}, "trouble", "pass the Host"),
        (404, {}, "trouble", "pass /u/ to it"),
        (502, {}, "trouble", "HTTP 502"),
        (200, {}, "note", "perhaps not from Publisher"),
        (200, {"Referrer-Policy": "no-referrer"}, "ok", "no redirect"),
    ],
)
def test_what_an_address_answers(app, status, headers, level, says):
    with serving() as site:
        site.status(LEAVING, status, **headers)
        site.status(EVENTS, status, **headers)
        _, page, click, _ = looked_at(app, site.address, Web())
    assert (page.level.value, click.level.value) == (level, level)
    assert says in str(page)
    assert "secret" not in str(page)


def test_where_nobody_listens_that_is_said(app):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        page = looked_at(app, f"http://127.0.0.1:{free.getsockname()[1]}", Web())[1]
    assert (page.level, page.said) == ("trouble", "nobody listens there")


def test_a_name_that_leads_nowhere_from_here_can_not_be_told():
    with pytest.raises(Unseen, match="can't be reached from here"):
        Web().ask("GET", "https://no-such-host.invalid/u/doctor")


def test_without_a_public_address_readers_can_not_leave(app):
    (only,) = looked_at(app, "", Web())
    assert (only.level, only.said) == ("trouble", "no `public_url` is set")
