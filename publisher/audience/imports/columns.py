"""Which column of a file is what: guessed from its name in a dozen languages, shown, and said otherwise by --map."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from publisher.audience.addresses import normalise
from publisher.errors import ImportFileError

MOST = 200  # attributes of a person
SHOWN = 20  # columns that are not taken
LONGEST_NAME = 60  # characters of an attribute's name
EMAIL, NAME, FIRST, LAST = "email", "name", "first_name", "last_name"

# As `_simple` writes them: small letters, no signs.
NAMES = {
    EMAIL: """email; e mail; mail; address; email address; e mail address; mail address; your email; subscriber email
        e mail adresse; email adresse; mailadresse; mail adresse; adresse e mail; adresse email; adresse mail; courriel
        adresse courriel; correo; correo electrónico; correo electronico; dirección de correo electrónico
        endereço de e mail; endereço de email; endereco de email; e mailadres; emailadres; indirizzo e mail
        indirizzo email; posta elettronica; adres e mail; adres email; e postadress; epost; e post; epostadress
        e postadresse; sähköposti; e posta; eposta; البريد الإلكتروني; البريد الالكتروني; דואר אלקטרוני; דוא ל
        электронная почта; почта; メール; メールアドレス; 邮箱; 电子邮件; 電子郵件""",
    NAME: """name; full name; fullname; display name; your name; vollständiger name; nom complet; nom et prénom
        nombre completo; nombre y apellidos; nome completo; nome e cognome; volledige naam; naam; namn; navn; nimi
        imię i nazwisko; ad soyad; الاسم; الاسم الكامل; שם; שם מלא; имя и фамилия; фио; 氏名; 名前; 姓名""",
    FIRST: """first name; firstname; fname; given name; forename; vorname; prénom; prenom; nombre; primeiro nome; nome
        voornaam; förnamn; fornavn; etunimi; imię; ad; الاسم الأول; שם פרטי; имя; 名""",
    LAST: """last name; lastname; lname; surname; family name; nachname; familienname; nom; nom de famille; apellido
        apellidos; sobrenome; apelido; cognome; achternaam; efternamn; etternavn; sukunimi; nazwisko; soyad; soyadı
        اسم العائلة; שם משפחה; фамилия; 姓""",
}
MEANINGS = {name.strip(): field for field, names in NAMES.items() for name in re.split(r"[;\n]", names) if name.strip()}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row what stands."""

    email: int
    name: tuple[int, ...]  # a name, or its first and last part
    attributes: Mapping[int, str]
    words: tuple[str, ...]  # how it is told: ``email ← E-Mail-Adresse``, ``not taken: …``

    def name_in(self, cells: Sequence[str]) -> str:
        return " ".join([cell for at in self.name if at < len(cells) and (cell := cells[at].strip())])

    def attributes_in(self, cells: Sequence[str]) -> dict[str, str]:
        most = len(cells)
        return {name: cell for at, name in self.attributes.items() if at < most and (cell := cells[at].strip())}


def simple(header: str) -> str:
    """Return a column's name as it is compared: small letters, one blank for whatever stands between words."""
    return " ".join(re.split(r"[\W_]+", header.casefold())).strip()


def find(
    header: Sequence[str], path: Path, *, said: Mapping[str, str] | None = None, without: frozenset[str] = frozenset()
) -> Columns:
    """Return which column is what.

    :param said: by field: what a person says that its column is called.
    :param without: names of columns that say something else, as `simple` writes them.
    :raises ImportFileError: no column has addresses, or one that is said isn't there.
    """
    _refuse_no_header(header, path)
    by_field = {field: _said(header, column, path) for field, column in (said or {}).items()}
    for at, column in enumerate(header):
        field = MEANINGS.get(simple(column))
        if field and at not in by_field.values():
            by_field.setdefault(field, at)
    if EMAIL not in by_field:
        found = ", ".join(name for name in header[:20] if name.strip()) or "nothing"
        remedy = "Say which column has the addresses: --map email=COLUMN"
        raise ImportFileError(f"there is no column `email` (found: {found})", where=str(path), remedy=remedy)
    name = (
        (by_field[NAME],) if NAME in by_field else tuple(by_field[each] for each in (FIRST, LAST) if each in by_field)
    )
    used = {by_field[EMAIL], *name}
    own = {at: field for field, at in by_field.items() if at not in used}
    rest = [at for at, column in enumerate(header) if at not in used and simple(column) not in without]
    attributes = _attributes(header, rest, own)
    left_out = [header[at] for at in range(len(header)) if at not in used and at not in attributes]
    return Columns(by_field[EMAIL], name, attributes, _told(header, by_field[EMAIL], name, attributes, left_out))


def _refuse_no_header(header: Sequence[str], path: Path) -> None:
    for cell in header:
        if "@" in cell and _is_address(cell):
            raise ImportFileError(
                "the first line has an address where the columns should be named",
                where=f"{path}:1",
                remedy="Write a line above it that names them, for instance: email,name",
            )


def _is_address(cell: str) -> bool:
    try:
        return bool(normalise(cell))
    except ValueError:
        return False


def _said(header: Sequence[str], column: str, path: Path) -> int:
    for at, name in enumerate(header):
        if name.strip() == column.strip() or simple(name) == simple(column) != "":
            return at
    known = ", ".join(header[:20])
    raise ImportFileError(f"there is no column {column!r}", where=str(path), remedy=f"There are: {known}")


def _attributes(header: Sequence[str], rest: Sequence[int], said: Mapping[int, str]) -> dict[int, str]:
    """Name the columns that are kept as attributes, each by a name of its own."""
    chosen: dict[int, str] = {}
    for at in rest:
        name = said.get(at) or simple(header[at]).replace(" ", "_")[:LONGEST_NAME]
        while name in chosen.values():
            name += "_2"
        if name and len(chosen) < MOST:
            chosen[at] = name
    return chosen


def _told(
    header: Sequence[str],
    email: int,
    name: Sequence[int],
    attributes: Mapping[int, str],
    left_out: Sequence[str],
) -> tuple[str, ...]:
    without = [column or "(no name)" for column in left_out[:SHOWN]]
    without += [f"and {len(left_out) - SHOWN:,} more"] if len(left_out) > SHOWN else []
    words = [f"email ← {header[email]}"]
    words += [f"name ← {' + '.join(header[at] for at in name)}"] if name else []
    words += [f"attribute {own} ← {header[at]}" for at, own in attributes.items()]
    words += [f"not taken: {', '.join(without)}"] if without else []
    return tuple(words)
