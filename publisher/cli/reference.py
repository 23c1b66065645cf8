"""Writes docs/commands.md from the commands themselves: ``python -m publisher.cli.reference > docs/commands.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer.main

HEAD = """\
# Commands

Every command works on a project directory: the current one, or `--project DIR`. `--json` prints what a table shows.
Exit code 0: all is fine; 1: the answer is no (something failed, is held or unknown); 2: wrong use, or a file that says
something that can't be meant. Errors are one line: where, what, and what to do now.

`publisher --version` says which version this is.

This page is made from the commands (`python -m publisher.cli.reference`); a test keeps it so.
"""


def reference() -> str:
    """Return the page as text."""
    from publisher.cli.commands import cli

    return HEAD + "".join(_sections(typer.main.get_command(cli), "publisher"))


def _sections(command: Any, path: str) -> Iterator[str]:
    for name, sub in command.commands.items():
        if hasattr(sub, "commands"):
            if sub.invoke_without_command:
                yield _section(sub, f"{path} {name}")
            yield from _sections(sub, f"{path} {name}")
        else:
            yield _section(sub, f"{path} {name}")


def _section(command: Any, path: str) -> str:
    rows = [row for param in command.params if (row := _row(param))]
    arguments = " ".join(_usage(param) for param in command.params if param.param_type_name == "argument")
    title = f"\n## {path}\n\n    {path} {arguments}".rstrip()
    told = " ".join(command.help.split())
    table = "\n| | |\n|---|---|\n" + "".join(rows) if rows else ""
    return f"{title}\n\n{told}\n{table}"


def _usage(param: Any) -> str:
    name = param.metavar or param.name.upper()
    return name if param.required else f"[{name}]"


def _row(param: Any) -> str:
    told = getattr(param, "help", None) or ""
    if param.param_type_name == "argument":
        return f"| `{param.metavar or param.name.upper()}` | {told} |\n" if told else ""
    if param.name == "help":
        return ""
    return f"| `{' '.join(param.opts)}` | {told} |\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
