"""Writes docs/senders.md from what the senders declare: ``python -m publisher.senders.reference > docs/senders.md``."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic.fields import FieldInfo

from publisher.senders.base import Sender
from publisher.senders.registry import sender_class

OURS = (
    *("apprise", "bluesky", "brevo", "discord", "facebook", "linkedin", "mailgun", "mailjet", "mailpit"),
    *("mastodon", "postmark", "resend", "sendgrid", "ses", "slack", "sparkpost", "telegram", "threads"),
    *("webhook", "x"),
)
HEAD = """\
# Senders

What stands under a channel besides the [keys that every channel has](schedules.md#all-keys). Secrets belong into
`.env`: write `${NAME}` here. `publisher check` names everything that is missing or can't be meant, at once.

`publisher connect CHANNEL` walks you through getting what a sender asks for: it says what to do where, asks for each
value without showing a secret, tries it by a request that posts nothing, and writes it into `.env`. It opens no page
unless you say `--open`. Until it has all that is needed, and the network takes it, nothing is written. Which values it
would replace that are set already, it says first, and asks; `--yes` answers beforehand. It also says first where `.env`
can't be written, or the environment sets a variable, if only to nothing, and so would hide what is written. Comments in
`.env` stay, and so do its owner and the group that alone was let in; a file that all could read is its owner's alone
afterwards, which is said. Several may do so at once: neither loses a value. A `publisher run` at work takes the new
values over by itself. Whether a social network still takes them, `publisher doctor` asks it later.

This page is made from the senders (`python -m publisher.senders.reference`); a test keeps it so.
[One that isn't there yet](adding-a-sender.md) says its own options the same way.

Bluesky, Discord, Facebook, Mastodon and X say with each answer how many requests they still take, and until when. After
the last one nothing is begun on that account, by any channel or process, until there are more; any network's refusal
because of too many requests (429) holds for the whole account too. A withdrawal waits only where the answer to one said
so: networks count deletions by themselves. What waits is named by `publisher status`, and loses no attempt by it.
[Which channels share an account](decisions/0014-social-senders.md#how-many-requests-a-network-takes) is told by their
options.
"""
MORE = {
    "apprise": """\
The bridge to Matrix, Mattermost, ntfy, Gotify, Zulip, Google Chat, Microsoft Teams and over a hundred others that
[Apprise](https://github.com/caronc/apprise) knows: install it beside Publisher, `pip install 'publisher[apprise]'`.
`target` is an address as Apprise writes it, with the keys of the service in it, so it belongs into `.env`; one channel
is one target. Networks that have a sender of their own here are refused, since theirs can do more.

Apprise says whether a post was taken, and no more: there are no links in the log, no threads, nothing can be looked for
or taken down, and after anything but a success or a refusal with a status the post stays unknown until you have looked.
What an address says of `retry`, `optional`, `overflow` and `redirect` does not hold; `?rto=20` lets Apprise wait 20
seconds for an answer where its usual 4 are too few.
""",
    "bluesky": """\
At Bluesky, under Settings, Privacy and Security, App Passwords, make one for Publisher; the account's own password
belongs nowhere, and with a code by mail it isn't taken. An account that lives on a server of its own logs in there:
`host: https://pds.example`. Publisher logs in once, keeps the session [encrypted](running.md#what-to-keep) in the
ledger, and refreshes it: logins are few at Bluesky.

<!-- fits: channels.bluesky -->
```yaml
sender: bluesky
identifier: gazette.example
password: ${BLUESKY_PASSWORD}
```

A post may have 300 characters as they are shown: of an address its host and how its path begins, which leads to the
whole of it. Hashtags are live; the card is made of the article's address, headline, summary and picture, and `picture:
attach` puts the picture in its place, with its alternative text. A request without an answer is said again for a day,
and stands once: the post has a key of ours. Bluesky goes on showing a post as it was first, so nothing is corrected
there.
""",
    "brevo": """\
At Brevo, under Transactional, Settings, Webhook: the address is `https://brevo:PASSWORD@HOST/webhooks/CHANNEL`, with
the password of `events_password`; tick delivered, deferred, soft bounce, hard bounce, invalid email, blocked, error,
spam and unsubscribed, batched if you like. Requests can't switch tracking off: do it in the account's settings, or
Brevo leads your links through its own host. Brevo puts a `List-Unsubscribe` of its own into every mail and doesn't say
whether ours stays: look at a test mail, and ask its support to leave theirs out; who leaves by theirs is heard all the
same. A list's title outside ASCII is left out of `List-Id`. After a request without an answer the same is said again
for a quarter of an hour, which Brevo takes once; then it is asked, by a tag that every call has. Used-up credits are
tried again at 0:00 UTC.
""",
    "discord": """\
At Discord, in the channel's settings, under Integrations, make a webhook and copy its address: whoever has it can post,
so it belongs into `.env`. Nobody is mentioned, whatever stands in a post, and its words are shown as they are. Posts of
a thread follow each other. With `picture: attach` the article's picture stands in the place of the page's preview, with
its alternative text. A request without an answer stays unknown until you have looked.

A bot takes more setting up (an application with a bot that may view the channel, send messages and read their history;
in a thread, send messages in threads) and knows what it said: a request without an answer is repeated within two
minutes, which Discord takes once, and then looked for in the channel for a day. Posts of a thread answer each other.
""",
    "facebook": """\
At Meta, make an app, log in with it as one who may post for the Page, and get the Page's own token, which
`/me/accounts` lists for a long-lived token of yours: `publisher connect CHANNEL` does all but the first. It doesn't end
by itself, but with a changed password or a lost role. `page` is the number that stands beside it. The card under a post
is Facebook's, made of the page that it links to; where that page can't be looked at twice, the link stands in the words
instead. A request without an answer is looked for among the Page's posts for a day, and words that Facebook refuses as
said already are taken for sent. A Page that Facebook holds back stops the channel.
""",
    "linkedin": """\
At LinkedIn, make an app with the product Share on LinkedIn, or, for an organisation's page, the Community Management
API, and get an access token of the one who posts: `publisher connect CHANNEL` does so, and then a week before its end
is told, after 60 days. When it has ended the channel stops, and a new one goes into `.env`. `author` is
`urn:li:person:` and the `sub` that LinkedIn's `userinfo` names, or `urn:li:organization:` and the number in the address
of the page's administration. The card under a post is made of the article's address, headline and summary; its picture,
or one with the headline, is uploaded. With `picture: attach` the picture stands there itself, with its alternative
text, and the link in the words. A request without an answer stays unknown until you have looked; said again, LinkedIn
refuses the same words and names the post that stands, which is then taken for sent. For a page that posts little and at
its readers' hours, a channel may have [slots](schedules.md#posts-one-after-the-other).
""",
    "mailjet": """\
At Mailjet, under Account, Event notifications: the address is `https://mailjet:PASSWORD@HOST/webhooks/CHANNEL`, with
the password of `events_password`; tick sent, bounce, blocked, spam and unsub, grouped. Tracking of opens and clicks is
off in every request. Mailjet sets `List-Id` itself and refuses one from us, so ours is left out; `List-Unsubscribe`
stays ours. A subject may have 255 characters. After a request without an answer Mailjet is asked about every letter. An
account on its platform in the US needs `base_url: https://api.us.mailjet.com`.
""",
    "mailgun": """\
At Mailgun, under Webhooks of the sending domain: the address is `PUBLIC_URL/webhooks/CHANNEL`; add Delivered Messages,
Temporary Failure, Permanent Failure, Spam Complaints and Unsubscribes, and copy the HTTP webhook signing key into
`events_key`. Tracking is off in every request; leave the domain's unsubscribe tracking off too, or Mailgun puts its own
`List-Unsubscribe` in. A request without an answer is looked for in Mailgun's list of events, which only an API key of
the account may read: with a sending key alone it stays unknown until an event tells, or you do.
""",
    "mastodon": """\
`publisher connect CHANNEL` makes an application at your server, which the account allows in a browser. By hand: under
Preferences, Development, make one with the scopes `read:accounts`, `write:statuses` and `write:media`, and copy its
access token. The card under a post is the server's own; `picture: attach` puts the article's picture
there, with its alternative text. A server with other limits than Mastodon's own needs `limit` and
`url_length`; `publisher doctor` asks it, and says what to write.
""",
    "postmark": """\
Newsletters go through a stream of the type Broadcasts, and there Postmark puts its own unsubscribe link and headers in,
unless its support lets you manage the stream's unsubscribes yourself: ask for that, then write `unsubscribe: us`. Until
then readers leave through Postmark, and its webhook is how we learn of it.

At Postmark, under Webhooks of that stream: the address is `https://publisher:PASSWORD@HOST/webhooks/CHANNEL`, with the
host of `PUBLIC_URL` and the password in `events_password`; tick Delivery, Bounce, Spam Complaint and Subscription
Change. Tracking of opens and links is off in every letter. A request without an answer is looked for by our id among
Postmark's letters, of which one that isn't there after an hour never came; in `bulk` it may still come, so there only
what is found counts.
""",
    "resend": """\
At Resend, under Webhooks: the address is `PUBLIC_URL/webhooks/CHANNEL`; tick `email.delivered`,
`email.delivery_delayed`, `email.bounced`, `email.complained`, `email.failed` and `email.suppressed`, and copy the
signing secret into `events_secret`. Tracking of opens and clicks is a setting of the domain there, not of a letter:
leave it off, or links lead through Resend. A used-up quota is asked for again at 0:00 UTC. A request without an answer
is said again under its key for a day, and Resend takes it once.
""",
    "sendgrid": """\
At SendGrid, under Settings, Mail Settings, Event Webhooks: the address is `PUBLIC_URL/webhooks/CHANNEL`; tick Bounced,
Dropped, Delivered, Deferred, Spam Reports and Unsubscribes; switch the signed webhook on and copy its verification key
into `events_key`. Tracking of opens, clicks and subscriptions is off in every request, so that the mail's own links and
`List-Unsubscribe` stay as they are. Commas and semicolons in a reader's name become spaces. Used-up credits are asked
for again at 0:00 UTC. What became of a request without an answer is told by its events; with Email Activity, which is
bought apart and holds nothing of the EU, set `activity: true`, and SendGrid is asked.
""",
    "ses": """\
At Amazon: an access key that may `ses:SendBulkEmail` and `ses:SendBulkTemplatedEmail`, and an account out of the
sandbox. For events: a configuration set (`configuration_set`) with an event destination for deliveries, delivery
delays, bounces, complaints, rejects and rendering failures, to an SNS topic; the topic's ARN in `events_topic`; at the
topic, a subscription over HTTPS to `PUBLIC_URL/webhooks/CHANNEL`, raw message delivery off, which Publisher confirms by
itself, and the attribute `SignatureVersion` at 2. Leave the feedback notifications of the sending domain off: they come
without our id. Tracking of opens and clicks is off in every request, and `List-Unsubscribe` is ours alone. A request
takes at most 1 MB, so a long mail goes to fewer than 50 readers at once. A used-up daily quota is tried again after an
hour; SES can't be asked what became of a request without an answer: its events tell.
""",
    "slack": """\
At Slack, make an app for your workspace. Under Incoming Webhooks, add one for the channel and copy its address: whoever
has it can post, so it belongs into `.env`. A webhook knows no threads, posts have no link in the log and can be neither
edited nor taken down, and a request without an answer stays unknown until you have looked.

A bot can do all of it: under OAuth & Permissions give it `chat:write` and `channels:history` (`groups:history` for a
private channel), install the app, copy the token, and invite the bot into the channel. A request without an answer is
then looked for in the channel for a day. Nobody is called, whatever stands in a post; pairs of `*`, `_` and `~` style
words, as anybody's in Slack.
""",
    "sparkpost": """\
**SparkPost puts its own `List-Unsubscribe` in place of ours**: who leaves by it tells SparkPost first, and we hear of
it through its webhook. So a list that is sent here needs `events_password`; ask its support whether your account may
keep the header of its own mail. A mail without a way to leave goes out as `transactional`, and gets no such header.

At SparkPost, under Configuration, Webhooks: the target is `PUBLIC_URL/webhooks/CHANNEL` with Basic authentication, any
user name and the password of `events_password`; tick Delivery, Delay, Bounce, Out of Band, Policy Rejection, Generation
Failure and Rejection, Spam Complaint, List Unsubscribe and Link Unsubscribe. Tracking of opens and clicks is off in
every request. `List-Id` goes out as SparkPost wants it, without the list's title. Where SparkPost rejects some readers
of a request it doesn't say which: all of them are unknown until its events tell. A sending limit is tried again at 0:00
UTC.
""",
    "telegram": """\
At Telegram, write to @BotFather, `/newbot`, and copy its token. In a channel make the bot an administrator who may post
messages; into a group it is invited. `chat` of a private channel is its number, with `-100` before it. Posts are plain
text, counted in UTF-16; the preview is the page's own. With `picture: attach` a post is the article's picture with at
most 1,024 characters under it; Telegram has no place for its alternative text. A bot can't look at what stands in a
channel: a request without an answer stays unknown until you have looked. A group that becomes a supergroup gets another
number, and the channel stops with it.
""",
    "threads": """\
At Meta, make an app with access to the Threads API; with it `publisher connect CHANNEL` gets a long-lived token of the
account that posts, with `threads_basic` and `threads_content_publish`, and `threads_delete` to withdraw posts. It lives
for 60 days and is renewed in time, as long as something is posted now and then; what it was renewed to is kept
[encrypted](running.md#what-to-keep) in the ledger. Where Threads renews it no more, that is told a week before its end:
a new one goes into `.env`. `user` is the number that came with the token. The card under a post is the page's own. An
emoji costs several of the 500 characters. Threads first prepares a post, then publishes it: after a request without an
answer it is asked whether that one stands, for a day.
""",
    "webhook": "What your receiver gets, and how it answers: [webhook.md](webhook.md).\n",
    "x": """\
**X charges for posts**, each part of a thread for itself, and more for one with a link in it. `publisher plan` and the
question before a send by hand say how much. The defaults of `price_per_post` and `price_with_link` are what was
reported in 2026, and nobody confirmed them: X's developer console says what it is now, write that. `per_day` under the
channel caps what a day may cost. Without credits the channel stops.

In that console make an app, give it the right to read and write, then make an access token for the account that posts,
and copy all four. They don't end. Where an app has OAuth 2.0 alone, write its `client_id`, and let
`publisher connect CHANNEL` get the refresh token that the account gives it with
`tweet.read tweet.write users.read offline.access`: Publisher gets a token by it every two hours, and keeps what came of
it [encrypted](running.md#what-to-keep) in the ledger, since each may be used once. So a ledger that is restored from a
copy needs a new one, and no other program may use the same. Posts are weighed as X does, with 23 for a link; the card
under a post is the page's own, and `picture: attach` puts the article's picture there, with its alternative text (a
token of OAuth 2.0 needs `media.write` for it). X refuses the same words twice: what stands already is taken for sent. A
request without an answer is looked for among the account's newest posts for a day, which X charges for too, as reading.
""",
}


def reference() -> str:
    """Return the page as text."""
    return HEAD + "".join(_section(sender_class(name)) for name in OURS)


def _section(sender: type[Sender]) -> str:
    rows = [_row(name, field) for name, field in sender.options.model_fields.items()]
    table = "| option | default | meaning |\n|---|---|---|\n" + "".join(rows)
    more = f"\n{MORE[sender.name]}" if sender.name in MORE else ""
    down = ", and takes posts down" if sender.takes_down else ""
    leads = " `publisher connect CHANNEL` leads to what it asks for." if sender.ways else ""
    return f"\n## {sender.name}\n\nCarries {_carries(sender)}{down}.{_edits(sender)}{leads}\n\n{table}{more}"


def _carries(sender: type[Sender]) -> str:
    return " and ".join({"mail": "mail", "post": "posts"}[kind] for kind in sorted(sender.carries))


def _edits(sender: type[Sender]) -> str:
    if "post" not in sender.carries:
        return ""
    return " Edits posts." if sender.edits else f" Edits no posts: {sender.cannot_edit}."


def _row(name: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else _shown(field.default)
    return f"| `{name}` | {default} | {(field.description or '').replace('|', chr(92) + '|')} |\n"


def _shown(default: Any) -> str:
    if default in (None, ""):
        return ""
    return f"`{json.dumps(default) if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    sys.stdout.write(reference())
