"""For whoever writes a sender: a provider on this machine, a journal in memory, ready messages, and a suite to pass.

The suite itself needs pytest and is imported by name: ``from publisher.testing.conformance import SenderConformance``.
"""

from publisher.senders.vault import MemoryVault
from publisher.testing.dialects import (
    DIALECTS,
    Accepted,
    Choosy,
    Dialect,
    Erasing,
    Pictorial,
    Preparing,
    Received,
    Response,
    Talkative,
    Trouble,
    Troubled,
)
from publisher.testing.journal import MemoryJournal
from publisher.testing.merge import expand_mailgun
from publisher.testing.provider import FakeProvider, Fault
from publisher.testing.samples import call_to, sample_mail, sample_picture, sample_post, sample_readers

__all__ = [
    "DIALECTS",
    "Accepted",
    "Choosy",
    "Dialect",
    "Erasing",
    "FakeProvider",
    "Fault",
    "MemoryJournal",
    "MemoryVault",
    "Pictorial",
    "Preparing",
    "Received",
    "Response",
    "Talkative",
    "Trouble",
    "Troubled",
    "call_to",
    "expand_mailgun",
    "sample_mail",
    "sample_picture",
    "sample_post",
    "sample_readers",
]
