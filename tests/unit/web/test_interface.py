"""The interface as a whole: what describes it, and that whatever is sent to it is answered in JSON and is no fault."""

from __future__ import annotations

import json

import pytest
import requests

from publisher.app import tokens
from publisher.model.staff import May, Role
from publisher.web import door
from publisher.web.acts import REFUSALS
from publisher.web.fitness import LARGEST, unfit
from tests.unit.app.test_staff import join
from tests.unit.web.browsers import quick_passwords
from tests.unit.web.ledger import open_project, served

OLDER = {"/api/articles": "source", "/api/articles/{key}": "source", "/api/subscriptions": ""}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A console with an admin, and a token of theirs."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch, served(open_project(folder), folder) as site:
        quick_passwords(patch)
        join(site.app, "boss", Role.ADMIN)
        yield site, tokens.add(site.app, "boss", "test", list(May))


@pytest.fixture(scope="module")
def described(told):
    return requests.get(f"{told[0].url}/api/openapi.json", timeout=30).json()


def operations(described):
    return [(path, method, each) for path, found in described["paths"].items() for method, each in found.items()]


def ask(told, method: str, path: str, body: bytes | None = None, kind: str = "application/json", **headers: str):
    site, token = told
    said = {"Authorization": f"Bearer {token}", "Content-Type": kind, **headers}
    return requests.request(method, f"{site.url}{path}", data=body, headers=said, timeout=30)


def test_every_operation_is_described_in_full_and_nothing_but_the_interface_is(described):
    found = operations(described)
    assert len({each["operationId"] for _, _, each in found}) == len(found)
    for path, method, each in found:
        where = f"{method} {path}"
        assert path.startswith("/api/v1/") or path in OLDER, where
        assert each["summary"] and len(each["tags"]) == 1, where
        good = [status for status in each["responses"] if status.startswith("2")]
        assert good, where
        for status, answer in each["responses"].items():
            schema = answer["content"]["application/json"]["schema"]
            shape = schema.get("$ref") or schema.get("items", {}).get("$ref", "")
            assert shape, f"{where} {status}: {schema}"
            assert status in good or shape.endswith("/Refused"), f"{where} {status}"
        if path not in OLDER:
            assert {str(status) for status in REFUSALS} <= set(each["responses"]), where
            assert each["security"] == [{"token": []}], where
        else:
            assert each["security"] == ([{OLDER[path]: []}] if OLDER[path] else []), where
    assert set(described["components"]["securitySchemes"]) == {"token", "source"}
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_what_is_described_is_there_without_a_token_and_in_one_shape(told, described):
    assert described["openapi"].startswith("3.1")
    assert requests.get(f"{told[0].url}/api/openapi.json", timeout=10).json() == described


def test_a_method_that_an_address_does_not_know_is_answered_with_those_that_it_does(told):
    for path, methods in (("/api/v1/me", "GET"), ("/api/v1/people/add", "GET, POST"), ("/api/v1/tokens/1/end", "POST")):
        answer = ask(told, "DELETE", path)
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)
        assert "can’t be done here" in answer.json()["error"]
    unsigned = requests.delete(f"{told[0].url}/api/v1/me", timeout=10)
    assert unsigned.status_code in (401, 429)


DEEP = b'{"name":' * 20_000 + b"1" + b"}" * 20_000
BODIES = {
    "no JSON": b"{",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "text": b'"x"',
    "deep": DEEP,
    "deep list": b'{"name": "x", "scopes": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "NaN": b'{"name": "x", "days": NaN}',
    "endless": b'{"name": "x", "days": 1e999}',
    "too large a number": b'{"name": "x", "days": 9223372036854775808}',
    "a number of 10,000 digits": b'{"name": "x", "days": ' + b"9" * 10_000 + b"}",
    "half of a pair": b'{"name": "\\ud800"}',
    "half of a pair as a key": b'{"name": "x", "\\udfff": 1}',
    "NUL": b'{"name": "a\\u0000b"}',
    "no UTF-8": b'{"name": "\xff"}',
    "another encoding": '{"name": 1}'.encode("utf-16"),
    "another field": b'{"name": "x", "more": 1}',
    "a field of another kind": b'{"name": {"x": 1}}',
    "too long": json.dumps({"name": "x" * 900_000}).encode(),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_a_body_that_cannot_be_meant_is_answered_in_json(told, body):
    answer = ask(told, "POST", "/api/v1/people/me/tokens", body)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"error"} and len(answer.json()["error"]) < 500


def test_a_body_of_another_kind_or_size_is_refused_and_nothing_is_made(told):
    good = b'{"name": "x"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data; boundary=x", "\xe9"):
        assert ask(told, "POST", "/api/v1/people/me/tokens", good, kind).status_code == 422
    huge = ask(told, "POST", "/api/v1/people/me/tokens", b" " * 1_100_000)
    assert (huge.status_code, "error" in huge.json()) == (413, True)
    found = ask(told, "GET", "/api/v1/tokens").json()
    assert (len(found["items"]), found["after"]) == (1, "")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/me?what=ever&limit=x", 200),
        ("/api/v1/tokens?limit=0", 422),
        ("/api/v1/tokens?limit=201", 422),
        ("/api/v1/tokens?limit=NaN", 422),
        ("/api/v1/people?after=%00", 400),
        ("/api/v1/people?after=%ed%a0%80", 400),
        (f"/api/v1/people?after={'x' * 1_001}", 422),
        ("/api/v1/people/%00", 404),
        ("/api/v1/people/%3Cscript%3E", 404),
        ("/api/v1/people/..%2f..%2fetc", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/", 404),
    ],
)
def test_an_address_that_cannot_be_meant_is_answered_in_json(told, path, status):
    answer = ask(told, "GET", path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert status == 200 or isinstance(answer.json()["error"], str)


def test_a_token_asks_so_often_a_minute_and_no_other_waits_for_it(told, monkeypatch):
    site, _ = told
    monkeypatch.setattr(door, "PER_MINUTE", 3)
    busy, calm = (tokens.add(site.app, "boss", name, []) for name in ("busy", "calm"))
    said = [ask((site, busy), "GET", "/api/v1/me") for _ in range(4)]
    assert [each.status_code for each in said] == [200, 200, 200, 429]
    assert int(said[-1].headers["retry-after"]) >= 1 and "error" in said[-1].json()
    assert ask((site, calm), "GET", "/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("said", "is_fit"),
    [
        ({"a": ["ü", 1, 1.5, None, True, LARGEST, -LARGEST, "\U0001f600"]}, True),
        ({"a": {"b": ["\0"]}}, False),
        ({"\ud800": 1}, False),
        ([{"a": ("\udc00",)}], False),
        ({"a": LARGEST + 1}, False),
        ({"a": float("nan")}, False),
        (float("-inf"), False),
    ],
)
def test_what_no_ledger_can_keep_is_found_however_deep(said, is_fit):
    assert (unfit(said) == "") is is_fit


def test_depth_costs_no_stack():
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert unfit(deep) == ""
