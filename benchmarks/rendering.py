"""How fast a mail is made, and made each reader's own: against Jinja and premailer for every reader.

    PYTHONPATH=. python benchmarks/rendering.py [--readers 100000]

Personalising is what a provider without merge fields costs: subject, html, text part and headers of a mail of some 25
KB, whole for each reader. The rival renders the same templates, styles moved into the elements, for a reader at a time.
An edition is one mail of thirty stories and three posts, rendered and checked, as a send does it; the first is the
first of a process that made itself ready, as `publisher run` does once it is up.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from statistics import median

from publisher.model.message import Mail, PostRules, fill
from publisher.render import Renderer, default_theme
from tests.judges.mails import READER, brief
from tests.judges.stories import THIRTY

RULES = (
    PostRules("mastodon", 500, 23, threads=True),
    PostRules("bluesky", 300, most_bytes=3_000, shows_short=True, threads=True),
    PostRules("x", 280, unit="weighted"),
)
RIVALS = 20  # mails that the rival makes: it takes that long


def personalised(mail: Mail, readers: int) -> float:
    """Return mails in a second."""
    values = [READER | {"first_name": f"Ada {number}"} for number in range(1_000)]
    begun = time.process_time()
    for number in range(readers):
        own = values[number % 1_000]
        fill(mail.subject, own)
        fill(mail.html, own)
        fill(mail.text, own)
        for _, value in mail.headers:
            fill(value, own)
    return readers / (time.process_time() - begun)


def seconds(work: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        begun = time.process_time()
        work()
        found.append(time.process_time() - begun)
    return found


def edition(renderer: Renderer) -> None:
    whole = brief(THIRTY)
    renderer.check(renderer.mail(whole), whole)
    for rules in RULES:
        post = renderer.post(whole, rules)
        renderer.check(post, whole, rules)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=100_000)
    options = parser.parse_args()
    renderer = Renderer([default_theme()])
    (ready,) = seconds(lambda: renderer.get_ready(RULES), 1)
    found = seconds(lambda: edition(renderer), 6)  # before all else: nothing but what a service has loaded is loaded
    letter = brief(THIRTY[:22])
    mail = renderer.mail(letter)
    size = len(fill(mail.html, READER).encode())
    rivals = 1 / median(seconds(lambda: renderer.mail(letter), RIVALS))
    ours = max(personalised(mail, options.readers // 4) for _ in range(4))
    print(f"a mail of {size:,} bytes: {ours:,.0f} readers/s on one core, to reach 50,000")
    print(f"rendered and inlined for each reader: {rivals:,.1f} readers/s, {ours / rivals:,.0f} times slower (200)")
    print(f"to get ready: {ready * 1000:.0f} ms")
    print(f"an edition of 30: first {found[0] * 1000:.0f} ms, then {median(found[1:]) * 1000:.0f} ms; to reach 250")


if __name__ == "__main__":
    sys.exit(main())
