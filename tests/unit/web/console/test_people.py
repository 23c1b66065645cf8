"""The pages of people: everybody's own, and an admin's of all."""

from __future__ import annotations

import re

import pytest
import requests

from publisher.app import staff, tokens
from publisher.model.staff import May, Role
from publisher.store import staff as ledger
from publisher.web.console import people
from tests.unit.app.test_staff import WORDS, join
from tests.unit.web.browsers import Browser, sign_in

OTHER = "other words of mine"


def secret_on(page: str) -> str:
    found = re.search(r'<input type="text" value="([^"]+)" readonly', page)
    assert found is not None, page
    return found[1]


def ask(site, token: str, path: str, said: object = None):
    headers = {"Authorization": f"Bearer {token}"}
    if said is None:
        return requests.get(f"{site.url}/api/v1{path}", headers=headers, timeout=10)
    return requests.post(f"{site.url}/api/v1{path}", json=said, headers=headers, timeout=10)


def test_while_nobody_signs_in_the_page_says_how_to_begin(own_site):
    page = requests.get(f"{own_site.url}/people", timeout=10).text
    assert "publisher staff add NAME --role admin" in page and 'method="post"' not in page
    assert requests.get(f"{own_site.url}/people/me", timeout=10).url.endswith("/people")


def test_an_admin_lets_somebody_in_who_chooses_their_password_by_a_link_shown_once(own_site, member_of):
    boss = member_of(Role.ADMIN)
    made = boss.do("/people/add", name="ben", role="approver")
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    link = secret_on(made.text)
    assert link.startswith(f"{own_site.url}/welcome/")
    assert "publisher-said" not in made.headers.get("set-cookie", "") and "location" not in made.headers
    assert link not in boss.get("/people/ben").text + boss.get("/people").text
    with Browser("") as ben:
        assert ben.post(link, data={"password": WORDS}).status_code == 303
        assert ben.get(f"{own_site.url}/people/me").status_code == 200
    assert "approver" in boss.get("/people/ben").text


def test_nobody_comes_in_under_a_name_that_cannot_be_or_is_taken(member_of):
    boss = member_of(Role.ADMIN)
    for name in ("", "me", "Ben!", "<script>", "b" * 41, "admin"):
        page = boss.said("/people/add", name=name, role="editor")
        assert 'role="alert"' in page and "<script>" not in page, name


def test_another_role_a_new_link_and_the_end_are_the_admins_to_say(own_site, member_of):
    boss, ben = member_of(Role.ADMIN), member_of(Role.EDITOR, "ben")
    assert "ben is operator from now on" in boss.said("/people/ben/role", role="operator")
    assert ben.get("/people/me").status_code == 303
    sign_in(ben, "ben")
    assert "/welcome/" in secret_on(boss.do("/people/ben/link").text)
    assert "has a link to choose a password" in boss.get("/people/ben").text
    assert "ben works here no more" in boss.said("/people/ben/let-go")
    assert ben.get("/people/me").status_code == 303
    assert "works here no more, since" in boss.get("/people/ben").text
    assert "only admin is admin" not in boss.said("/people/admin/role", role="admin")


def test_the_last_admin_stays_one(member_of):
    boss = member_of(Role.ADMIN)
    member_of(Role.EDITOR, "ben")
    for path, said in (("/people/me/role", {"role": "editor"}), ("/people/admin/let-go", {})):
        assert "The only admin is admin" in boss.said(path, **said)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.OPERATOR])
def test_others_see_and_do_their_own_alone(own_site, member_of, role):
    member_of(Role.ADMIN, "boss")
    browser = member_of(role)
    assert browser.get("/people").headers["location"] == "/people/me"
    assert browser.get("/people/boss").status_code == browser.get("/people/nobody").status_code == 403
    for path in ("boss/role", "boss/link", "boss/unlock", "boss/let-go", "boss/sign-out", "nobody/sign-out", "add"):
        fields = {"role": {"role": "admin"}, "add": {"name": "eve"}}.get(path.rpartition("/")[2], {})
        assert browser.do(f"/people/{path}", **fields).status_code == 403, path
    assert "Let somebody work here" not in browser.get("/people/me").text
    with own_site.app.store.read() as conn:
        assert [each.name for each in ledger.every(conn)] == sorted(["boss", role.value])


