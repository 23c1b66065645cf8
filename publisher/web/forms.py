"""What a form says: urlencoded or multipart, whole or, where it can't be read, nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

LONGEST = 2_000  # characters of a field


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form; one that may be said several times has several values."""

    fields: Mapping[str, tuple[str, ...]]

    def get(self, name: str) -> str:
        """Return what a field says, without blanks around it; empty where it says nothing."""
        return self.all(name)[0].strip()[:LONGEST] if self.all(name) else ""

    def whole(self, name: str) -> str:
        """Return what a field says, blanks and all: a password may begin with one."""
        return self.all(name)[0][:LONGEST] if self.all(name) else ""

    def all(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())


async def form_of(request: Request) -> Form:
    """Return the form of a request; an empty one where it can't be read: nobody is kept because of a bad form."""
    fields: dict[str, tuple[str, ...]] = {}
    try:
        for name, value in (await request.form()).multi_items():
            if isinstance(value, str):
                fields[name] = (*fields.get(name, ()), value)
    except HTTPException:
        return Form({})
    return Form(fields)


Said = Annotated[Form, Depends(form_of)]
