"""Browsers of people who are signed in to a console under test."""

from __future__ import annotations

from hashlib import sha256

import requests

from publisher.app import App, staff
from publisher.model.staff import Role
from publisher.web.door import COOKIE
from tests.unit.app.test_staff import WORDS, join


class Browser(requests.Session):
    """Asks a server of ours, keeps its cookies, and follows no redirect."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def request(self, method, path, **how):
        how |= {"allow_redirects": False, "timeout": 30}
        return super().request(method, self._base + path, **how)

    @property
    def form_token(self) -> str:
        """What every form of a page brings back."""
        return sha256(f"form\n{self.cookies[COOKIE]}".encode()).hexdigest()

    def do(self, path: str, **fields):
        """Press a button of a page: its form, with these fields."""
        return self.post(path, data={"csrf_token": self.form_token, **fields})

    def said(self, path: str, **fields) -> str:
        """Press a button, and return the page that it leads to."""
        done = self.do(path, **fields)
        return self.get(done.headers["location"]).text if done.status_code == 303 else done.text


def sign_in(browser, name: str = "anna", password: str = WORDS, where: str = "/"):
    return browser.post("/sign-in", data={"name": name, "password": password, "next": where})


def signed_in(app: App, url: str, role: Role = Role.ADMIN, name: str = "") -> Browser:
    """Let somebody work here, and return their browser.

    :param name: empty: that of the role.
    """
    browser = Browser(url)
    join(app, name or role.value, role)
    sign_in(browser, name or role.value)
    return browser


def quick_passwords(monkeypatch) -> None:
    """What a password costs is measured elsewhere."""
    monkeypatch.setattr(staff, "MEMORY", 64)
    monkeypatch.setattr(staff, "ROUNDS", 1)
    monkeypatch.setattr(staff, "_NOBODYS", staff.hashed("nobody's"))
