"""What is counted of links that readers follow, without knowing who did."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, UniqueConstraint

from publisher.store.tables.columns import Moment, Text, metadata, ref, row_id

tracked_links = Table(  # where a counted link of a mail leads: a redirect goes there and nowhere else
    "tracked_links",
    metadata,
    row_id(),
    ref("send_id", "sends"),
    Column("url", Text, nullable=False),
    UniqueConstraint("send_id", "url"),
)

clicks = Table(
    "clicks",
    metadata,
    Column("link_id", BigInteger, ForeignKey("tracked_links.id"), primary_key=True),
    Column("hour", Moment, primary_key=True),  # its beginning
    Column("count", Integer, nullable=False),
)

trial_clicks = Table(  # how often links of each variant of a send were followed, while its subjects are tried
    "trial_clicks",
    metadata,
    Column("send_id", BigInteger, ForeignKey("sends.id"), primary_key=True),
    Column("variant", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)