def test_a_form_of_another_session_does_nothing(member_of):
    ben = member_of(Role.EDITOR, "ben")
    old = ben.form_token
    sign_in(ben, "ben")
    for path in ("/people/me/sign-out", "/people/me/tokens", "/people/me/password", "/tokens/1/end"):
        said = {"csrf_token": old, "name": "x", "present": WORDS, "password": OTHER}
        assert ben.post(path, data=said).status_code == 403


def test_sessions_are_shown_and_ended(member_of):
    ben = member_of(Role.EDITOR, "ben")
    with Browser(ben._base) as phone, Browser(ben._base) as desk:
        sign_in(phone, "ben")
        sign_in(desk, "ben")
        page = ben.get("/people/me").text
        names = re.findall(r'name="session" value="([0-9a-f]{16})"', page)
        assert len(names) == 3 and page.count("now: this browser") == 1  # the invitation's, the phone's and the desk's
        assert "signed out there" in ben.said("/people/me/sign-out", session=names[0])
        assert "no such session any more" in ben.said("/people/me/sign-out", session=names[0])
        assert "signed out in 2 places" in ben.said("/people/me/sign-out")
        assert phone.get("/people/me").status_code == desk.get("/people/me").status_code == 303
    assert ben.get("/people/me").status_code == 200


def test_an_admin_signs_somebody_out_everywhere(member_of):
    boss, ben = member_of(Role.ADMIN), member_of(Role.EDITOR, "ben")
    assert "ben was signed out in 2 places" in boss.said("/people/ben/sign-out")
    assert ben.get("/people/me").status_code == 303
    assert boss.get("/people/ben").status_code == 200


def test_ones_own_password_is_changed_by_whoever_knows_the_present_one(member_of, monkeypatch):
    monkeypatch.setattr(people, "GUESSES", 3)
    ben = member_of(Role.EDITOR, "ben")
    with Browser(ben._base) as phone:
        sign_in(phone, "ben")
        assert "present password is wrong" in ben.said("/people/me/password", present="x", password=OTHER)
        assert phone.get("/people/me").status_code == 200
        page = ben.said("/people/me/password", present=WORDS, password=f" {OTHER}")
        assert "Your password is another one now" in page and OTHER not in page
        assert (ben.get("/people/me").status_code, phone.get("/people/me").status_code) == (200, 303)
        assert sign_in(phone, "ben", OTHER).status_code == 403  # a blank at its beginning is part of it
        assert sign_in(phone, "ben", f" {OTHER}").status_code == 303
    said = [ben.said("/people/me/password", present="guess", password=OTHER) for _ in range(3)]
    assert "Too many tries: wait" in said[-1]


def test_passwords_stand_in_no_answer_and_no_log(own_site, member_of, capfd):
    ben = member_of(Role.EDITOR, "ben")
    said = {"present": "present-secret", "password": "new-secret-" + "x" * 300}
    page = ben.said("/people/me/password", **said)
    token = tokens.add(own_site.app, "ben", "x", [])
    page += ask(own_site, token, "/people/me/password", said).text
    page += ask(own_site, token, "/people/me/password", {**said, "more": "more-secret"}).text
    assert "-secret" not in page + "".join(capfd.readouterr())


def test_a_lock_out_is_shown_to_admins_and_lifted(own_site, member_of):
    boss, ben = member_of(Role.ADMIN), member_of(Role.EDITOR, "ben")
    with Browser(own_site.url) as eve:
        assert [sign_in(eve, "ben", "wrong").status_code for _ in range(5)][-1] == 429
        assert ben.get("/people/me").status_code == 200  # who is signed in stays it
        assert "Too many wrong passwords" in boss.get("/people").text
        assert "Too many wrong passwords" in boss.get("/people/ben").text
        assert sign_in(eve, "ben").status_code == 429
        assert "Passwords for ben are looked at again" in boss.said("/people/ben/unlock")
        assert sign_in(eve, "ben").status_code == 303


