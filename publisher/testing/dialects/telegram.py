"""How Telegram's Bot API answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from publisher.testing.dialects.base import Accepted, Received, Response, Shown, Trouble, type_of

FIELDS = {
    *("chat_id", "text", "message_thread_id", "disable_notification"),
    *("link_preview_options", "reply_parameters"),
}  # fmt: skip
OF_PHOTOS = {"chat_id", "caption", "message_thread_id", "disable_notification", "photo"}

EDITS = {"editMessageText": ("text", 4_096), "editMessageCaption": ("caption", 1_024)}


class TelegramDialect:
    """One bot that may post in one channel. It takes the same text as often as it comes."""

    requests_per_upload = 0

    def __init__(self, token: str = "7001:telegram-t0ken", *, chat: str = "@harbor_gazette") -> None:  # noqa: S107 - a fake's
        self.token, self.chat = token, chat
        self.messages: dict[int, dict[str, Any]] = {}
        self.old: set[int] = set()  # those that are older than 48 hours
        self.refuses_pictures = False
        self.shown: dict[str, Shown] = {}
        self.heard = False  # of the chat, since the bot was let in
        self.rights: dict[str, object] = {"status": "administrator", "can_post_messages": True}

    def uploads(self, method: str, path: str) -> bool:
        return False

    def standing(self) -> list[str]:
        return [str(number) for number in self.messages]

    def words(self) -> dict[str, str]:
        return {str(made): said.get("text", said.get("caption", "")) for made, said in self.messages.items()}

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        return WORDS.get(trouble, ())

    def answer(self, request: Received, number: int) -> Response:
        bot, _, method = request.path.removeprefix("/bot").partition("/")
        if not request.path.startswith("/bot") or request.method != "POST":
            return _no(404, "Not Found")
        if bot != self.token:
            return _no(401, "Unauthorized")
        if method == "sendPhoto":
            return self._show(request, number)
        if method in ("getMe", "getUpdates", "getChat", "getChatMember"):
            return self._told(method, request.json)
        if method not in ("sendMessage", "deleteMessage", *EDITS):
            return _no(404, "Not Found")
        if request.headers.get("content-type") != "application/json" or not isinstance(request.json, dict):
            return _no(400, "Bad Request: message text is empty")
        if method == "deleteMessage":
            return self._removed(request.json)
        if method in EDITS:
            return self._edited(request.json, *EDITS[method])
        if complaint := self._complaint(request.json):
            return _no(400, f"Bad Request: {complaint}")
        return self._taken(request, number, request.json, {"text": request.json["text"]})

    def _told(self, method: str, asked: Any) -> Response:
        """Say who the bot is, what it has heard of, and what it may do in the chat."""
        if not isinstance(asked, dict):
            return _no(400, "Bad Request: object expected as JSON")
        if method == "getMe":
            return _yes({"id": 7001, "is_bot": True, "username": "gazette_bot"})
        if method == "getUpdates":
            chats = [{"id": 5, "type": "private", "first_name": "Ann"}, *([self._about()] if self.heard else [])]
            return _yes([{"update_id": number, "message": {"chat": chat}} for number, chat in enumerate(chats)])
        if str(asked.get("chat_id")) not in (self.chat, str(self._about()["id"])):
            return _no(400, "Bad Request: chat not found")
        if method == "getChat":
            return _yes(self._about())
        if asked.get("user_id") != 7001:
            return _no(400, "Bad Request: user not found")
        return _yes({"user": {"id": 7001}, **self.rights})

    def _removed(self, body: dict[str, Any]) -> Response:
        if body.keys() != {"chat_id", "message_id"} or str(body["chat_id"]) != self.chat:
            return _no(400, "Bad Request: chat not found")
        if body["message_id"] not in self.messages:
            return _no(400, "Bad Request: message to delete not found")
        if body["message_id"] in self.old:
            return _no(400, "Bad Request: message can't be deleted")
        del self.messages[body["message_id"]]
        return Response(200, {"ok": True, "result": True})

    def _edited(self, body: dict[str, Any], what: str, most: int) -> Response:
        """Give a message another text, or a photo another caption; not one in the other's place."""
        said, stands = body.get(what), self.messages.get(body.get("message_id", 0))
        known = {"chat_id", "message_id", what} | ({"link_preview_options"} if what == "text" else set())
        if str(body.get("chat_id")) != self.chat or not body.keys() <= known:
            return _no(400, "Bad Request: chat not found")
        if stands is None:
            return _no(400, "Bad Request: message to edit not found")
        if what not in stands:
            return _no(400, f"Bad Request: there is no {what} in the message to edit")
        if not isinstance(said, str) or not said.strip():
            return _no(400, "Bad Request: message text is empty")
        if len(said.encode("utf-16-le")) // 2 > most:
            return _no(400, "Bad Request: MESSAGE_TOO_LONG")
        if stands[what] == said:
            return _no(400, "Bad Request: message is not modified: specified new message content is the same")
        stands[what] = said
        return _yes({"message_id": body["message_id"], "chat": self._about(), "edit_date": 1_795_500_060, what: said})

    def _show(self, request: Received, number: int) -> Response:
        said, photo = request.parts, request.parts.get("photo")
        if photo is None or not said.keys() <= OF_PHOTOS or self.refuses_pictures:
            return _no(400, "Bad Request: IMAGE_PROCESS_FAILED")
        if type_of(photo.content) != photo.type or len(photo.content) > 10_000_000:
            return _no(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        fields = {name: part.text for name, part in said.items() if name != "photo"}
        if fields.get("chat_id") != self.chat:
            return _no(400, "Bad Request: chat not found")
        if len(fields.get("caption", "").encode("utf-16-le")) // 2 > 1_024:
            return _no(400, "Bad Request: message caption is too long")
        self.shown[str(number)] = Shown(photo.content, "")
        return self._taken(request, number, fields, {"caption": fields.get("caption", ""), "photo": [{"file_id": "1"}]})

    def _taken(self, request: Received, number: int, body: dict[str, Any], said: dict[str, object]) -> Response:
        self.messages[number] = body
        result = {"message_id": number, "date": 1_795_500_000, "chat": self._about(), **said}
        taken = Accepted("@gazette@news.example", "", str(number), request)
        return Response(200, {"ok": True, "result": result}, (taken,))

    def _complaint(self, body: dict[str, Any]) -> str:
        text, parent = body.get("text"), body.get("reply_parameters")
        preview = body.get("link_preview_options", {})
        if str(body.get("chat_id")) != self.chat:
            return "chat not found"
        if not isinstance(text, str) or not text.strip():
            return "message text is empty"
        if len(text.encode("utf-16-le")) // 2 > 4_096:
            return "message is too long"
        if not body.keys() <= FIELDS or not preview.keys() <= {"url", "is_disabled"}:
            return "a field that no post of ours has"
        if parent is not None and parent.get("message_id") not in self.messages:
            return "message to be replied not found"
        return ""

    def _about(self) -> dict[str, object]:
        """Say what is known of the chat: the number of a private one, the name too of a public one."""
        if self.chat.startswith("@"):
            return {"id": -1001234567890, "type": "channel", "title": "Harbor", "username": self.chat[1:]}
        return {"id": int(self.chat), "type": "channel", "title": "Harbor"}


def _yes(result: object) -> Response:
    return Response(200, {"ok": True, "result": result})


def _no(code: int, words: str) -> Response:
    return Response(code, {"ok": False, "error_code": code, "description": words})


WORDS = {
    Trouble.REVOKED: (_no(401, "Unauthorized"), _no(404, "Not Found")),
    Trouble.SUSPENDED: (
        _no(403, "Forbidden: bot was kicked from the channel chat"),
        _no(400, "Bad Request: CHAT_RESTRICTED"),
        _no(400, "Bad Request: USER_BANNED_IN_CHANNEL"),
    ),
    Trouble.INSIDE_A_SUCCESS: (
        Response(200, {"ok": False, "error_code": 401, "description": "Unauthorized"}),
        Response(200, {"ok": False, "error_code": 400, "description": "Bad Request: message is too long"}),
    ),
}
