"""The headers that every answer carries: no scripts but the console's own, no third parties, nothing kept."""

from __future__ import annotations

OWN_PICTURES = "img-src 'self'"
PICTURES = "img-src 'self' http: https: data:"  # only where a card, a mail or a page shows an article's own picture

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",  # for browsers that don't know frame-ancestors, which says it page by page
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}

FOREVER = "public, max-age=31536000, immutable"  # of what is named by its own digest: RFC 8246


def policy(pictures: str = OWN_PICTURES, *, framed: bool = False, scripts: bool = False) -> str:
    """Return the Content-Security-Policy of a page.

    :param pictures: the directive that says which pictures it may show.
    :param framed: it stands in a frame of another page of ours.
    :param scripts: the console's own scripts may run, and ask for what is new; nobody's else, and none within the page.
    """
    parents = "'self'" if framed else "'none'"
    rules = [
        "default-src 'none'",
        "style-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        f"frame-ancestors {parents}",
    ]
    own = ["script-src 'self'", "connect-src 'self'"] if scripts else []
    return "; ".join([*rules, *own, pictures])


# Of a mail itself: its own styles and pictures, no scripts, no forms, an origin of its own.
MAIL = (
    "sandbox; default-src 'none'; img-src * data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
)
WITHOUT_PICTURES = MAIL.replace("img-src * data:", "img-src 'none'")  # as mail programs do until a reader allows them
# The same in the archive, where people follow its links: they open in the whole window, or in another one.
ARCHIVED = MAIL.replace(
    "sandbox;", "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation;"
)
