"""What a call keeps of its readers: a repeat says to each of them what the first try said."""

from __future__ import annotations

from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from publisher.model.call import Recipient
from publisher.store import calls

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))  # halves of a pair never get as far as the ledger
RECIPIENTS = st.builds(
    Recipient,
    delivery_id=st.integers(1, 2**63 - 1),
    reference=TEXTS,
    address=TEXTS,
    name=TEXTS,
    values=st.dictionaries(TEXTS, TEXTS) | st.dictionaries(TEXTS, TEXTS).map(MappingProxyType),
)


@given(st.lists(RECIPIENTS, max_size=5))
def test_members_come_back_as_they_were(members):
    frozen = calls._frozen(members)
    assert calls.thaw(frozen["members"]) == tuple(members)
    assert frozen["size"] == len(members)
