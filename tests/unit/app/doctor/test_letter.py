"""A received letter: is it signed so that a mail program may offer to leave with one click, and lead to us."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.app.doctor.letter import Letter, look
from publisher.errors import UsageError
from tests.unit.app.doctor.ward import BOTH, PUBLIC, SIGNED, SPARKPOST, letter, link, patient, project

POST = "List-Unsubscribe-Post"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return project(tmp_path_factory.mktemp("project"))


def found(tmp_path, app, **headers):
    return list(look(patient(app), letter(tmp_path, app, **headers)))


def trouble(tmp_path, app, **headers) -> list[str]:
    return [str(each) for each in found(tmp_path, app, **headers) if each.level != "ok"]


def test_a_letter_as_it_should_be_is_fine(tmp_path, app):
    assert [(each.level, each.about) for each in found(tmp_path, app)] == [
        ("ok", "signature of the letter"),
        ("ok", "List-Unsubscribe"),
        ("ok", "List-Unsubscribe-Post"),
    ]


def test_no_finding_shows_the_link_by_which_a_reader_leaves(tmp_path, app):
    token = link(app).rpartition("/")[2]
    assert all(token not in str(each) for each in found(tmp_path, app))
    other = f"<https://elsewhere.example/u/{token}>"
    assert all(token not in str(each) for each in found(tmp_path, app, List_Unsubscribe=other))


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"DKIM_Signature": None}, "it has no DKIM-Signature"),
        ({"DKIM_Signature": SIGNED.format(domain="provider.example", covers=BOTH)}, "signed by provider.example only"),
        (
            {"DKIM_Signature": SIGNED.format(domain="harbor.example", covers="Date")},
            f"d=harbor.example leaves out List-Unsubscribe, {POST}",
        ),
        (
            {"DKIM_Signature": SIGNED.format(domain="harbor.example", covers="list-unsubscribe")},
            f"d=harbor.example leaves out {POST}",
        ),
        (
            {"DKIM_Signature": SIGNED.format(domain="harbor.example", covers=BOTH) + "; l=20"},
            "only the letter's beginning",
        ),
        ({"List_Unsubscribe": None}, "List-Unsubscribe: it isn't there"),
        ({"List_Unsubscribe": "<mailto:leave@harbor.example>"}, "it names 0 https addresses"),
        ({"List_Unsubscribe": "<https://a.example/1>, <https://a.example/2>"}, "it names 2 https addresses"),
        ({"List_Unsubscribe": "<https://provider.example/u/1>"}, "it leads to provider.example, and not to our page"),
        ({"List_Unsubscribe": f"<{PUBLIC}/u/made-up>"}, "not to our page"),
        ({"List_Unsubscribe_Post": None}, "List-Unsubscribe-Post: it isn't there"),
        ({"List_Unsubscribe_Post": "one-click"}, "it says one-click; RFC 8058 wants"),
        (
            {"From": "Other <news@other.example>"},
            "it is from other.example, and this channel writes from harbor.example",
        ),
    ],
)
def test_what_keeps_a_mail_program_from_offering_one_click(tmp_path, app, headers, says):
    assert says in "\n".join(trouble(tmp_path, app, **headers))


def test_the_best_of_several_signatures_counts(tmp_path, app):
    theirs, ours = (SIGNED.format(domain=domain, covers=BOTH) for domain in ("provider.example", "harbor.example"))
    poor = SIGNED.format(domain="harbor.example", covers="Date")
    three = f"{theirs}\r\nDKIM-Signature: {poor}\r\nDKIM-Signature: {ours}"
    assert trouble(tmp_path, app, DKIM_Signature=three) == []


def test_a_provider_that_forces_its_own_header_is_a_note_with_what_to_ask_for(tmp_path):
    app = project(tmp_path, **SPARKPOST)
    own = letter(tmp_path, app, List_Unsubscribe="<https://spark.example/x>", List_Unsubscribe_Post=None)
    notes = [each for each in look(patient(app), own) if each.level != "ok"]
    assert [each.level for each in notes] == ["note", "note"]
    assert all("ask its support" in each.remedy for each in notes)


@pytest.mark.parametrize(
    "content", [b"", b"no letter at all", b"\xff\xfe\x00", b"Subject: x\r\n\r\nFrom: me@x.example"]
)
def test_what_is_no_letter_is_refused(tmp_path, content):
    path = tmp_path / "no.eml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="no letter"):
        Letter.read(path)
    with pytest.raises(UsageError, match="can't be read"):
        Letter.read(tmp_path / "missing.eml")


# All examples write the same file anew, so that one folder for them is no trouble.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["DKIM-Signature", "List-Unsubscribe", POST, "Return-Path"]), max_size=4),
    st.binary(max_size=60),
)
def test_no_letter_is_so_odd_that_nothing_can_be_said_of_it(tmp_path, app, names, value):
    path = tmp_path / "odd.eml"
    odd = b"".join(name.encode() + b": " + value.replace(b"\n", b"").replace(b"\r", b"") + b"\r\n" for name in names)
    path.write_bytes(b"From: a@harbor.example\r\n" + odd + b"\r\nx")
    received = Letter.read(path)
    assert all(str(each) for each in look(patient(app, received), received))
    assert received.bounces == received.bounces.lower()
