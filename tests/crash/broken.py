"""Dispatchers and senders broken on purpose, as the known systems are: the oracles must convict each.

A child process with this folder's `sitecustomize` on its path and PUBLISHER_BROKEN set is broken from its start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

VARIABLE = "PUBLISHER_BROKEN"
SITE = f"""\
import os
if os.environ.get({VARIABLE!r}):
    from tests.crash.broken import BROKEN
    BROKEN[os.environ[{VARIABLE!r}]]()
"""


def install_broken(folder: Path) -> None:
    """Let every child with this folder on its path break itself when it is told to."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(SITE)


class _UndoError(Exception):
    pass


class _Undone:
    """A store that forgets what is written to it."""

    def __init__(self, store) -> None:
        self._store = store

    @contextmanager
    def write(self) -> Iterator[object]:
        try:
            with self._store.write() as conn:
                yield conn
                raise _UndoError
        except _UndoError:
            pass

    def submit(self, work, turn=""):
        result = []
        with self.write() as conn:
            result.append(work(conn))
        return result[0]


def claim_after_send() -> None:
    """Speak first, and write down whom one has spoken to after."""
    from publisher.pipeline import dispatch as parts
    from publisher.pipeline.dispatch import act

    turn = Lock()  # without a kill it works well, and a test without kills would pass

    def dispatch(store, desk, channel, sender, *, only=None, until=0.0):
        with turn:
            seen = act.claim(_Undone(store), desk, channel, sender.max_recipients, only)
            if seen is None:
                return False
            answer = act.speak(store, sender, seen)
            claimed = act.claim(store, desk, channel, sender.max_recipients, only)
            parts.begin(store, desk, claimed)
            parts.record_answer(store, desk, claimed, answer)
            return True

    act._dispatch = dispatch


def blind_retry() -> None:
    """Send again, as something new, whatever was under way when a process died."""
    from sqlalchemy import update

    from publisher.model.states import DeliveryState as D
    from publisher.pipeline.dispatch import orphans
    from publisher.store import calls, deliveries, sends
    from publisher.store.tables import calls as table

    def put_back(conn, call, now, retry_at):
        ids = [recipient.delivery_id for recipient in calls.thaw(call["members"])]
        conn.execute(update(table).where(table.c.id == call["id"]).values(state="answered", closed_at=now))
        moved = deliveries.move(conn, ids, call_id=call["id"], origin=D.TAKEN, to=D.PENDING, due_at=now)
        sends.post_to_books(conn, call["send_id"], {"taken": -moved, "pending": moved})
        return moved

    orphans._call_unknown = put_back


def checkpoint_at_fetch() -> None:
    """Count readers as reached when they are fetched, and then write to them."""
    from publisher.model.call import Answer, Outcome, Verdict
    from publisher.pipeline import dispatch as parts
    from publisher.pipeline.dispatch import act

    def dispatch(store, desk, channel, sender, *, only=None, until=0.0):
        claimed = act.claim(store, desk, channel, sender.max_recipients, only)
        if claimed is None:
            return False
        parts.begin(store, desk, claimed)
        parts.record_answer(store, desk, claimed, Answer(Verdict(Outcome.SENT), status=200))
        time.sleep(0.1)  # such a system fetches a thousand, and writes to them one after the other
        act.speak(store, sender, claimed)
        return True

    act._dispatch = dispatch


def new_key_per_try() -> None:
    """Give Mastodon another key whenever a post is said again."""
    from uuid import uuid4

    from publisher.senders.mastodon import Mastodon

    say = Mastodon._say
    Mastodon._say = lambda self, body, key: say(self, body, f"{key}-{uuid4()}")


def new_record_per_try() -> None:
    """Let Bluesky forget which record a part was begun as, and so make another."""
    from publisher.senders.bluesky import Bluesky

    class Forgetful:
        def __init__(self, journal, step: str) -> None:
            self.note = journal.note
            self._noted, self._step = journal.noted, step

        def noted(self, step):
            return None if step == self._step else self._noted(step)

    post = Bluesky._post
    Bluesky._post = lambda self, message, number, out, call, journal: post(
        self, message, number, out, call, Forgetful(journal, f"record {number + 1}")
    )


def retry_without_answer() -> None:
    """Tell Telegram the same once more where no answer came, as clients that repeat every request do."""
    from publisher.model.call import Outcome
    from publisher.senders.telegram import Telegram

    post = Telegram._post

    def stubborn(self, *said):
        answer = post(self, *said)
        return post(self, *said) if answer.verdict.outcome is Outcome.UNKNOWN else answer

    Telegram._post = stubborn


BROKEN: dict[str, Callable[[], None]] = {
    "claim after send": claim_after_send,
    "blind retry": blind_retry,
    "checkpoint at fetch": checkpoint_at_fetch,
    "a new key per try": new_key_per_try,
    "a new record per try": new_record_per_try,
    "a retry without an answer": retry_without_answer,
}
