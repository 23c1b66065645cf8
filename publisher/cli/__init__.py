"""The door: one file per command group, thin. Every error is one line, without a traceback."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from publisher.errors import PublisherError

if TYPE_CHECKING:
    from publisher.config.settings import Settings


def main() -> None:
    """Run the command line; exit 0 when all is fine, 1 when the answer is no, 2 for wrong use."""
    # Imported late: a broken pipe or Ctrl-C while importing is quiet too.
    import typer

    from publisher.cli.commands import cli
    from publisher.cli.usage import words_of

    remark_on_stderr()
    try:
        sys.exit(cli(prog_name="publisher", standalone_mode=False))
    except typer.TyperException as error:
        sys.stderr.write(f"{words_of(error)}\n")
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.stderr.write("Aborted: nothing was done\n")
        sys.exit(1)
    except PublisherError as error:
        for line in getattr(error, "problems", ()) or (str(error),):
            sys.stderr.write(f"{line}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def remark_on_stderr() -> None:
    """Say on stderr, in words, what happens while a command is at work; tables and JSON have stdout to themselves."""
    from publisher.cli.remarks import in_words, once

    _say([in_words, once()], logging.WARNING)


def log_to_stderr(level: int, settings: Settings | None = None) -> None:
    """Log lines are short sentences with fields, or JSON, on stderr; what commands print has stdout to itself."""
    if settings is not None and settings.logs_json:
        from publisher.cli.lines import as_json

        _say(as_json(settings), level)
        return
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        sort_keys=False,
        exception_formatter=structlog.dev.plain_traceback,  # the usual one prints local variables: secrets
    )
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    _say([structlog.processors.add_log_level, stamp, renderer], level)


def _say(processors: Sequence[structlog.typing.Processor], level: int) -> None:
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger().setLevel(logging.ERROR)  # libraries' own remarks are not for editors
