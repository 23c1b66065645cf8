"""Who may what: every address of the console and its interface is asked by everybody; and once more, below them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
import requests
from sqlalchemy import select

from publisher.app import tokens
from publisher.model.staff import LEAST, May, Role
from publisher.store import permission
from publisher.store.tables.columns import metadata
from publisher.testing import FakeProvider
from publisher.web import door
from publisher.web.door import is_outside
from publisher.web.server import make_app
from tests.unit.app.test_staff import join
from tests.unit.web.browsers import Browser, quick_passwords, sign_in, signed_in
from tests.unit.web.deeds import OTHER, Deed, all_deeds, newsroom
from tests.unit.web.ledger import Site, fill, open_project, served
from tests.unit.web.test_server import filled as address_of
from tests.unit.web.test_server import routes

# What is looked at by a role of its own; everything else that is behind the door, by everybody who is.
SEEN_BY = {
    "/people/{name}": May.MANAGE,
    "/api/v1/people": May.MANAGE,
    "/api/v1/people/{name}": May.MANAGE,
    "/api/v1/people/{name}/sessions": May.MANAGE,
    "/api/v1/people/{name}/tokens": May.MANAGE,
    "/api/v1/tokens": May.MANAGE,
    "/hooks": May.OPERATE,
    "/hooks/{hook_id}": May.OPERATE,
    "/hooks/{hook_id}/messages/{number}": May.OPERATE,
    "/audit.csv": May.OPERATE,
    "/channels/{name}/connect": May.OPERATE,
    "/api/v1/subscribers/{name}": May.OPERATE,
    "/api/v1/hooks": May.OPERATE,
    "/api/v1/hooks/{hook_id}": May.OPERATE,
    "/api/v1/hooks/{hook_id}/messages": May.OPERATE,
}
# Forms that are no acts: what each takes. The one for an article has a seal of its own: see test_desk.py.
FORMS = dict.fromkeys(
    (
        "/log",
        "/subscribers",
        "/suppressions/look",
        "/sign-out",
        "/api/v1/deliveries/search",
        "/api/v1/subscribers/find",
    ),
    May.LOOK,
)
FORMS |= dict.fromkeys(("/schedules/check", "/schedules/complete", "/api/v1/schedules/check"), May.EDIT)
FORMS |= dict.fromkeys(("/editions/{edition_id}/correct/look", "/breaking/look"), May.APPROVE)
FORMS |= dict.fromkeys((f"/channels/{{name}}/connect/{each}" for each in ("begin", "step", "leave")), May.OPERATE)
FORMS |= dict.fromkeys(("/log/export", "/subscribers/{name}/record"), May.OPERATE)
LOOKED_AT = ("/sign-out", "/hooks")  # while nobody works here these are seen, or do nothing
ADDING = ("POST", "/articles/new")
# Each may do it with what is their own; with that of others it takes this.
OF_OTHERS = {"/people/{name}/sign-out": May.MANAGE, "/tokens/{token_id}/end": May.MANAGE}
NOWHERE = {"name": "nobody"}  # in an address: a name that nothing has; numbers are too large
OWN = {"/people/me/password", "/people/me/tokens"}  # everybody's, whatever their role; a token of a role may neither


@pytest.fixture(scope="module")
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        quick_passwords(patch)
        patch.setattr(door, "PER_MINUTE", 10**6)
        patch.setattr(door, "WRONG_PER_MINUTE", 10**6)
        yield


@pytest.fixture(scope="module")
def staffed(quick, tmp_path_factory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("project")
    with served(open_project(folder), folder) as site:
        fill(site)
        join(site.app, OTHER, Role.EDITOR)
        tokens.add(site.app, OTHER, "theirs", [May.LOOK])
        yield site


@pytest.fixture(scope="module")
def browsers(staffed) -> Iterator[dict[Role, Browser]]:
    found = {role: signed_in(staffed.app, staffed.url, role) for role in Role}
    yield found
    for browser in found.values():
        browser.close()


@pytest.fixture(scope="module")
def programs(staffed, browsers) -> dict[str, str]:
    """Return a token for each role that reaches as far as it, and one of an admin that only looks."""
    return tokens_made(staffed)


def tokens_made(site: Site) -> dict[str, str]:
    scopes = {role: [what for what in May if reaches(role, what)] for role in Role}
    made = {role.value: tokens.add(site.app, role.value, "all", scopes[role]) for role in Role}
    made["looks"] = tokens.add(site.app, "admin", "looks", [May.LOOK])
    for token in made.values():
        tokens.who(site.app, token)  # it is seen: nothing more is written when it comes again
    return made


@pytest.fixture(scope="module")
def known(staffed) -> list[tuple[str, str, May]]:
    """Return method, address, and what it takes, of all that is behind the door: as the application has them."""
    acts = make_app(staffed.app, staffed.inbox).state.needed
    found = [(method, route.path) for route in routes(staffed.app, staffed.inbox) for method in sorted(route.methods)]
    behind = [(method, path) for method, path in found if not is_outside(filled(path), method)]
    return [(method, path, needed(acts, method, path)) for method, path in behind if (method, path) != ADDING]


def filled(path: str) -> str:
    own = {"name": OTHER} if "/people/" in path else {}
    return address_of(path, message_id="0" * 32, token="x", digest="0" * 64, **own)


def needed(acts: dict[str, May], method: str, path: str) -> May:
    """Return what an address takes; one that nobody has listed is a fault."""
    plain = path.removeprefix("/api/v1")
    if method in ("GET", "HEAD"):
        return SEEN_BY.get(path, May.LOOK)
    assert plain in acts or path in FORMS, f"{method} {path} is no act and isn't listed here: what does it take?"
    return OF_OTHERS.get(plain) or FORMS.get(path) or acts[plain]


def reaches(role: Role, what: May) -> bool:
    return list(Role).index(LEAST[what]) <= list(Role).index(role)


def is_refused(answer: requests.Response) -> bool:
    return answer.status_code in (401, 403) or answer.headers.get("location", "").startswith("/sign-in")


def by_form(browser: Browser, method: str, path: str) -> requests.Response:
    return browser.do(path) if method == "POST" else browser.request(method, path)


def by_token(site: Site, token: str, method: str, path: str, said: object = None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, site.url + path, headers=headers, json=said or {}, timeout=120)


def test_whoever_is_not_signed_in_sees_and_does_nothing(staffed, known):
    with Browser(staffed.url) as stranger:
        seen = [path for method, path, _ in known if not is_refused(stranger.request(method, filled(path)))]
    assert seen == []
    assert len(known) > 40


def test_while_nobody_works_here_everything_is_looked_at_and_nothing_done(known, tmp_path):
    with served(open_project(tmp_path), tmp_path) as site, Browser(site.url) as browser:
        fill(site)
        acts = make_app(site.app, site.inbox).state.needed
        for method, path, what in known:
            is_seen = what is May.LOOK and (method, path in acts) != ("POST", True) and not path.startswith("/api/")
            answer = browser.request(method, filled(path))
            assert is_refused(answer) is not is_seen or path.startswith(LOOKED_AT), f"{method} {path}"


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_and_does_what_is_its_own_and_nothing_else(browsers, known, role):
    for method, path, what in known:
        if path.startswith("/api/") or path == "/sign-out":
            continue
        answer = by_form(browsers[role], method, filled(path))
        assert is_refused(answer) is not reaches(role, what), f"{role}: {method} {path}: {answer.status_code}"
        assert answer.status_code < 500, f"{role}: {method} {path}"


@pytest.mark.parametrize("who", [*Role, "looks", ""])
def test_a_token_reaches_as_far_as_its_role_and_its_scopes(staffed, programs, known, who):
    for method, path, what in known:
        if not path.startswith("/api/"):
            continue
        answer = by_token(staffed, programs.get(who, ""), method, filled(path))
        may = what is May.LOOK if who == "looks" else who != "" and reaches(Role(who), what)
        is_nobodys = path.removeprefix("/api/v1") in OWN
        assert is_refused(answer) is not may or is_nobodys, f"{who}: {method} {path}: {answer.status_code}"
        assert answer.status_code < 500, f"{who}: {method} {path}"
        assert answer.headers["content-type"] in ("application/json", "application/x-ndjson", "text/csv; charset=utf-8")


def test_a_cookie_is_no_token(browsers, known):
    for method, path, _ in known:
        if path.startswith("/api/"):
            assert browsers[Role.ADMIN].request(method, filled(path), json={}).status_code == 401


# --- below the addresses ----------------------------------------------------------------------------------------------


def everything(site: Site) -> dict[str, object]:
    """Return all that the project keeps: the ledger's rows and the files."""
    with site.app.store.read() as conn:
        kept: dict[str, object] = {
            table.name: [tuple(row) for row in conn.execute(select(table))] for table in metadata.sorted_tables
        }
    files = (path for path in site.app.folder.rglob("*") if path.is_file() and "publisher.db" not in path.name)
    return kept | {str(path): path.read_bytes() for path in files}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was answered to a deed: to each whose role or scopes are too low, and then to the lowest whose are not."""

    deed: Deed
    what: May
    too_low: dict[str, requests.Response]
    changed_nothing: bool
    done: requests.Response


@pytest.fixture(scope="module")
def at_work(quick, tmp_path_factory) -> Iterator[Site]:
    with FakeProvider("mailpit") as inbox, newsroom(tmp_path_factory.mktemp("newsroom"), inbox.url) as site:
        for role in Role:
            join(site.app, role.value, role)
        yield site


@pytest.fixture(scope="module")
def admin(at_work) -> Iterator[Browser]:
    with Browser(at_work.url) as browser:
        sign_in(browser, "admin")
        yield browser


@pytest.fixture(scope="module")
def tokens_at_work(at_work) -> dict[str, str]:
    return tokens_made(at_work)


@pytest.fixture(scope="module")
def asked(at_work, tokens_at_work) -> list[Asked]:
    """Do one deed after the other: first as who may not, with the addresses' own check taken out; then as who may."""
    acts = make_app(at_work.app, at_work.inbox).state.needed
    lets_all = SimpleNamespace(is_asked=permission.is_asked, require=lambda what: None)

    def ask(deed: Deed) -> Asked:
        what = OF_OTHERS.get(deed.address, acts[deed.address])
        below = list(Role)[: list(Role).index(LEAST[what])][-1:]
        before = everything(at_work)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(door, "permission", lets_all)
            low = {
                who: by_token(at_work, tokens_at_work[who], "POST", deed.path, deed.said) for who in ("looks", *below)
            }
        changed_nothing = everything(at_work) == before
        done = by_token(at_work, tokens_at_work[LEAST[what]], "POST", deed.path, deed.said)
        assert done.status_code == 200, f"{deed}: {done.text}"  # what follows builds on it
        return Asked(deed, what, low, changed_nothing, done)

    return [ask(deed) for deed in all_deeds(at_work)]


def test_below_its_address_each_verb_asks_for_the_role_itself_and_nothing_is_written(asked):
    for each in asked:
        for who, answer in each.too_low.items():
            is_refused_by_verb = f"this token has no scope `{each.what.value}`" in answer.text
            assert (answer.status_code, is_refused_by_verb) == (403, True), f"{who}: {each.deed}: {answer.text}"
        assert each.changed_nothing, each.deed


def test_every_act_is_asked_below_its_address(at_work, asked):
    acts = make_app(at_work.app, at_work.inbox).state.needed.keys()
    assert {each.deed.address for each in asked} == acts - OWN, "what is said there, and of what? Say it in deeds.py"


def test_an_act_that_names_what_is_not_there_is_answered_with_404(at_work, tokens_at_work, asked, admin):
    for deed in (each.deed for each in asked if each.deed.place):
        nothing = replace(deed, place={name: NOWHERE.get(name, 99_999) for name in deed.place})
        for answer in (
            by_token(at_work, tokens_at_work["admin"], "POST", nothing.path, deed.said),
            admin.do(nothing.path.removeprefix("/api/v1"), **deed.said),
        ):
            assert answer.status_code == 404, f"{nothing}: {answer.status_code} {answer.text}"
