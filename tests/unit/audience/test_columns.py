"""Which column is what, in several languages; said otherwise by hand; and a file without a header is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.audience.imports import columns
from publisher.errors import ImportFileError

FILE = Path("people.csv")


@pytest.mark.parametrize(
    "header",
    [
        ["E-Mail-Adresse", "Vorname", "Nachname"],
        ["Adresse e-mail", "Prénom", "Nom"],
        ["Correo electrónico", "Nombre", "Apellidos"],
        ["Endereço de e-mail", "Primeiro nome", "Sobrenome"],
        ["Indirizzo e-mail", "Nome", "Cognome"],
        ["E-mailadres", "Voornaam", "Achternaam"],
        ["E-postadress", "Förnamn", "Efternamn"],
        ["البريد الإلكتروني", "الاسم الأول", "اسم العائلة"],
        ["EMAIL_ADDRESS", "first_name", "LNAME"],
    ],
)
def test_addresses_and_the_two_parts_of_names_are_found(header):
    found = columns.find(header, FILE)
    assert (found.email, found.name) == (0, (1, 2))
    assert found.name_in(["ada@example.org", " Ada ", "Lovelace"]) == "Ada Lovelace"
    assert found.name_in(["ada@example.org", "", "Lovelace"]) == "Lovelace"
    assert found.name_in(["ada@example.org"]) == ""
    assert found.words == (f"email ← {header[0]}", f"name ← {header[1]} + {header[2]}")


def test_what_is_taken_and_what_not_is_said():
    found = columns.find(["Mail", "Full name", "Home Town", "", "Home-Town"], FILE, without=frozenset({"home town"}))
    assert found.words == ("email ← Mail", "name ← Full name", "not taken: Home Town, (no name), Home-Town")
    found = columns.find(["Mail", "Home Town", "", "Home-Town"], FILE)
    assert found.attributes == {1: "home_town", 3: "home_town_2"}
    assert found.attributes_in(["ada@example.org", " Porto ", "x"]) == {"home_town": "Porto"}


def test_what_is_said_by_hand_holds():
    said = {"email": "Zweite E-Mail", "name": "Anrede", "city": "Stadt"}
    found = columns.find(["E-Mail", "Zweite E-Mail", "Anrede", "Stadt"], FILE, said=said)
    assert (found.email, found.name, found.attributes) == (1, (2,), {0: "e_mail", 3: "city"})
    with pytest.raises(ImportFileError, match=r"no column 'Nowhere'.*There are: E-Mail, x"):
        columns.find(["E-Mail", "x"], FILE, said={"email": "Nowhere"})


def test_five_thousand_columns_are_no_five_thousand_attributes():
    found = columns.find(["email", *(f"c{n}" for n in range(4_999))], FILE)
    assert len(found.attributes) == columns.MOST
    assert found.words[-1].endswith("c219, and 4,779 more")


def test_a_file_without_a_header_or_without_addresses_is_told_so():
    with pytest.raises(ImportFileError, match=r"people\.csv:1: the first line has an address"):
        columns.find(["Ada", "ada@example.org"], FILE)
    with pytest.raises(ImportFileError, match=r"no column `email` \(found: a, b\).*--map email=COLUMN"):
        columns.find(["a", "b", ""], FILE)
