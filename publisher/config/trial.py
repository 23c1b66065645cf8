"""``try:``: on how many readers two subjects are tried, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from publisher.config.shape import Shape, key
from publisher.config.values import as_text, duration, duration_text, parsed, wrong
from publisher.model.trial import Trial

SHARES = range(2, 51)  # percent; more than half of the readers leave no rest to profit
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(hours=24)


def percent(value: object) -> str:
    """Check ``20%``: a part of the readers, in whole percent."""
    text = as_text(value)
    number = text.removesuffix("%").strip()
    if not (number.isascii() and number.isdecimal() and text.endswith("%")):
        raise wrong("is no share of the readers", "Write whole percent, such as `20%`")
    if int(number[:9]) not in SHARES:
        what = f"is not between {SHARES[0]}% and {SHARES[-1]}%"
        raise wrong(what, "Both halves together are meant; the others get the better subject")
    return f"{int(number)}%"


def waiting_time(value: object) -> timedelta:
    """Read how long is waited for clicks."""
    length = duration(value)
    if not SHORTEST <= length <= LONGEST:
        bounds = f"{duration_text(SHORTEST)} and {duration_text(LONGEST)}"
        raise wrong(f"is not between {bounds}", "Write how long readers have to open the mail, such as `1h`")
    return length


class TrialShape(Shape):
    """How two subjects are tried against each other."""

    share: Annotated[str, *parsed(percent, r"^[0-9]{1,2} *%$", "20%")] = key(
        "20%", "On how many of the readers, both halves together: `2%` to `50%`"
    )
    wait: Annotated[timedelta, *parsed(waiting_time, r"^([0-9]+(ms|[smhdw]))+$", "1h")] = key(
        timedelta(hours=1), "How long after the first mail is decided which goes to the rest: `10m` to `24h`"
    )
    by: Literal["clicks"] = key("clicks", "What decides: how often links were followed, never by whom")

    def record(self) -> Trial:
        return Trial(share=int(self.share.removesuffix("%")), wait=self.wait)
