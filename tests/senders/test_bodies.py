"""What requests carry: the bytes that everybody expects, and the same each time."""

from __future__ import annotations

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from publisher.senders.bodies import File, as_form, as_json, as_json_list, as_multipart
from publisher.testing import Received

TRICKY = st.text(st.sampled_from("%+ &=\n\0~é🙂") | st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(TRICKY, TRICKY)))
def test_a_form_has_the_bytes_that_everybody_expects(fields) -> None:
    assert as_form(fields) == urlencode(fields).encode()


@given(st.lists(st.dictionaries(TRICKY, TRICKY | st.integers())))
def test_a_list_that_is_written_one_by_one_has_the_bytes_of_the_whole(values) -> None:
    assert as_json_list(iter(values)) == as_json(values)


@given(
    st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text()), unique_by=lambda f: f[0]), st.binary()
)
def test_a_form_with_a_file_is_read_back_as_it_was(fields: list[tuple[str, str]], content: bytes) -> None:
    file = File("files[0]", "picture.jpg", "image/jpeg", content)
    body, kind = as_multipart(fields, file)
    assert (body, kind) == as_multipart(fields, file)
    parts = Received("POST", "/", {"content-type": kind}, body).parts
    assert {name: part.text for name, part in parts.items() if not part.type} == dict(fields)
    sent = parts["files[0]"]
    assert (sent.content, sent.type, sent.name) == (content, "image/jpeg", "picture.jpg")
