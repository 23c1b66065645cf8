"""The console's room of schedules: found, paused, sent now, tested; and the file edited in the browser."""

from __future__ import annotations

import html
import re

import pytest
import requests

from publisher.app import pauses, schedule_file, tokens
from publisher.cli.init import init
from publisher.config.reading import FILE
from publisher.config.schedules import parse_project
from publisher.model.staff import May, Role
from publisher.model.states import EditionState
from publisher.store import edition_lists, editions, processes, schedules, subscribers
from publisher.web.door import COOKIE
from tests.site import rss
from tests.unit.web.browsers import quick_passwords, signed_in
from tests.unit.web.ledger import HOSTILE, NOW, PROJECT, fill, open_project, served

HEADERS = {"Accept": "application/json"}


def text_in(page: str) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found is not None, page
    return html.unescape(found[1])


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="(\w*)"', page)
    assert found is not None, page
    return found[1]


def file_of(room) -> str:
    return (room.app.folder / FILE).read_bytes().decode()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A project in which one of each role works."""
    folder = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as patch, served(open_project(folder), folder) as room:
        quick_passwords(patch)
        fill(room)
        yield room, {role: signed_in(room.app, room.url, role) for role in (Role.EDITOR, Role.APPROVER, Role.OPERATOR)}


@pytest.fixture
def room(house):
    """Its file as it was at first, and nothing paused."""
    room, _ = house
    path = room.app.folder / FILE
    path.chmod(0o644)
    path.write_text(PROJECT)
    room.app.take(parse_project(PROJECT), room.app.settings)
    yield room
    for schedule in list(room.app.project.schedules.values()):
        pauses.resume(room.app, schedule, catch_up=True)


@pytest.fixture
def members(house):
    return house[1]


@pytest.fixture
def editor(room, members):
    return members[Role.EDITOR]


# --- the list, and one schedule --------------------------------------------------------------------------------------


def test_schedules_are_found_by_their_words_and_stand_under_their_day(room, editor):
    page = editor.get("/schedules").text
    assert "2 schedules of 2" in page
    assert "07:00, every day" in page and "Wed 25 Nov 2026, 07:00 WET" in page
    assert page.index('id="tomorrow"') < page.index('id="new"')
    assert f'href="/editions/{room.edition}"' in page
    found = editor.get("/schedules", params={"q": "daily LETTERS"}).text
    assert "1 schedule of 2" in found and "as-it-happens" not in found
    assert "None is like that." in editor.get("/schedules", params={"q": HOSTILE, "show": "paused"}).text
    assert editor.get("/schedules", params={"q": "x" * 201}).status_code == 400
    assert editor.get("/schedules/morning%2F..%00/about").status_code == 404
    assert editor.get("/schedules/%3Cscript%3E/edit").status_code == 404


def test_a_schedule_is_paused_and_goes_on(room, editor):
    page = editor.said("/schedules/morning/pause", why=HOSTILE)
    assert "Schedule morning is paused." in page and html.escape(HOSTILE, quote=False).split("&")[0] in page
    assert "was paused already by console:editor" in editor.said("/schedules/morning/pause")
    assert "1 schedule of 2" in editor.get("/schedules?show=paused").text
    assert "Schedule morning goes on; " in editor.said("/schedules/morning/resume", catch_up="true")
    assert "isn’t paused" in editor.said("/schedules/morning/resume")
    assert "There is no schedule" in editor.said("/schedules/mourning/pause")


def test_an_editor_sends_nothing_now_and_an_approver_does(room, editor, members):
    assert "Send now" not in editor.get("/schedules/morning/about").text
    assert editor.do("/schedules/morning/run").status_code == 403
    approver = members[Role.APPROVER]
    page = approver.get("/schedules/morning/run").text
    assert "unfinished" in page and "Send it now" not in page  # the edition that `fill` wrote is under way
    assert "is unfinished" in approver.said("/schedules/morning/run")
    pauses.pause(room.app, room.app.schedule("as-it-happens"))
    assert "It is paused:" in approver.get("/schedules/as-it-happens/run").text
    assert "It is paused" in approver.said("/schedules/as-it-happens/run")
    pauses.resume(room.app, room.app.schedule("as-it-happens"), catch_up=True)
    page = approver.get("/schedules/as-it-happens/run").text
    assert "2 editions, one for each article" in page and "to the inbox of practice" in page
    assert "2 editions made now" in approver.said("/schedules/as-it-happens/run")
    assert "are unfinished" in approver.said("/schedules/as-it-happens/run")  # a second press makes nothing more
    with room.app.store.read() as conn:
        assert {row["actor"] for row in edition_lists.latest(conn, limit=2)} == {"console:approver"}


def test_a_test_goes_to_me_and_counts_nowhere(room, editor):
    with room.app.store.read() as conn:
        before = subscribers.count(conn, ["daily"])
    with processes.at_work(room.app.store, "test", NOW):
        page = editor.said("/schedules/morning/test", to="me@desk.example")
    assert "me@desk.example by letters" in page
    assert "is no e-mail address" in editor.said("/schedules/morning/test", to="<script>")
    assert "posts are not tested" in editor.said("/schedules/as-it-happens/test", to="me@desk.example")
    with room.app.store.read() as conn:
        assert subscribers.count(conn, ["daily"]) == before
        assert schedules.last_editions(conn)["morning"]["id"] == room.edition  # a test is none
        assert edition_lists.latest(conn, limit=9, schedule="morning")[0]["slot"].startswith("test:")


# --- the editor ------------------------------------------------------------------------------------------------------


def test_the_file_is_edited_checked_and_saved(room, editor):
    page = editor.get("/schedules/edit").text
    assert text_in(page) == file_of(room)
    text = text_in(page).replace('{at: "07:00"}', '{at: "08:15"}  # <b>late</b>')
    shown = editor.do("/schedules/check", text=text.replace("\n", "\r\n"), seen=seen_in(page)).text
    assert "No errors." in shown and "Wed 25 Nov 2026, 08:15 WET" in shown
    assert "<ins>+    when: {at: &#34;08:15&#34;}  # &lt;b&gt;late&lt;/b&gt;</ins>" in shown
    assert text_in(shown).replace("\r\n", "\n") == text
    assert file_of(room) != text
    saved = editor.said("/schedules/save", text=text.replace("\n", "\r\n"), seen=seen_in(shown))
    assert re.search(r"Saved\. Version \w{16} holds since Tue 24 Nov 2026, 07:00:00 WET", saved)
    assert "by console:editor." in saved
    assert file_of(room) == text


def test_practice_is_over_only_where_an_operator_says_that_it_is_meant(room, editor, members):
    operator, before = members[Role.OPERATOR], room.app.version_id
    page = operator.get("/schedules/edit").text
    text, seen = text_in(page).replace("practice: true\n", ""), seen_in(page)
    shown = operator.do("/schedules/check", text=text, seen=seen).text
    assert "real people get this: practice is over" in shown and "Nothing changes" not in shown
    assert 'name="practice_is_meant" value="true" form="editing"' in shown
    theirs = editor.do("/schedules/check", text=text, seen=seen).text
    assert "practice is over" in theirs and "practice_is_meant" not in theirs
    assert editor.do("/schedules/save", text=text, seen=seen, practice_is_meant="true").status_code == 403
    refused = operator.do("/schedules/save", text=text, seen=seen)
    assert refused.status_code == 400 and "tick the box" in refused.text and 'form="editing"' in refused.text
    assert room.app.project.practice
    assert operator.do("/schedules/save", text=text, seen=seen, practice_is_meant="true").status_code == 303
    assert not room.app.project.practice
    back = operator.get(f"/schedules/versions/{before}").text
    assert "practice begins" in back and "practice_is_meant" in back
    assert "tick the box" in operator.said(f"/schedules/versions/{before}/restore", seen=seen_in(back))
    operator.do(f"/schedules/versions/{before}/restore", seen=seen_in(back), practice_is_meant="true")
    assert room.app.project.practice


def test_a_schedules_own_lines_are_edited_and_nothing_else(room, editor):
    page = editor.get("/schedules/morning/edit").text
    own = text_in(page)
    assert own.startswith("  morning:\n") and own.endswith("- {via: mastodon}\n")
    before = file_of(room)
    changed = own.replace("07:00", "09:00").rstrip("\n")
    editor.do("/schedules/save", text=changed, seen=seen_in(page), name="morning")
    assert file_of(room) == before.replace("07:00", "09:00")
    assert editor.get("/schedules/mourning/edit").status_code == 404
    gone = editor.do("/schedules/save", text="", seen=seen_in(page), name="mourning")
    assert gone.status_code in (303, 400, 404)


def test_errors_stand_at_their_lines_and_nothing_is_lost(room, editor):
    page = editor.get("/schedules/edit").text
    text = text_in(page).replace("    send:", "    sned:", 1)
    said = {"text": text, "seen": seen_in(page), "csrf_token": editor.form_token}
    found = editor.post("/schedules/check", data=said, headers=HEADERS).json()
    line = text.split("\n").index("    sned:") + 1
    assert {"line": line, "column": 5, "words": "`sned:` is not a key here. Did you mean `send:`?"} in found["problems"]
    refused = editor.do("/schedules/save", text=text, seen=seen_in(page))
    assert (refused.status_code, text_in(refused.text)) == (400, text)
    assert f'data-line="{line}"' in refused.text and "Nothing was saved" in refused.text


def test_the_second_of_two_sees_the_difference_and_saves_on_top_knowingly(room, editor, members):
    other = members[Role.OPERATOR]
    page, theirs = editor.get("/schedules/edit").text, other.get("/schedules/edit").text
    other.do("/schedules/save", text=text_in(theirs).replace("07:00", "06:00"), seen=seen_in(theirs))
    mine = text_in(page).replace("07:00", "09:00")
    late = editor.do("/schedules/save", text=mine, seen=seen_in(page))
    assert (late.status_code, text_in(late.text)) == (409, mine)
    for words in ("What they changed", "<ins>+    when: {at: &#34;06:00&#34;}</ins>", "Save mine on top"):
        assert words in late.text
    assert "06:00" in file_of(room)
    editor.do("/schedules/save", text=mine, seen=seen_in(late.text))
    assert file_of(room) == mine
    assert editor.do("/schedules/save", text="x: 1", seen="0" * 64).status_code == 409  # a stale tab, of a text unknown


def test_an_operators_key_is_refused_to_an_editor_and_its_words_stay(room, editor, members):
    page = editor.get("/schedules/edit").text
    text = text_in(page).replace("practice: true", "practice: false")
    shown = editor.do("/schedules/check", text=text, seen=seen_in(page)).text
    assert "Not yours to change" in shown and "practice (operator)" in shown
    refused = editor.do("/schedules/save", text=text, seen=seen_in(page))
    assert (refused.status_code, text_in(refused.text)) == (403, text)
    assert "ot yours to change as editor: practice (operator)" in refused.text
    meant = {"text": text, "seen": seen_in(page), "practice_is_meant": "true"}
    assert members[Role.OPERATOR].do("/schedules/save", **meant).status_code == 303


def test_where_it_cannot_be_written_the_difference_to_commit_is_shown(room, editor):
    (room.app.folder / FILE).chmod(0o444)
    page = editor.get("/schedules/edit").text
    assert "commit the difference" in page and "Save: it holds" not in page
    text = text_in(page).replace("07:00", "08:00")
    refused = editor.do("/schedules/save", text=text, seen=seen_in(page))
    assert refused.status_code == 400 and "<ins>+    when: {at: &#34;08:00&#34;}</ins>" in refused.text


def test_a_file_broken_from_outside_says_what_holds_and_is_mended(room, editor):
    good = file_of(room)
    (room.app.folder / FILE).write_text(good.replace("send:", "sned: [", 1) + HOSTILE)
    page = editor.get("/schedules/edit").text
    assert "The file on the disk says something else" in page and "can’t be saved like this" in page
    assert "<script>alert" not in page
    listed = editor.get("/schedules").text
    assert "is refused" in listed and '<a href="/schedules/edit"><strong>' in listed and "schedules.yaml:" in listed
    assert "this is the whole file" in editor.get("/schedules/morning/edit").text
    assert editor.do("/schedules/save", text=good, seen=seen_in(page)).status_code == 303
    assert file_of(room) == good
    assert "is refused" not in editor.get("/schedules").text


def test_a_secret_in_clear_is_shown_to_operators_alone(room, editor, members):
    text = PROJECT.replace("${TOKEN}", "s3cret-token")
    (room.app.folder / FILE).write_text(text)
    seen = schedule_file.read(room.app).digest
    asked = (
        editor.get("/schedules/edit"),
        editor.do("/schedules/check", text="x: 1", seen=seen),
        editor.do("/schedules/save", text="x: 1", seen=seen),
        editor.do("/schedules/check", text="  morning: {}", name="morning", seen=seen),
        editor.get("/schedules/morning/edit"),
    )
    assert [each.status_code for each in asked] == [403, 403, 403, 200, 200]
    operator = members[Role.OPERATOR]
    assert operator.do("/schedules/save", text=text, seen=seen).status_code == 303
    asked += (
        editor.get(f"/schedules/versions/{room.app.version_id}"),
        requests.get(f"{room.url}/schedules/edit", timeout=10),
    )
    assert all("s3cret" not in each.text for each in asked)
    assert "s3cret" in operator.get("/schedules/edit").text
    own = text_in(editor.get("/schedules/morning/edit").text).replace("07:00", "08:00")
    seen = schedule_file.read(room.app).digest
    assert editor.do("/schedules/save", text=own, name="morning", seen=seen).status_code == 303


def test_a_broken_file_that_an_editor_may_not_see_is_said_to_be_broken_and_where(room, editor):
    text = PROJECT.replace("${TOKEN}", "s3cret-token").replace("send:", "sned: [", 1)
    (room.app.folder / FILE).write_text(text)
    for path in ("/schedules/edit", "/schedules/morning/edit"):
        refused = editor.get(path)
        assert refused.status_code == 403 and "s3cret" not in refused.text
        assert re.search(r"schedules.yaml is broken at line \d+", refused.text)


def test_what_init_writes_is_opened_by_an_editor_and_its_own_lines_too_where_it_is_broken(room, editor, tmp_path):
    (tmp_path / "feed.xml").write_text(rss("One"))
    init(tmp_path / "new", site=str(tmp_path / "feed.xml"))
    text = (tmp_path / "new" / FILE).read_text()
    (room.app.folder / FILE).write_text(text)
    assert text_in(editor.get("/schedules/edit").text) == text
    (room.app.folder / FILE).write_text(text.replace("send:", "send: ["))
    page = editor.get("/schedules/morning/edit").text
    assert "can’t be saved like this" in page and 'data-line="' in page


def test_a_paste_of_ten_megabytes_is_refused_in_words(editor):
    huge = editor.do("/schedules/save", text="x" * 10_000_000)
    assert huge.status_code == 413 and "1,024 KB" in huge.text
    assert "it keeps what you typed" in huge.text
    assert "the file may have 1,000,000 bytes" in editor.get("/schedules/edit").text
    assert editor.post("/schedules/check", data={"text": "x"}).status_code == 403  # no form of ours


def test_what_can_stand_there_is_said(room, editor):
    text = file_of(room)
    cursor = text.index("via: l") + len("via: l")
    said = {"csrf_token": editor.form_token, "text": text.replace("\n", "\r\n"), "cursor": str(cursor)}
    found = editor.post("/schedules/complete", data=said).json()
    assert found == {"word": "l", "suggestions": [{"text": "letters", "about": "channel"}]}
    own = text_in(editor.get("/schedules/morning/edit").text)
    said |= {"text": own, "name": "morning", "cursor": str(own.index("to: d") + len("to: d"))}
    assert editor.post("/schedules/complete", data=said).json()["suggestions"][0]["text"] == "daily"
    assert editor.post("/schedules/complete", data=said | {"cursor": "-1e9"}).status_code == 200


# --- versions, and programs ------------------------------------------------------------------------------------------


def test_an_earlier_version_is_looked_at_and_holds_again(room, editor, members):
    before, one = file_of(room), room.app.version_id
    page = editor.get("/schedules/edit").text
    editor.do("/schedules/save", text=before.replace("07:00", "05:00"), seen=seen_in(page))
    two = room.app.version_id
    listed = editor.get("/schedules/versions").text
    assert listed.count("/schedules/versions/") >= 2 and "console:editor" in listed
    first = editor.get(f"/schedules/versions/{one}").text
    assert "Let it hold again" in first and "Another holds." in first
    second = members[Role.OPERATOR].get(f"/schedules/versions/{two}").text
    assert "It holds." in second and "<ins>+    when: {at: &#34;05:00&#34;}</ins>" in second
    page = editor.said(f"/schedules/versions/{one}/restore", seen=seen_in(first))
    assert "holds again" in page and "It holds." in page
    assert file_of(room) == before
    assert "changed meanwhile" in editor.said(f"/schedules/versions/{two}/restore", seen=seen_in(first))
    later = editor.get(f"/schedules/versions/{two}").text
    noted = members[Role.OPERATOR].get("/audit").text.count("hold again")
    assert "It holds." in editor.said(f"/schedules/versions/{two}/restore", seen=seen_in(later))
    assert members[Role.OPERATOR].get("/audit").text.count("hold again") == noted + 1
    assert editor.get(f"/schedules/versions/{2**63}").status_code == 404
    assert editor.get("/schedules/versions/999").status_code == 404
    assert editor.do("/schedules/versions/999/restore").status_code == 404


def test_a_draft_that_would_be_cancelled_is_named_before_its_schedule_goes(room, editor):
    before = room.app.version_id
    send = "[{via: letters, to: daily}]"
    evening = f'\n  evening:\n    when: {{at: "18:00", prepare: 2h}}\n    pick: {{from: [site]}}\n    send: {send}\n'
    text = file_of(room).rstrip("\n") + evening
    editor.do("/schedules/save", text=text, seen=seen_in(editor.get("/schedules/edit").text))
    with room.app.store.write() as conn:
        slot = {"schedule": "evening", "slot": "2026-11-24T18:00", "language": "en", "due_at": NOW, "now": NOW}
        made = {"state": EditionState.DRAFT, "reason": "", "version_id": room.app.version_id, "actor": "test"}
        number = editions.add(conn, **slot, **made, places=[])
    told = f'Its draft, <a href="/editions/{number}">edition {number}</a>, due '
    assert told in editor.get(f"/schedules/versions/{before}").text
    assert told not in editor.get(f"/schedules/versions/{room.app.version_id}").text
    said = {"csrf_token": editor.form_token, "text": text.removesuffix(evening.lstrip("\n"))}
    looked = editor.post("/schedules/check", data=said, headers=HEADERS).json()
    assert told in looked["html"]


def test_a_program_reads_checks_and_saves(room, editor):
    key = {"Authorization": f"Bearer {tokens.add(room.app, 'editor', 'test', [May.EDIT, May.LOOK])}"}

    def ask(path: str, json=None):
        method = "GET" if json is None else "POST"
        return requests.request(method, f"{room.url}/api/v1{path}", json=json, headers=key, timeout=10)

    listed = ask("/schedules?limit=1").json()
    assert [each["name"] for each in listed["items"]] == ["morning"]
    assert ask(f"/schedules?after={listed['after']}").json()["items"][0]["fires"] == "on every new article"
    assert ask("/schedules/morning").json()["next"][0] == "2026-11-25T07:00:00Z"
    assert ask("/schedules/mourning").status_code == 404
    file = ask("/schedules-file").json()
    assert file["holds"]["is_file"] and file["read_only"] == ""
    text = file["text"].replace("07:00", "08:00")
    looked = ask("/schedules/check", {"text": text}).json()
    assert (looked["problems"], looked["changes"][0]["schedule"]) == ([], "morning")
    assert ask("/schedules/save", {"text": text, "seen": "0"}).status_code == 409
    assert ask("/schedules/save", {"text": text.replace("send:", "sned:"), "seen": file["digest"]}).status_code == 400
    practice = {"text": text.replace("practice: true", "practice: false"), "seen": file["digest"]}
    assert ask("/schedules/save", practice).status_code == 403
    assert ask("/schedules/save", {"text": "\ud800", "seen": file["digest"]}).status_code == 422
    assert ask("/schedules/save", {"text": text, "seen": file["digest"]}).json()["said"].startswith("Saved. Version")
    assert any(each["holds"] for each in ask("/schedules-versions").json()["items"])
    assert ask(f"/schedules-versions/{room.app.version_id}").json()["text"] == text
    assert ask("/schedules/morning/run", {}).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/schedules/edit", "/schedules", "/schedules/morning/about", "/schedules/versions", "/schedules/morning/run"],
)
def test_as_long_as_nobody_works_here_it_is_looked_at_and_nothing_done(site, path):
    answer = requests.get(site.url + path, timeout=10)
    assert answer.status_code == 200
    assert 'method="post"' not in answer.text.replace('<form class="editor" method="post"', "")
    assert requests.post(f"{site.url}/schedules/save", data={"text": "x"}, timeout=10).status_code == 403


# --- in a browser ----------------------------------------------------------------------------------------------------


def test_an_editor_types_sees_the_error_at_its_line_takes_a_suggestion_and_saves(room, editor, chromium):
    with chromium.new_context() as context:
        context.add_cookies([{"name": COOKIE, "value": editor.cookies[COOKIE], "url": room.url}])
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"{room.url}/schedules/morning/edit")
        page.focus("#text")
        page.keyboard.press("Control+End")
        page.keyboard.type("    on_updat: note\n")
        page.wait_for_selector(".gutter b")
        line = file_of(room).split("\n").index("      - {via: mastodon}") + 2
        assert page.inner_text(".gutter b").split() == ["●", str(line)]
        looks = "name => { const is = getComputedStyle(document.querySelector(name)); return is.font + is.lineHeight }"
        assert "mono" in page.evaluate(looks, "#text") == page.evaluate(looks, ".gutter")  # lines beside their numbers
        assert "Did you mean `on_update:`?" in page.inner_text("#effect-said")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("End")
        for _ in range(len("t: note")):
            page.keyboard.press("Backspace")
        page.keyboard.press("Control+Space")
        page.wait_for_selector("[role=option][aria-selected=true]")
        assert page.get_attribute("#text", "aria-activedescendant") == "choice-0"
        page.keyboard.press("Enter")
        page.keyboard.type("no")
        page.wait_for_selector("[role=option] >> text=note")
        page.keyboard.press("Escape")
        page.keyboard.type("te")
        page.wait_for_selector("text=has other rules: on_update")
        page.click("button.save")
        page.wait_for_selector("text=Saved. Version")
        assert wrong == []
    assert "      - {via: mastodon}\n    on_update: note\n  as-it-happens:" in file_of(room)


def test_a_text_too_large_is_said_at_once_and_stays(room, editor, chromium):
    with chromium.new_context() as context:
        context.add_cookies([{"name": COOKIE, "value": editor.cookies[COOKIE], "url": room.url}])
        page = context.new_page()
        page.goto(f"{room.url}/schedules/edit")
        page.evaluate("""() => {
            const area = document.getElementById('text');
            area.value = 'x'.repeat(1000) .concat('\\n').repeat(1000);
            area.dispatchEvent(new Event('input'));
        }""")
        page.wait_for_selector("#effect-said >> text=This is too large")
        page.click("button.save")
        assert page.url.endswith("/schedules/edit") and len(page.input_value("#text")) == 1_001_000
