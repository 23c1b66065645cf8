"""`publisher init`: what it could read, every other command can read, and takes for a whole project."""

from __future__ import annotations

import pytest

from publisher.app import App, reading
from publisher.app.checkup import missing_for_real
from publisher.cli.init import init
from publisher.errors import UsageError
from tests.site import rss, serving

HOSTS = ("127.0.0.1", "localhost")


@pytest.fixture
def site():
    with serving() as site:
        yield site


def made(folder, address: str, **said: str) -> App:
    init(folder, site=address, **said)
    return App.open(folder)


@pytest.mark.parametrize("host", HOSTS)
def test_a_site_of_the_own_network_may_be_read_by_whoever_comes_after(tmp_path, site, host):
    address = site.put("/feed", rss("One", "Two").replace("https://harbor.example", site.address))
    app = made(tmp_path / "gazette", address.replace("127.0.0.1", host))
    source = app.project.sources["site"]
    assert source.allow_private
    assert [article.title for article in reading.read(app, source, None).articles] == ["One", "Two"]


def test_files_that_were_copied_just_now_are_counted(tmp_path, capsys):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "one.md").write_text("# The bridge opens\n\nEverybody crossed it in the rain.")
    made(tmp_path / "gazette", str(tmp_path / "texts"))
    said = capsys.readouterr()
    assert (": 1 article at " in said.out, said.err) == (True, "")


@pytest.mark.parametrize("host", HOSTS)
def test_where_the_host_takes_no_mail_the_sender_is_plainly_to_be_changed(tmp_path, site, host):
    head = rss("One").replace("<link>https://harbor.example</link>", "", 1)
    app = made(tmp_path / "gazette", site.put("/feed", head).replace("127.0.0.1", host))
    assert app.project.publication.from_email == "news@example.com"
    assert app.project.publication.url == site.address.replace("127.0.0.1", host)
    assert any("news@example.com is nobody's address" in line for line in missing_for_real(app))
    assert "# change this" in (tmp_path / "gazette" / "schedules.yaml").read_text()


def test_the_sender_is_of_the_site_where_that_can_be(tmp_path, site):
    app = made(tmp_path / "gazette", site.put("/feed", rss("One").replace("harbor.example", "harbor.news")))
    paper = app.project.publication
    assert (paper.from_name, paper.from_email) == ("Harbor Gazette", "news@harbor.news")


def test_a_site_that_is_an_example_gives_no_sender(tmp_path, site):
    app = made(tmp_path / "gazette", site.put("/feed", rss("One")))
    assert app.project.publication.from_email == "news@example.com"


def test_a_name_that_no_sender_can_have_costs_no_project(tmp_path, site):
    app = made(tmp_path / "gazette", site.put("/feed", rss("One")), name="Harbor <Gazette>")
    assert app.project.publication.name == "Harbor <Gazette>"


@pytest.mark.parametrize(("stated", "taken"), [("pt_PT", "pt-PT"), ("english, mostly", "en")])
def test_a_language_that_is_none_is_not_taken_over(tmp_path, site, stated, taken):
    app = made(tmp_path / "gazette", site.put("/feed", rss("One", head=f"<language>{stated}</language>")))
    assert app.project.publication.language == taken


def test_a_file_needs_no_leave_to_be_read(tmp_path):
    (tmp_path / "feed.xml").write_text(rss("One"))
    app = made(tmp_path / "gazette", str(tmp_path / "feed.xml"))
    assert not app.project.sources["site"].allow_private


def test_without_a_site_and_without_a_terminal_it_says_what_to_give(tmp_path):
    with pytest.raises(UsageError) as caught:
        init(tmp_path / "gazette")
    assert (
        str(caught.value) == "it isn't said whose articles. Give the site's address: --site https://your-site.example"
    )
