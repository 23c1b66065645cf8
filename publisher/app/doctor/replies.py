"""Whether what readers answer would arrive."""

from __future__ import annotations

from collections.abc import Iterator

from publisher.app.doctor.dns import Names
from publisher.app.doctor.finding import Found, fine, noted, wrong


def look(names: Names, domain: str) -> Iterator[Found]:
    """Look for the mail servers of the domain that replies go to.

    :raises Unseen: that could not be looked up.
    """
    about = f"replies to {domain}"
    hosts = names.mail_servers(domain)
    if hosts == (".",):
        remedy = "Write a `reply_to:` that somebody reads, or set an MX record."
        yield wrong(about, "the domain says that it takes no mail", remedy)
    elif hosts:
        yield fine(about, f"taken by {hosts[0].rstrip('.')}")
    elif names.has_address(domain):
        yield noted(about, "there is no MX record, only a host of that name", "Set an MX record, where it takes mail.")
    else:
        remedy = "Set an MX record, or write a `reply_to:` that somebody reads."
        yield wrong(about, "no server takes mail for it", remedy)
