"""Whose following of a link is counted: readers', as far as can be told, and never who they are.

Mail systems open every link of a mail before its reader does, and some programs fetch pages ahead. Whoever asks is
known to this process alone, as a hash under a key that nobody else has and that ends with it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock

from publisher.clock import steady
from publisher.store import clicks

TOO_EARLY = timedelta(seconds=10)  # after the first letter left: nobody has read it, but machines have opened it
WITHIN = 60.0  # seconds for which it is known who asked
AT_ONCE = 10.0  # seconds
MOST_LINKS = 4  # of one mail, followed at once from one network
MOST_TIMES = 3  # that one link is followed from one network within a minute
MOST_KNOWN = 10_000  # networks
# Programs that say what they are: crawlers, previews of messengers, scanners, libraries.
_MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|scan|fetch|proxy|monitor|headless|phantom|externalhit|whatsapp|skype"
    r"|barracuda|proofpoint|mimecast|safelinks|trendmicro|symantec|fortinet|sophos"
    r"|curl|wget|python|java/|okhttp|go-http|libwww|httpclient|axios|node|ruby|perl|php/",
    re.IGNORECASE,
)
_Seen = list[tuple[float, int, int]]  # when, which send's, which link


class Passers:
    """Who has followed which links within the last minute; the same machine again and again is no reader."""

    def __init__(self, clock: Callable[[], float] = steady) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()
        self._lock = Lock()

    def is_reader(self, network: str, link: clicks.Link) -> bool:
        """Say whether a network follows a link as a person would, and remember for a minute that it did."""
        who = hashlib.blake2b(network.encode(), key=self._key, digest_size=16).digest()
        now = self._clock()
        with self._lock:
            seen = [each for each in self._seen.pop(who, []) if now - each[0] < WITHIN]
            same = sum(1 for _, _, link_id in seen if link_id == link.id)
            at_once = {link_id for at, send_id, link_id in seen if send_id == link.send_id and now - at < AT_ONCE}
            if same < MOST_TIMES:  # else a machine that never tires would fill the list
                seen.append((now, link.send_id, link.id))
            self._seen[who] = seen
            while len(self._seen) > MOST_KNOWN:
                self._seen.popitem(last=False)
        return same < MOST_TIMES and len(at_once | {link.id}) <= MOST_LINKS


def looks_like_a_reader(method: str, headers: Mapping[str, str], link: clicks.Link, now: datetime) -> bool:
    """Say whether a request is a person's, as far as it says itself.

    :param headers: by their names in small letters.
    """
    if method != "GET" or link.sent_at is None or now < link.sent_at + TOO_EARLY:
        return False
    if any("prefetch" in headers.get(name, "").lower() for name in ("purpose", "sec-purpose", "x-purpose", "x-moz")):
        return False
    agent = headers.get("user-agent", "")
    return bool(agent) and _MACHINES.search(agent) is None
