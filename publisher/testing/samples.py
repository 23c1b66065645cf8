"""Messages and readers to try a sender with: every kind of slot, and names that need care."""

from __future__ import annotations

from io import BytesIO

from publisher.model.article import Image
from publisher.model.call import Call, Picture, Recipient
from publisher.model.message import Card, Content, Mail, Post, Slot

NAMES = ("Ana", "Åsa & Søn", 'Dr. "Bo" Li', "O'Brien", "<b>Mallory</b>", "李雷", "")


def sample_mail() -> Mail:
    """Return a newsletter with a slot in every kind of place."""
    name = Slot("first_name", "html", "reader")
    leave = Slot("unsubscribe_url", "url")
    return Mail(
        subject=("Good morning, ", Slot("first_name", "header", "reader"), ": the harbour reopens"),
        html=(
            "<p>Dear ",
            name,
            '</p><p>Ferries sail again.</p><a href="',
            leave,
            '">Leave</a><img src="https://a.example/',
            Slot("first_name", "url-part", "reader"),
            '" alt="">',
        ),
        text=(
            "Dear ",
            Slot("first_name", "text", "friend"),
            "\n\nFerries sail again.\n\nLeave: ",
            Slot("unsubscribe_url", "text"),
        ),
        headers=(
            ("List-Unsubscribe", ("<", Slot("unsubscribe_url", "header"), ">")),
            ("List-Unsubscribe-Post", ("List-Unsubscribe=One-Click",)),
            ("List-Id", ("Morning briefing <daily.letters.harbor.example>",)),
        ),
        from_name="Harbor Gazette",
        from_email="news@harbor.example",
        reply_to="desk@harbor.example",
    )


def sample_post(parts: int = 1) -> Post:
    """Return a post, or a thread of several parts, with a card."""
    texts = tuple(f"{n}/ The harbour reopens https://harbor.example/{n}" for n in range(1, parts + 1))
    image = Image("https://harbor.example/ferry.jpg", alt="A ferry leaves the quay", width=1200, height=630)
    return Post(texts, "en", Card("https://harbor.example/1", "The harbour reopens", "Ferries sail again.", image))


def sample_picture(*, in_card: bool = False, is_needed: bool = False) -> Picture:
    """Return a JPEG that every network takes."""
    from PIL import Image as Drawn  # here: few tests need it

    out = BytesIO()
    Drawn.new("RGB", (320, 180), "#0b3f70").save(out, "JPEG")
    return Picture(out.getvalue(), "image/jpeg", "A ferry leaves the quay", 320, 180, in_card, is_needed)


def sample_readers(count: int) -> tuple[Recipient, ...]:
    """Return that many readers, each with an address, values and an unsubscribe address of their own."""
    return tuple(_reader(number) for number in range(1, count + 1))


def call_to(message: Content, count: int = 1, *, key: str = "call-1-k3y", picture: Picture | None = None) -> Call:
    """Return a call of a message to that many readers, or of a post, with a picture if there is one, or its end, to an
    account.
    """
    if not isinstance(message, Mail):
        account = Recipient(1, "d1-ref", "@gazette@news.example")
        return Call(1, key, message, (account,) * count, picture=picture)
    return Call(1, key, message, sample_readers(count))


def _reader(number: int) -> Recipient:
    name = NAMES[number % len(NAMES)]
    values = {"first_name": name, "unsubscribe_url": f"https://letters.harbor.example/u/{number}?l=daily&t=x{number}"}
    return Recipient(number, f"d{number}-ref", f"reader{number}@example.org", name, values)
