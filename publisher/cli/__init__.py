"""The door: one file per command group, thin. Every error is one line, without a traceback."""

from __future__ import annotations

import logging
import sys

import structlog

from publisher.errors import PublisherError


def main() -> None:
    """Run the command line; exit 0 when all is fine, 1 when the answer is no, 2 for wrong use."""
    from publisher.cli.commands import cli  # imported late: a broken pipe or Ctrl-C while importing is quiet too

    log_to_stderr(logging.WARNING)
    try:
        cli(prog_name="publisher")
    except PublisherError as error:
        for line in getattr(error, "problems", ()) or (str(error),):
            sys.stderr.write(f"{line}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def log_to_stderr(level: int) -> None:
    """Log lines are short sentences with fields, on stderr; tables and JSON have stdout to themselves."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                sort_keys=False,
                exception_formatter=structlog.dev.plain_traceback,  # the usual one prints local variables: secrets
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger().setLevel(logging.ERROR)  # libraries' own remarks are not for editors
