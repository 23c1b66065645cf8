"""What of words that came from elsewhere is shown to nobody: a provider, or an address, may repeat a secret of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.senders.http import Http

if TYPE_CHECKING:
    from publisher.app import App


class Hide:
    """Takes what `.env` holds out of words."""

    def __init__(self, app: App) -> None:
        self._http = Http(secrets=app.settings.hidden)

    def __call__(self, words: str | None) -> str:
        return self._http.redact(words or "")
