"""SPF: who may send for the domain that bounces come back to (RFC 7208)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from publisher.app.doctor.dns import Names
from publisher.app.doctor.finding import Found, fine, noted, wrong

LOOKUPS = 10  # RFC 7208, 4.6.4: with more than these a record counts for nothing
ASKING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
MECHANISMS = ASKING - {"redirect"} | {"all", "ip4", "ip6"}
TERM = re.compile(r"([+\-~?]?)([A-Za-z][A-Za-z0-9_.-]*)([:=/]?)(.*)")


@dataclass
class Walk:
    """A record followed to its ends."""

    lookups: int = 0
    included: list[str] = field(default_factory=list)
    fault: str = ""  # what makes a receiver give the whole record up
    lets_all: bool = False


def records(names: Names, domain: str) -> list[str]:
    """Return the SPF records of a domain; more than one is a fault.

    :raises Unseen: that can't be told.
    """
    return [text for text in names.texts(domain) if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]


def look(names: Names, domain: str, includes: Sequence[str], *, counts: bool) -> Iterator[Found]:
    """Look at a domain's SPF record.

    :param includes: what a record that lets the provider send includes, any of these; none: not known.
    :param counts: bounces do come back to this domain; else a name of the provider's may count instead.
    :raises Unseen: something of it could not be looked up.
    """
    about = f"SPF of {domain}"
    found = records(names, domain)
    wanted = f"include:{includes[0]}" if includes else "what the provider names"
    level = wrong if counts else noted
    why = "" if counts else ", which is needed where bounces come back to this very domain"
    if not found:
        yield level(about, f"there is no record{why}", f"Set a TXT record there: v=spf1 {wanted} ~all")
        return
    if len(found) > 1:
        yield wrong(about, f"there are {len(found)} records, so none counts", "Make one of them, with all their parts.")
        return
    walk = follow(names, domain, found[0])
    if walk.fault:
        yield wrong(about, f"it can't be used: {walk.fault}", "Take that part out, or put it right.")
    elif walk.lookups > LOOKUPS:
        said = f"it takes more than {LOOKUPS} lookups, so receivers give it up"
        yield wrong(about, said, "Take out what no longer sends for you.")
    elif walk.lets_all:
        yield wrong(about, "it lets everybody send (`+all`)", "End it with ~all or -all.")
    elif includes and not any(_is_of(name, each) for name in walk.included for each in includes):
        yield level(about, f"it doesn't include {includes[0]}{why}", f"Put include:{includes[0]} into it.")
    else:
        yield fine(about, f"one record, {walk.lookups} of {LOOKUPS} lookups")


def follow(names: Names, domain: str, record: str, walk: Walk | None = None) -> Walk:
    """Follow a record through everything that it includes, until it asks for too much.

    :raises Unseen: a part of it could not be looked up.
    """
    is_top, walk = walk is None, walk or Walk()
    for term in record.split()[1:]:
        if walk.fault or walk.lookups > LOOKUPS:
            break
        _take(names, term, walk, is_top=is_top)
    return walk


def _take(names: Names, term: str, walk: Walk, *, is_top: bool) -> None:
    parts = TERM.fullmatch(term)
    sign, name, mark, value = parts.groups() if parts else ("", "", "", "")
    name = name.lower()
    if not (name in MECHANISMS and mark != "=") and not (parts and mark == "=" and not sign):
        walk.fault = f"nobody knows `{term}`"
        return
    walk.lets_all |= is_top and name == "all" and sign in ("", "+")
    walk.lookups += name in ASKING
    if name in ("include", "redirect") and "%" not in value:
        _enter(names, value.lower().rstrip("."), walk, f"{name}{mark}{value}", is_include=name == "include")


def _enter(names: Names, target: str, walk: Walk, term: str, *, is_include: bool) -> None:
    if walk.lookups > LOOKUPS:
        return
    walk.included += [target] if is_include else []
    found = records(names, target) if target else []
    if len(found) != 1:
        walk.fault = f"`{term}` leads to {'no record' if not found else f'{len(found)} records'}"
        return
    follow(names, target, found[0], walk)


def _is_of(name: str, provider: str) -> bool:
    return name == provider or name.endswith(f".{provider}")
