"""DMARC: what a domain asks of receivers, and whether what vouches for a letter is aligned with its From (RFC 7489)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from publisher.app.doctor.alignment import is_aligned, organisation, tags_of
from publisher.app.doctor.dns import Names
from publisher.app.doctor.finding import Found, fine, noted, wrong

POLICIES = ("none", "quarantine", "reject")
START = "v=DMARC1; p=none; rua=mailto:postmaster@"


@dataclass(frozen=True, slots=True)
class Policy:
    """A record, as it holds for one domain."""

    policy: str
    strict_dkim: bool = False
    strict_spf: bool = False


def look(names: Names, domain: str, policies: list[Policy]) -> Iterator[Found]:
    """Look at the record that holds for a domain; one that can be used is added to ``policies``.

    :raises Unseen: it could not be looked up.
    """
    at, found = domain, _records(names, domain)
    if not found and organisation(domain) != domain:
        at = organisation(domain)
        found = _records(names, at)
    about = f"DMARC of {domain}"
    if not found:
        remedy = f"Set a TXT record at _dmarc.{at}: {START}{at}"
        yield wrong(about, "there is no record; Gmail, Yahoo and Outlook want one", remedy)
        return
    if len(found) > 1:
        yield wrong(about, f"there are {len(found)} records at _dmarc.{at}, so none counts", "Keep one of them.")
        return
    tags = tags_of(found[0])
    said = (tags.get("sp") if at != domain else None) or tags.get("p", "")
    policy = said.lower()
    if policy not in POLICIES:
        yield wrong(
            about, f"it names no policy at _dmarc.{at}", f"It must begin with v=DMARC1; p={' | '.join(POLICIES)}"
        )
        return
    policies.append(Policy(policy, tags.get("adkim", "r").lower() == "s", tags.get("aspf", "r").lower() == "s"))
    where = f", from {at}" if at != domain else ""
    yield fine(about, f"policy {policy}{where}")


def _records(names: Names, domain: str) -> list[str]:
    return [text for text in names.texts(f"_dmarc.{domain}") if text.replace(" ", "").upper().startswith("V=DMARC1")]


def look_at_alignment(
    sender: str, signers: Sequence[str], bounces: str, policy: Policy, *, is_seen: bool
) -> Iterator[Found]:
    """Say whether what vouches for letters vouches for the From that readers see.

    :param sender: the domain in From.
    :param signers: the domains that sign.
    :param bounces: the domain that bounces come back to; empty: not known.
    :param is_seen: it was seen on a letter, not read from the options.
    """
    about = f"alignment with {sender}"
    by_dkim = [each for each in signers if is_aligned(sender, each, strict=policy.strict_dkim)]
    by_spf = is_aligned(sender, bounces, strict=policy.strict_spf)
    if by_dkim and (by_spf or not bounces):
        yield fine(about, f"DKIM signs as {by_dkim[0]}" + (f", bounces come back to {bounces}" if by_spf else ""))
    elif by_dkim:
        yield fine(about, f"DKIM signs as {by_dkim[0]}; SPF is of {bounces}, which is not aligned and need not be")
    elif by_spf:
        said = f"only SPF is aligned ({bounces}), which a forwarded letter loses"
        yield noted(about, said, f"Have the provider sign as {sender}.")
    else:
        named = " and ".join(dict.fromkeys([*signers, *([bounces] if bounces else [])])) or "nobody"
        seen = "the letter is vouched for" if is_seen else "letters are vouched for"
        remedy = (
            f"Verify {sender} at the provider, so that it signs as that, or write from the domain that it signs as."
        )
        yield wrong(about, f"{seen} by {named}, so DMARC fails", remedy)
