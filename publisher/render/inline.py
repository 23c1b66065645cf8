"""Styles moved into the elements, once per message, by premailer; and the proof that it broke nothing."""

from __future__ import annotations

import logging
import re

from lxml.etree import LxmlError

from publisher.errors import TemplateError
from publisher.render.merge import count_tokens

# Each switches off something that breaks mail: the network, the loss of !important, sizes such as "100%" and "auto".
_SAFE = {
    "allow_network": False,
    "strip_important": False,
    "disable_basic_attributes": ["width", "height", "align", "valign", "bgcolor"],
    "align_floating_images": False,
    "disable_validation": True,
    "base_url": None,
    "cssutils_logging_level": logging.CRITICAL,
}
_DOCTYPE = "<!DOCTYPE html>"
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SIDE = re.compile(r'\s(?:width|height)="([^"]*)"', re.IGNORECASE)


def inline(html: str, *, where: str) -> str:
    """Return a mail with its styles inline; TemplateError, naming ``where``, when it would not arrive as written."""
    from premailer import Premailer  # here: it takes as long to import as all our templates take to render

    try:
        inlined = str(Premailer(html.strip(), **_SAFE).transform(pretty_print=False))
    except (AttributeError, IndexError, LxmlError, SyntaxError, ValueError) as error:
        raise TemplateError(
            f"the styles can't be moved into the elements: {error}",
            where=where,
            remedy='Put rules other than plain selectors into <style data-premailer="ignore">',
        ) from error
    _assert_whole(html, inlined, where)
    return inlined


def _assert_whole(before: str, after: str, where: str) -> None:
    for is_whole, what, remedy in (
        (
            after.startswith(_DOCTYPE),
            "the mail has no doctype",
            f"Begin the template with {_DOCTYPE}",
        ),
        (
            count_tokens(before) == count_tokens(after),
            "a merge field was lost where the styles are put in",
            "Look for broken markup around the fields",
        ),
        (
            after.count("%7B") <= before.count("%7B"),
            "a link holds a curly bracket",
            "Write a merge field without quotes or spaces around it",
        ),
        (
            before.count("@media") == after.count("@media"),
            "a media rule was lost where the styles are put in",
            'Put it into <style data-premailer="ignore">',
        ),
        (_sizes_are_whole(after), "a picture's width or height is no whole number", 'Write width="552", not "100%"'),
    ):
        if not is_whole:
            raise TemplateError(what, where=where, remedy=remedy)


def _sizes_are_whole(html: str) -> bool:
    return all(side.isdecimal() for image in _IMAGE.findall(html) for side in _SIDE.findall(image))