def test_a_token_is_made_shown_once_used_and_ended(own_site, member_of):
    ben = member_of(Role.APPROVER, "ben")
    page = ben.get("/people/me").text
    assert 'value="approve"' in page and 'value="operate"' not in page
    made = ben.do("/people/me/tokens", name="the <b>CMS</b>", scopes=["edit"], days="30")
    token = secret_on(made.text)
    assert token.startswith("pub_") and "set-cookie" not in made.headers
    page = ben.get("/people/me").text
    assert token not in page and "the &lt;b&gt;CMS&lt;/b&gt;" in page and "edit, look" in page
    assert ask(own_site, token, "/me").json() == {"name": "ben", "role": "approver", "may": ["look", "edit"]}
    assert "Token 1 has ended" in ben.said("/tokens/1/end")
    assert ask(own_site, token, "/me").status_code == 401


def test_admins_see_and_end_everybodys_tokens(own_site, member_of):
    boss, ben = member_of(Role.ADMIN), member_of(Role.EDITOR, "ben")
    tokens.add(own_site.app, "admin", "of the boss", [])
    tokens.add(own_site.app, "ben", "of ben", [])
    assert "of ben" in boss.get("/people").text and "of ben" in boss.get("/people/ben").text
    assert ben.do("/tokens/1/end").status_code == ben.do("/tokens/999/end").status_code == 403
    assert "of the boss" not in ben.get("/people/me").text
    assert boss.do("/tokens/2/end").headers["location"] == "/people/ben"


def test_a_token_that_cannot_be_is_refused_in_words(member_of):
    ben = member_of(Role.EDITOR, "ben")
    names = ({"name": each} for each in ("", "x" * 101, "x\0"))
    more = ({"scopes": ["operate"]}, {"scopes": ["everything"]}, {"days": "0"}, {"days": str(2**63)})
    for said in (*names, *({"name": "x", **each} for each in more)):
        assert 'role="alert"' in ben.said("/people/me/tokens", **said), said
    assert "There is none." in ben.get("/people/me").text


def test_the_interface_tells_and_does_the_same(own_site):
    join(own_site.app, "boss", Role.ADMIN)
    join(own_site.app, "ben")
    boss = tokens.add(own_site.app, "boss", "x", list(May))
    made = ask(own_site, boss, "/people/add", {"name": "zoe"}).json()
    assert made["secret"].startswith(f"{own_site.url}/welcome/")
    listed = ask(own_site, boss, "/people?limit=2").json()
    assert ([each["name"] for each in listed["items"]], bool(listed["after"])) == (["ben", "boss"], True)
    rest = ask(own_site, boss, f"/people?limit=2&after={listed['after']}").json()
    assert ([each["name"] for each in rest["items"]], rest["after"]) == (["zoe"], "")
    assert rest["items"][0] | {"link_until": "", "since": ""} == {
        "name": "zoe",
        "role": "editor",
        "since": "",
        "until": None,
        "has_password": False,
        "link_until": "",
        "locked_until": None,
        "sessions": 0,
        "seen_at": None,
    }
    (session,) = ask(own_site, boss, "/people/ben/sessions").json()["items"]
    assert ask(own_site, boss, "/people/ben/sign-out", {"session": session["name"]}).status_code == 200
    assert ask(own_site, boss, "/people/ben/sessions").json() == {"items": [], "after": ""}
    own = ask(own_site, boss, "/people/me/tokens", {"name": "second", "scopes": ["manage"]}).json()["secret"]
    newest = ask(own_site, own, "/tokens?limit=1").json()
    older = ask(own_site, own, f"/people/me/tokens?after={newest['after']}").json()
    assert [each["name"] for each in newest["items"] + older["items"]] == ["second", "x"]
    assert ask(own_site, boss, "/people/nobody").status_code == 404
    bens = tokens.add(own_site.app, "ben", "x", [])
    assert ask(own_site, bens, "/people/me").json()["name"] == "ben"
    assert ask(own_site, bens, "/people/me/sessions").status_code == 200
    for path in ("/people", "/people/boss", "/people/nobody", "/tokens"):
        assert ask(own_site, bens, path).status_code == 403
    staff.end(own_site.app, "ben", "cli:test")
    assert ask(own_site, boss, "/people/ben/sessions").json() == {"items": [], "after": ""}
