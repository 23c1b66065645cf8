"""A sender without idempotency keys, installed for one project as anyone's package would be."""

from __future__ import annotations

from pathlib import Path

MODULE = """\
from publisher.senders.webhook import Webhook


class Keyless(Webhook):
    name = "keyless"
    idempotent_for = None
"""


def install_keyless(folder: Path) -> None:
    """Put the package where a child with ``plugins`` on its path finds it by its entry point."""
    plugins = folder / "plugins"
    info = plugins / "keyless-1.0.dist-info"
    info.mkdir(parents=True)
    (plugins / "keyless_sender.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: keyless\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[publisher.senders]\nkeyless = keyless_sender:Keyless\n")
