"""A project with one mail channel, and a letter of it as it was received."""

from __future__ import annotations

from pathlib import Path

from publisher.app import App
from publisher.app.doctor.dns import Names
from publisher.app.doctor.letter import Letter
from publisher.app.doctor.patient import Patient
from publisher.app.doctor.web import Web
from publisher.model.tokens import leaving_token
from tests.ledger import Clock
from tests.project import MAILGUN, ProjectDir
from tests.unit.app.project import edit

PUBLIC = "https://letters.harbor.example"
HEARING = {**MAILGUN, "events_key": "${WEBHOOK_SECRET}"}
SPARKPOST = {"sender": "sparkpost", "api_key": "${MAILGUN_API_KEY}"}
SIGNED = "v=1; a=rsa-sha256; d={domain}; s=k1;\r\n\th=From:To:Subject:{covers}; bh=abc=; b=de\r\n f="
BOTH = "List-Unsubscribe:List-Unsubscribe-Post"


def project(folder: Path, *changes: tuple[str, str], **channel: str) -> App:
    """Make a project and open it.

    :param channel: its options; none: Mailgun's, with what it is known by.
    """
    ProjectDir(folder, "http://127.0.0.1:9", channel=channel or HEARING)
    edit(folder, *changes)
    return App.open(folder, Clock())


def link(app: App) -> str:
    key_id, key = app.keys.current("link")
    return f"{PUBLIC}/u/{leaving_token(1, 1, key_id, key)}"


def letter(folder: Path, app: App, **headers: str | None) -> Letter:
    """Write a letter down as it was received, and read it; a header that is None is left out.

    :param headers: in place of what is right, ``_`` for ``-``.
    """
    right: dict[str, str | None] = {
        "Return-Path": "<bounce+1@mg.harbor.example>",
        "DKIM-Signature": SIGNED.format(domain="mg.harbor.example", covers=BOTH),
        "From": "Harbor Gazette <news@harbor.example>",
        "Subject": "Morning",
        "List-Unsubscribe": f"<{link(app)}>, <mailto:leave@harbor.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    said = right | {name.replace("_", "-"): value for name, value in headers.items()}
    path = folder / "letter.eml"
    lines = [f"{name}: {value}" for name, value in said.items() if value is not None]
    path.write_bytes("\r\n".join([*lines, "", "Good morning"]).encode())
    return Letter.read(path)


def patient(app: App, received: Letter | None = None, names: Names | None = None, web: Web | None = None) -> Patient:
    channel = app.project.channels["letters"]
    return Patient(app, channel, app.senders.build(channel), names or Names(), web or Web(), received)
