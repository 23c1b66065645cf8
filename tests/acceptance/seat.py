"""Somebody of the newsroom at a browser: what they press and read, and all that goes wrong in their tab meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.terminal import PATIENCE
from tests.unit.app.test_staff import WORDS

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class Seat:
    """One tab of a browser in which somebody works.

    :ivar complaints: errors of scripts and of the page's policy, dialogs, and files of pages that were not there: none
        of them ever is right. Left out is what the browser says of a page that says no, and of a mail that is shown
        without its pictures.
    """

    def __init__(self, context: Any, url: str) -> None:
        self.page = context.new_page()
        self.url = url
        self.complaints: list[str] = []
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._console)
        self.page.on("response", self._response)

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.type} {dialog.message}")
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        is_meant = message.text.startswith("Failed to load resource") or "img-src 'none'" in message.text
        if message.type == "error" and not is_meant:
            self.complaints.append(message.text)

    def _response(self, response: Any) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.complaints.append(f"{response.status} {response.url}")

    def goes_to(self, path: str) -> None:
        self.page.goto(self.url + path)

    def signs_in(self, name: str, password: str = WORDS) -> None:
        self.goes_to("/sign-in")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.press("Sign in")

    def press(self, name: str, within: str = "body") -> None:
        self.page.locator(within).get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str, within: str = "main") -> None:
        self.page.locator(within).get_by_role("link", name=name, exact=True).click()

    def sees(self, *words: str, within: str = "main") -> str:
        """Wait until these words stand there, one after the other; return all that does."""
        for each in words:
            self.page.locator(within).get_by_text(each).first.wait_for()
        return str(self.page.inner_text(within))

    def may_press(self, name: str) -> bool:
        return bool(self.page.get_by_role("button", name=name, exact=True).count())

    @property
    def said(self) -> str:
        """What was said of the last thing that was done."""
        return str(self.page.locator("p.notice[role]").first.inner_text())


@contextmanager
def seat(chromium: Any, url: str, **how: Any) -> Iterator[Seat]:
    """Open a browser of somebody's own; nothing may have gone wrong in it by the end."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1300, "height": 900}, **how)
    context.set_default_timeout(PATIENCE * 1000)
    mine = Seat(context, url)
    try:
        yield mine
    finally:
        context.close()
    assert not mine.complaints, mine.complaints
