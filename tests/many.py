"""A schedules.yaml of many schedules with comments everywhere, as a newsroom of years has it."""

from __future__ import annotations

HEAD = """\
# The Harbor Gazette: ask the desk before you change anything below `channels:`.
version: 1
practice: true
publication:   # the paper
  name: Harbor Gazette
  url: https://harbor.example
  public_url: https://letters.harbor.example
  from: Harbor Gazette <news@harbor.example>
  timezone: Europe/Lisbon
sources:
  site: {feed: feed.xml}
lists:
  daily: {title: Morning briefing}   # since 2019
  weekly: {title: The week}
channels:
  letters: {sender: mailpit}

schedules:
"""
WHEN = ('{at: "07:00"}', '{at: ["07:00", "18:30"], days: mon-fri}', '{cron: "30 6 * * sat"}', "{every: 2h}")


def many_schedules(number: int = 200) -> str:
    """Return the text of a file with so many schedules: `s000`, `s001` and so on."""
    return HEAD + "\n".join(map(_schedule, range(number))) + "\n# the end\n"


def _schedule(number: int) -> str:
    return (
        f"  # {number}: asked for by the {'sports' if number % 3 else 'city'} desk\n"
        f"  s{number:03}:   # keep the name\n"
        f"    when: {WHEN[number % len(WHEN)]}\n"
        f"    # at most {number % 7 + 1}, says the desk\n"
        f"    pick: {{from: [site], at_most: {number % 7 + 1}}}\n"
        f"    send:\n"
        f"      - {{via: letters, to: {'daily' if number % 2 else 'weekly'}}}  # {number}\n"
    )
