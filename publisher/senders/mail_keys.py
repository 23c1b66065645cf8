"""Where each mail provider shows its keys: they are copied by hand, since none of them gives one in another way."""

from __future__ import annotations

from publisher.model.call import Verdict
from publisher.senders.connecting import copied
from publisher.senders.events import within
from publisher.senders.http import Reply
from publisher.senders.verdicts import refused

GOOD = "the key is good"


def taken(reply: Reply) -> str | Verdict:
    """Read the answer to a question that only a good key is answered; it doesn't say whose the key is."""
    return reply.trouble or GOOD


def may_send(reply: Reply, right: str) -> str | Verdict:
    """Read the rights of a key."""
    rights = within(reply.json, "scopes")
    if reply.trouble or (isinstance(rights, list) and right in rights):
        return taken(reply)
    return refused(f"the key lacks the right {right}")


BREVO = (
    copied(
        ("api_key",),
        "At Brevo open SMTP & API, API Keys, generate a key named Publisher, and copy it: it is shown once.",
        page="https://app.brevo.com/settings/keys/api",
    ),
)
MAILGUN = (
    copied(
        ("api_key",),
        "At Mailgun open Send, Sending, Domain settings of the domain, Sending keys, add one named Publisher, and "
        "copy it: it is shown once.",
        needs=("domain",),
        page="https://app.mailgun.com/mg/sending/domains",
    ),
)
MAILJET = (
    copied(
        ("api_key", "secret_key"),
        "At Mailjet open Account, API Key Management, and copy API key and secret key: the secret one is shown once.",
        page="https://app.mailjet.com/account/apikeys",
    ),
)
POSTMARK = (
    copied(
        ("server_token",),
        "At Postmark open the server that sends, API Tokens, and copy a token.",
        page="https://account.postmarkapp.com/servers",
    ),
)
RESEND = (
    copied(
        ("api_key",),
        "At Resend open API Keys, create one named Publisher with sending access, and copy it: it is shown once.",
        page="https://resend.com/api-keys",
    ),
)
SENDGRID = (
    copied(
        ("api_key",),
        "At SendGrid open Settings, API Keys, create one named Publisher with restricted access and the right "
        "Mail Send, and copy it: it is shown once.",
        page="https://app.sendgrid.com/settings/api_keys",
    ),
)
SES = (
    copied(
        ("access_key_id", "secret_access_key"),
        "At Amazon open IAM, Users, make one for Publisher that may ses:SendBulkEmail and ses:SendBulkTemplatedEmail, "
        "and under Security credentials create an access key. Its secret is shown once.",
        needs=("region",),
        page="https://console.aws.amazon.com/iam/home#/users",
    ),
)
SPARKPOST = (
    copied(
        ("api_key",),
        "At SparkPost open Configuration, API Keys, create one named Publisher with Transmissions: Read/Write, and "
        "copy it: it is shown once.",
        page="https://app.sparkpost.com/account/api-keys",
    ),
)
