"""The tables of the ledger. Migrations make them; a test proves that both say the same.

Times are integer microseconds UTC. States are words of `model.states`, without CHECK constraints, so that a later
version may add one. Ledger tables only ever gain nullable columns.
"""

from publisher.store.tables.articles import (
    article_aliases,
    article_history,
    article_revisions,
    articles,
    looks,
    source_links,
    sources,
)
from publisher.store.tables.books import calls, deliveries, events, outcomes, tries
from publisher.store.tables.columns import EPOCH, Moment, Text, insert_row, metadata, update_row
from publisher.store.tables.desk import approvals, notes
from publisher.store.tables.editions import COUNTED, edition_articles, editions, media, messages, sends
from publisher.store.tables.hooks import hook_messages, hook_tries, hooks
from publisher.store.tables.keeping import erasures, sealed_totals
from publisher.store.tables.measures import clicks, tracked_links, trial_clicks
from publisher.store.tables.people import (
    changes,
    domains,
    lists,
    recipients,
    subscribers,
    subscriptions,
    suppressions,
    wordings,
)
from publisher.store.tables.project import facts, processes, project_versions, schedules, templates
from publisher.store.tables.secrets import credentials
from publisher.store.tables.shared import alerts, channels, limits
from publisher.store.tables.staff import actions, api_tokens, sessions, staff

__all__ = [
    "COUNTED",
    "EPOCH",
    "Moment",
    "Text",
    "actions",
    "alerts",
    "api_tokens",
    "approvals",
    "article_aliases",
    "article_history",
    "article_revisions",
    "articles",
    "calls",
    "changes",
    "channels",
    "clicks",
    "credentials",
    "deliveries",
    "domains",
    "edition_articles",
    "editions",
    "erasures",
    "events",
    "facts",
    "hook_messages",
    "hook_tries",
    "hooks",
    "insert_row",
    "limits",
    "lists",
    "looks",
    "media",
    "messages",
    "metadata",
    "notes",
    "outcomes",
    "processes",
    "project_versions",
    "recipients",
    "schedules",
    "sealed_totals",
    "sends",
    "sessions",
    "source_links",
    "sources",
    "staff",
    "subscribers",
    "subscriptions",
    "suppressions",
    "templates",
    "tracked_links",
    "trial_clicks",
    "tries",
    "update_row",
    "wordings",
]
