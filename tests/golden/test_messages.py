"""The words of a whole morning, letter by letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from publisher.model.message import Brief, Mail, fill
from publisher.render import Renderer, default_theme
from tests.unit.render.samples import FERRY, MASTODON, READER, STORIES, WEBHOOK, brief

Golden = Callable[[str, str], None]
RENDERER = Renderer([default_theme()])
BRIEFS = {
    "digest": brief(),
    "article": brief(FERRY),
    "practice": brief(*STORIES[:2], practice=True, note="<p>Good morning from the <b>quay</b>.</p>"),
    "rtl": brief(STORIES[6], STORIES[1], language="ar", list_title="نشرة الصباح"),
    "german": brief(*STORIES[:3], language="de", timezone="Europe/Berlin"),
}


def headers_of(mail: Mail) -> str:
    lines = [("From", f"{mail.from_name} <{mail.from_email}>"), ("Subject", fill(mail.subject, READER))]
    lines += [(name, fill(value, READER)) for name, value in mail.headers]
    return "".join(f"{name}: {value}\n" for name, value in lines)


@pytest.mark.parametrize(("name", "briefing"), BRIEFS.items(), ids=BRIEFS)
def test_a_mail_is_what_it_was_when_last_looked_at(name: str, briefing: Brief, golden: Golden) -> None:
    mail = RENDERER.mail(briefing)
    golden(f"{name}.html", fill(mail.html, READER))
    golden(f"{name}.txt", fill(mail.text, READER))
    golden(f"{name}.headers", headers_of(mail))


@pytest.mark.parametrize("name", ["digest", "article"])
def test_a_post_is_what_it_was_when_last_looked_at(name: str, golden: Golden) -> None:
    for rules in (MASTODON, WEBHOOK):
        golden(f"{name}.{rules.network}.post", RENDERER.post(BRIEFS[name], rules).text + "\n")
