"""Opening a project for commands that work with its ledger: a schedules.yaml that is broken stops none of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from publisher.cli.output import tell

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.operator import Operator


def open_operator(folder: Path) -> Operator:
    """Open a project for what needs the ledger alone; a broken file is said, and the last good one holds.

    :raises ConfigError: the file is broken, and none was ever accepted.
    """
    from publisher.app.operator import Operator

    operator = Operator.open(folder)
    _tell_of(operator.trouble)
    return operator


def open_app(folder: Path) -> App:
    """Open a project whole; a broken file is said, and the last good one holds.

    :raises ConfigError: the file is broken, and none was ever accepted.
    """
    from publisher.app import App

    app = App.open(folder, go_on=True)
    _tell_of(app.trouble)
    return app


def _tell_of(trouble: str) -> None:
    if trouble:
        tell(f"{trouble.rstrip('.')}. Until that is mended the version accepted before it holds, here too")
