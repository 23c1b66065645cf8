"""How quickly a send goes, and when it would be through."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.app.progress import Outlook, of_edition, progress_of, under_way
from publisher.app.waits import Wait
from publisher.model.states import SendState
from publisher.store import progress, sends
from tests.unit.app.project import NOW, open_app
from tests.ledger import Clock, add_edition, add_send, subscribe
from publisher.pipeline import address

MINUTE = timedelta(minutes=1)
