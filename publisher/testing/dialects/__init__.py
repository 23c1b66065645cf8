"""What a fake provider says to a request: strict, one file per provider."""

from collections.abc import Mapping

from publisher.testing.dialects.apprise import AppriseDialect
from publisher.testing.dialects.base import (
    Accepted,
    Choosy,
    Counting,
    Dialect,
    Erasing,
    Pictorial,
    Preparing,
    Received,
    Response,
    Rewording,
    Shown,
    Talkative,
    Trouble,
    Troubled,
)
from publisher.testing.dialects.bluesky import BlueskyDialect
from publisher.testing.dialects.brevo import BrevoDialect
from publisher.testing.dialects.discord import DiscordDialect
from publisher.testing.dialects.facebook import FacebookDialect
from publisher.testing.dialects.linkedin import LinkedInDialect
from publisher.testing.dialects.mailgun import MailgunDialect
from publisher.testing.dialects.mailjet import MailjetDialect
from publisher.testing.dialects.mailpit import MailpitDialect
from publisher.testing.dialects.mastodon import MastodonDialect
from publisher.testing.dialects.postmark import PostmarkDialect
from publisher.testing.dialects.resend import ResendDialect
from publisher.testing.dialects.sendgrid import SendGridDialect
from publisher.testing.dialects.ses import SesDialect
from publisher.testing.dialects.slack import SlackDialect
from publisher.testing.dialects.sparkpost import SparkPostDialect
from publisher.testing.dialects.telegram import TelegramDialect
from publisher.testing.dialects.threads import ThreadsDialect
from publisher.testing.dialects.webhook import WebhookDialect
from publisher.testing.dialects.x import XDialect

DIALECTS: Mapping[str, type[Dialect]] = {
    "apprise": AppriseDialect,
    "bluesky": BlueskyDialect,
    "brevo": BrevoDialect,
    "discord": DiscordDialect,
    "facebook": FacebookDialect,
    "linkedin": LinkedInDialect,
    "mailgun": MailgunDialect,
    "mailjet": MailjetDialect,
    "mailpit": MailpitDialect,
    "mastodon": MastodonDialect,
    "postmark": PostmarkDialect,
    "resend": ResendDialect,
    "sendgrid": SendGridDialect,
    "ses": SesDialect,
    "slack": SlackDialect,
    "sparkpost": SparkPostDialect,
    "telegram": TelegramDialect,
    "threads": ThreadsDialect,
    "webhook": WebhookDialect,
    "x": XDialect,
}

__all__ = [
    "DIALECTS",
    "Accepted",
    "Choosy",
    "Counting",
    "Dialect",
    "Erasing",
    "Pictorial",
    "Preparing",
    "Received",
    "Response",
    "Rewording",
    "Shown",
    "Talkative",
    "Trouble",
    "Troubled",
]
