"""The addresses of the console's pages, with what is asked of them."""

from __future__ import annotations

from urllib.parse import urlencode


def address(path: str, **query: object) -> str:
    """Return the address of a page; what is empty is not asked."""
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{said}" if said else path
