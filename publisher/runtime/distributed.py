"""The engine of many machines: each works as one process does, and bells tell all of them of new work at once."""

from __future__ import annotations

from publisher.runtime.bells import Bells
from publisher.runtime.embedded import Embedded
from publisher.runtime.engine import Duties
from publisher.store import Connection


class Distributed(Embedded):
    """Threads that drive the duties, on any number of machines that share a ledger on PostgreSQL.

    :param url: of the ledger's database, as libpq knows addresses.
    """

    def __init__(self, duties: Duties, url: str) -> None:
        super().__init__(duties)
        self._bells = Bells(url, self.ring)

    def start(self) -> None:
        super().start()
        self._bells.start()

    def enqueue(self, conn: Connection, channel: str) -> None:
        """Ring for every machine when the caller's transaction has committed."""
        self._bells.ring(conn, channel)

    def stop(self) -> bool:
        self._stop.set()  # first: nothing more is claimed while the bells come to rest
        self._bells.stop()
        return super().stop()
