"""Would a spam filter stop it? SpamAssassin without the network, with the headers that Publisher sends."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from tests.judges import tools
from tests.judges.verdict import Judge, Mails, Verdict

MOST, MOST_AS_BULK = 0.0, -1.0
_STATUS = re.compile(
    r"^X-Spam-Status: \w+, score=(-?[\d.]+) .*?tests=(.*?)\s+(?:autolearn|version)=", re.MULTILINE | re.DOTALL
)


def _hear(mails: Mails) -> dict[str, Verdict]:
    """Score each mail twice: without and with the header `Precedence`. All in one start, which takes a second."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, mail in mails.items():
            for precedence in (False, True):
                files.append(Path(folder, f"{name}-{precedence}.eml"))
                files[-1].write_bytes(mail.as_message(precedence=precedence))
        # Neither a person's own settings count, nor what an earlier mail has taught it.
        words = ["spamassassin", "--local", "--test-mode", "--prefspath=/dev/null", "--cf=use_bayes 0"]
        said = tools.run([*words, *map(str, files)]).stdout
    found = [(float(score), " ".join(rules.replace(",", " ").split())) for score, rules in _STATUS.findall(said)]
    if len(found) != len(files):
        raise RuntimeError(f"SpamAssassin scored {len(found)} of {len(files)} mails")
    return {
        name: _verdict(*found[2 * place : 2 * place + 2], is_bulk="Precedence" in dict(mail.mail.headers))
        for place, (name, mail) in enumerate(mails.items())
    }


def _verdict(plain: tuple[float, str], bulk: tuple[float, str], *, is_bulk: bool) -> Verdict:
    most_as_bulk = MOST_AS_BULK if is_bulk else MOST
    limits = ((plain, MOST, "with list headers"), (bulk, most_as_bulk, "with Precedence too"))
    faults = [f"{score} {how}: {rules}" for (score, rules), most, how in limits if score > most]
    return Verdict(f"{plain[0]:.1f} ({bulk[0]:.1f})", tuple(faults))


SPAMASSASSIN = Judge(
    "SpamAssassin",
    "SpamAssassin (with Precedence)",
    f"≤ {MOST} (≤ {MOST_AS_BULK})",
    lambda: tools.program("spamassassin", "spamassassin"),
    lambda: next(iter(re.findall(r"\d+\.[\d.]+", tools.run(["spamassassin", "--version"]).stdout)), "?"),
    _hear,
)
