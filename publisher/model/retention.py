"""How long what the ledger holds is kept: `retention:`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """How long each kind is kept. Whom nobody writes to any more, and why, is kept for ever."""

    events: timedelta = timedelta(days=30)  # from when a provider's word came
    attempts: timedelta = timedelta(days=180)  # from when the send ended, as all below
    deliveries: timedelta = timedelta(days=730)  # no less than `attempts`
    articles: timedelta = timedelta(days=365)  # their html, from when it was seen last
