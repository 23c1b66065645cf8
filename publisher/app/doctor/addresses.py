"""Whether readers can leave and providers can speak: our own addresses, under the public name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from publisher.app.doctor.finding import Found, fine, noted, wrong
from publisher.app.doctor.letter import ONE_CLICK
from publisher.pipeline.produce import is_reachable

if TYPE_CHECKING:
    from publisher.app.doctor.patient import Patient
    from publisher.app.doctor.web import Said

NOBODY = "doctor"  # a token that is nobody's: looking at it and leaving by it change nothing


def look_at_leaving(patient: Patient) -> Iterator[Found]:
    """Ask for the leaving page as a reader does, and leave as a mail program does, with a link that is nobody's.

    :raises Unseen: it can't be told from here.
    """
    about, base = "the leaving page", patient.public_url
    if not base:
        yield wrong(about, "no `public_url` is set", "Write publication.public_url: the https address of Publisher.")
        return
    if not is_reachable(base):
        yield wrong(
            about, f"readers can't follow a link to {base}", "publication.public_url must be a public https address."
        )
    name, _, value = ONE_CLICK.partition("=")
    url = f"{base}/u/{NOBODY}"
    yield judge(about, "/u/", patient.web.ask("GET", url))
    yield judge("leaving with one click", "/u/", patient.web.ask("POST", url, {name: value}))


def look_at_webhook(patient: Patient) -> Iterator[Found]:
    """Ask for the address where the provider says what became of letters.

    :raises Unseen: it can't be told from here.
    """
    if patient.public_url:
        said = patient.web.ask("GET", f"{patient.public_url}/webhooks/{patient.channel.name}")
        yield judge("the address for events", "/webhooks/", said)


def judge(about: str, path: str, said: Said) -> Found:
    """Say what an answer of an address of ours means.

    :param path: that the web server in front must pass.
    """
    passes = f"Let `publisher run` run, and the web server in front pass {path} to it (docs/running.md)."
    if said.fault == "certificate":
        return wrong(about, f"its certificate is not believed: {said.words}", "Have the web server show a valid one.")
    if said.fault:
        return wrong(about, "nobody listens there", passes)
    if said.leads_to:
        remedy = f"Let {path} answer itself: nobody who speaks to it follows (RFC 8058)."
        return wrong(about, f"HTTP {said.status} leads on to {said.leads_to}", remedy)
    if said.status == 421:
        return wrong(
            about, "HTTP 421", "Let the web server in front pass the Host that readers used (docs/running.md)."
        )
    if said.status != 200:
        return wrong(about, f"HTTP {said.status}", passes)
    if not said.is_ours:
        return noted(about, "HTTP 200, but perhaps not from Publisher", passes)
    return fine(about, "HTTP 200, no redirect")
