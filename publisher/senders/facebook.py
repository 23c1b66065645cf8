"""Facebook's Graph API: posts of a Page. Facebook refuses the same words twice, and shows what the Page has posted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Annotated
from urllib.parse import quote, urlencode

from pydantic import Field, StringConstraints

from publisher.model.call import Answer, Call, Verdict
from publisher.model.message import Correction, Post, PostRules
from publisher.senders.base import Journal, Options, Secret, Sender
from publisher.senders.bodies import FORM, as_form
from publisher.senders.edits import edit_parts
from publisher.senders.facebook_answer import (
    MEND,
    counted,
    failures,
    found,
    has_no_card,
    is_duplicate,
    judge,
    judge_edit,
    with_link,
)
from publisher.senders.facebook_connect import WAYS, whose
from publisher.senders.graph_answer import judge_removal
from publisher.senders.http import Http, Reply
from publisher.senders.post import in_parts, longest_part, post_of, take_down
from publisher.senders.verdicts import deferred, unknown

EARLIER = timedelta(minutes=10)  # clocks differ
SOON = timedelta(minutes=1)
CARD = "card"  # so the note is called of how often no card could be made
MOST_FAILURES = 2  # then a post goes without its card


class FacebookOptions(Options):
    token: Secret = Field(description="an access token of the Page, with pages_manage_posts and pages_read_engagement")
    page: int = Field(ge=1, description="the number of the Page, which comes with its token")
    version: Annotated[str, StringConstraints(pattern=r"^v\d{2}\.\d$")] = Field(
        "v25.0", description="the version of the Graph API; each is served for about two years"
    )


class Facebook(Sender):
    name = "facebook"
    carries = frozenset({"post"})
    options = FacebookOptions
    max_bytes = 1_000_000
    takes_down = True
    edits = True
    ways = WAYS
    asked_for = timedelta(days=1)

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("facebook", 63_206, unit="utf16")

    def __init__(self, options: FacebookOptions, http: Http) -> None:
        super().__init__(options, http)
        self._api = f"{options.base_url or 'https://graph.facebook.com'}/{options.version}"
        self._feed = f"{self._api}/{options.page}/feed"
        self._token = options.token.get_secret_value()

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number, journal))

    def ask(self, call: Call) -> Answer:
        """Look for the post among what the Page posted since."""
        if not isinstance(call.message, Post):
            return super().ask(call)
        since = {"since": str(int((call.spoke_at - EARLIER).timestamp()))} if call.spoke_at else {}
        listed = self._listed("100", **since)
        stands = [found(listed, call.message, number) for number in range(len(call.message.parts))]
        if all(each.provider_id for each in stands):
            return listed.answer(stands[0])
        return listed.answer(unknown("the post was not found among the Page's"))

    def edit(self, call: Call, journal: Journal) -> Answer:
        return edit_parts(call, self, journal, self._edit)

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, partial(self._remove, was_said=call.attempt > 1))

    def whose(self) -> str | Verdict:
        return whose(self._feed.removesuffix("/feed"), self._token, self.http)

    def size(self, call: Call) -> int:
        return longest_part(call)

    def _post(self, post: Post, number: int, journal: Journal) -> Answer:
        """Post the words with their card; a page that Facebook fails to look at twice is linked to by the words."""
        failed = failures(journal.noted(CARD))
        if post.card and number == 0 and failed < MOST_FAILURES:
            reply = self._say(post.parts[0], link=post.card.url)
            if not has_no_card(reply):
                return self._judged(reply, post, number)
            journal.note(CARD, {"failed": failed + 1})
            if not failed:
                said = f"{judge(reply).reason}; it is tried once more"
                return reply.answer(deferred(said, self.http.clock() + SOON))
        return self._judged(self._say(with_link(post) if number == 0 else post.parts[number]), post, number)

    def _judged(self, reply: Reply, post: Post, number: int) -> Answer:
        """Say what came of a part; what stands already is taken for sent, and looked for."""
        if is_duplicate(reply):
            return reply.answer(found(self._listed("25"), post, number))
        return reply.answer(judge(reply))

    def _say(self, message: str, **more: str) -> Reply:
        body = as_form({"message": message, **more, "access_token": self._token}.items())
        reply = self.http.post(f"{self._feed}?fields=id,permalink_url", body, FORM)
        return counted(reply, self.http.clock())

    def _listed(self, limit: str, **since: str) -> Reply:
        """Ask for the newest posts of the Page."""
        fields = "id,message,permalink_url,created_time"
        asked = urlencode({"fields": fields, "limit": limit, **since, "access_token": self._token})
        return self.http.get(f"{self._feed}?{asked}")

    def _edit(self, said: Correction, number: int) -> Answer:
        """Edit the words of one part: with the link among them where it stands without its card."""
        has_no_card = number == 0 and failures(said.noted.get(CARD)) >= MOST_FAILURES
        words = with_link(said.post) if has_no_card else said.post.parts[number]
        body = as_form([("message", words), ("access_token", self._token)])
        reply = self.http.post(f"{self._api}/{quote(said.parts[number], safe='')}", body, FORM)
        reply = counted(reply, self.http.clock())
        return reply.answer(judge_edit(reply))

    def _remove(self, number: str, *, was_said: bool) -> Answer:
        reply = self.http.delete(f"{self._api}/{quote(number, safe='')}?{urlencode({'access_token': self._token})}")
        reply = counted(reply, self.http.clock())
        return reply.answer(judge_removal(reply, MEND, was_said=was_said))
