"""What PostgreSQL's errors mean to the person who runs Publisher. Values and passwords are never said."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

LATER = "Nothing was lost: it is tried again, or run the command again"

SILENT = "25P03"  # somebody stood still within a transaction for too long

# By SQLSTATE (PostgreSQL, appendix A), the longest that fits.
_BY_STATE = {
    "08": ("the connection to the database broke", LATER),
    "25006": ("this server only reads: it is a stand-by", "Let DATABASE_URL name the primary server"),
    SILENT: ("the database ended a transaction that had stood still for too long", LATER),
    "28": ("the database refused this user or its password", "Check user and password in DATABASE_URL"),
    "3D000": ("the server has no such database", "Create it (createdb), or mend its name in DATABASE_URL"),
    "40": ("the database gave a change up in favour of another", LATER),
    "42501": ("this user may not do that in the database", "Make it the owner of the database and its tables"),
    "53100": ("the database's disk is full: nothing was written, and nothing more is sent", "Free some space there"),
    "53300": ("the server takes no more connections", "Raise its max_connections, or stop other programs"),
    "53": ("the server is short of memory or space", "Look at the server's own log"),
    "55P03": ("another process has held what we need for too long", LATER),
    "57014": ("a statement took longer than 5 minutes and was stopped", "Look at what else the server is doing"),
    "57P": ("the server is being stopped or started", LATER),
    "58": ("the server's disk or system failed", "Look at the server's own log"),
    "XX": ("the database says that it is damaged", "Look at the server's own log; restore from a backup"),
}
# A connection that is refused carries no SQLSTATE: libpq's words are all there is.
_BY_WORDS = (
    ("starting up", _BY_STATE["57P"]),
    ("shutting down", _BY_STATE["57P"]),
    ("password authentication failed", _BY_STATE["28"]),
    ("no password supplied", ("the server wants a password", "Write it into DATABASE_URL")),
    ("no pg_hba.conf entry", ("the server lets nobody in from here as this user", "Mend pg_hba.conf on the server")),
    ('role "', _BY_STATE["28"]),
    ('database "', _BY_STATE["3D000"]),
    ("too many", _BY_STATE["53300"]),
    ("resolve", ("there is no server of this name", "Check the host in DATABASE_URL")),
    ("Name or service not known", ("there is no server of this name", "Check the host in DATABASE_URL")),
    ("timeout", ("the database did not answer in time", LATER)),
)
UNREACHABLE = ("the database can't be reached", "Start it, or check host and port in DATABASE_URL. Nothing was lost")


def explain(error: DBAPIError) -> tuple[str, str]:
    """Return what is wrong, and what to do."""
    state = _state(error)
    for length in (5, 3, 2):
        if state[:length] in _BY_STATE:
            return _BY_STATE[state[:length]]
    if is_lost(error) or not state:
        said = str(error.orig)
        return next((words for sign, words in _BY_WORDS if sign in said), UNREACHABLE)
    # The primary message names tables and columns; values stand in the detail, which stays unsaid.
    said = getattr(getattr(error.orig, "diag", None), "message_primary", "") or type(error.orig).__name__
    return f"the database refused ({state}): {said}", "Nothing was written. Report this line"


def is_lost(error: DBAPIError) -> bool:
    """Say whether the connection is gone."""
    state = _state(error)
    return error.connection_invalidated or not state or state[:2] == "08" or state[:3] == "57P" or state == SILENT


def may_be_written(error: DBAPIError) -> bool:
    """Say whether a commit that ended so may have been made all the same.

    Whoever was ended for their silence had not been heard to ask for it.
    """
    return is_lost(error) and _state(error) != SILENT


def may_be_tried_again(error: DBAPIError) -> bool:
    """Say whether the same work, run again, may well succeed. Only of what is certainly not written."""
    return is_lost(error) or _state(error)[:2] == "40" or _state(error) == "55P03"


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
