"""Links of one reader, and what they say when they come back: signed by our keys, each good for one purpose.

A link in every mail (``/u/``) may be forwarded with it, so it only lets people leave, pause and choose lists. What is
the owner's alone goes by a link that was mailed to them just now (``/a/``), and ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from publisher.model.subscriber import Errand, LetterKind
from publisher.model.tokens import link_token, read_link_token

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.store.deliveries import Member

LASTS = {
    LetterKind.CONFIRM: timedelta(days=7),  # and the sign-up itself: who hasn't said yes by then is forgotten
    LetterKind.ACCESS: timedelta(days=1),
    LetterKind.MOVE: timedelta(days=7),
}
TEST = "test"  # stands in the place of a token in a test's mails: nobody leaves by it
PATHS = {LetterKind.CONFIRM: "c", LetterKind.ACCESS: "a", LetterKind.MOVE: "m"}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link that came back says."""

    subscriber_id: int  # whose link it is; of a move the new address's
    about: int  # the list's id; of a move the id of whoever moves; of access 0
    made_at: datetime


def values_of(app: App, member: Member, errand: Errand) -> dict[str, str]:
    """Return the link that a letter brings, under the name by which its templates know it."""
    if errand.kind not in PATHS or member.subscriber_id is None:
        return {}
    about = int(errand.about) if errand.kind is LetterKind.MOVE else member.list_id
    key_id, key = app.keys.current("link")
    numbers = (member.subscriber_id, about, int(app.store.now().timestamp()))
    token = link_token(errand.kind, numbers, key_id, key)
    return {f"{errand.kind}_url": f"{app.public_url}/{PATHS[errand.kind]}/{token}"}


def read(app: App, kind: LetterKind, token: str) -> Claim | None:
    """Return what a link says; None for one that we didn't make for this, or that has ended."""
    found = read_link_token(kind, 3, token, app.link_key)
    if found is None:
        return None
    made_at = datetime.fromtimestamp(found[2], UTC)
    return Claim(found[0], found[1], made_at) if app.store.now() < made_at + LASTS[kind] else None
