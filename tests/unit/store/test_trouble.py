"""What PostgreSQL's words mean to the person who runs Publisher."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from publisher.store.trouble import explain

REFUSED = 'connection to server on socket "/run/.s.PGSQL.5432" failed: FATAL:  '


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("the database system is starting up", "the server is being stopped or started"),
        ("the database system is shutting down", "the server is being stopped or started"),
        ('database "publisher" does not exist', "the server has no such database"),
        ('role "ana" does not exist', "the database refused this user or its password"),
        ("sorry, too many clients already", "the server takes no more connections"),
        ("", "the database can't be reached"),
    ],
)
def test_a_refused_connection_is_told_by_its_words(said, means):
    error = DBAPIError("", None, psycopg.OperationalError(REFUSED + said))
    assert explain(error)[0] == means
