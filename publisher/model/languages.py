"""In which languages a schedule has editions, and what belongs in which."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of a schedule's editions, as BCP 47 writes them."""

    every: tuple[str, ...] = ()  # each slot has an edition in each; empty: one edition, for all
    own: str = ""  # the publication's: that of an article which states none
    only: str = ""  # the one whose edition is looked at; empty: all of them

    def of(self, stated: str | None) -> str:
        """Return the language in whose edition something belongs that is in another, or none; empty: in no edition.

        It is the same, else the nearest that it is a variety of (`pt-BR` is `pt`), else the first that is a variety
        of it: what is only said to be `pt` goes where `pt-PT` does.
        """
        tag = (stated or self.own).casefold()
        parts = tag.split("-")
        known = {each.casefold(): each for each in reversed(self.every)}
        wider = ("-".join(parts[:count]) for count in range(len(parts), 0, -1))
        found = next((known[each] for each in wider if each in known), "")
        return found or next((each for each in self.every if each.casefold().startswith(f"{tag}-")), "")

    def has(self, stated: str | None) -> bool:
        """Say whether something in a language, or in none that is stated, belongs in the edition that is looked at."""
        return not self.only or self.of(stated) == self.only
