"""`truthound`: the commands, and how an error ends them."""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from truthound.cli import action, check, checkpoint, ci, config, profile, schema
from truthound.cli.options import EXIT_CODES
from truthound.cli.output import discard, emit, open_streams, print_error, print_note
from truthound.errors import ConfigError, TruthoundError
from truthound.reporters.exit_codes import Exit, exit_of_error


def _help_width() -> int | None:
    """The width of help on a narrow terminal; None leaves it to typer."""
    columns = shutil.get_terminal_size((80, 24)).columns
    return max(columns, 20) if columns < 52 else None


app = typer.Typer(
    name="truthound",
    help="Data quality checks that report exactly which rows are wrong.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "terminal_width": _help_width()},
)
app.command(epilog=EXIT_CODES, short_help="Check data without any configuration.")(check.check)
app.command(short_help="Show statistics of each column.")(profile.profile)
app.add_typer(checkpoint.app, name="checkpoint")
app.add_typer(action.app, name="action")
app.add_typer(schema.app, name="schema")
app.add_typer(ci.app, name="ci")
app.add_typer(config.app, name="config")


def _version(value: bool) -> None:
    if value:
        from truthound._version import __version__

        emit(f"truthound {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Data quality checks that report exactly which rows are wrong."""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hides warnings and log lines of libraries, unless TRUTHOUND_DEBUG or -W asks for them."""
    if os.environ.get("TRUTHOUND_DEBUG") or sys.warnoptions:
        yield
        return
    kept, logging.lastResort = logging.lastResort, logging.NullHandler()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.lastResort = kept


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command line and returns its exit code. Errors are lines on standard error; with TRUTHOUND_DEBUG=1 they are raised."""
    open_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        with _quiet():
            app(args=None if argv is None else list(argv), prog_name="truthound")
    except SystemExit as end:
        if end.code == Exit.INTERRUPTED:
            print_note("interrupted")
        return end.code if isinstance(end.code, int) else Exit.OK
    except KeyboardInterrupt:
        print_note("interrupted")
        return Exit.INTERRUPTED
    except TruthoundError as error:
        if os.environ.get("TRUTHOUND_DEBUG"):
            raise
        for line in error.problems if isinstance(error, ConfigError) else str(error).splitlines():
            print_error(line)
        return exit_of_error(error)
    except OSError as error:  # typer could not print its help or a usage error
        if error.filename or error.errno not in {errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EDQUOT}:
            return _bug(error)
        discard(sys.stdout)
        if getattr(error.__context__, "exit_code", None) == Exit.USAGE:
            discard(sys.stderr)
            return Exit.USAGE
        print_error(f"cannot write to standard output: {error.strerror}")
        return Exit.ERROR
    except Exception as error:  # noqa: BLE001 the boundary: users get a sentence, not a traceback
        return _bug(error)
    return Exit.OK


def console() -> int:
    """The entry point of the `truthound` program."""
    gc.set_threshold(200_000, 20, 20)  # else a tenth of the start goes into searching imported modules for cycles
    code = main()
    gc.freeze()  # spares the interpreter its last search for cycles, a tenth of a second
    return code


def _bug(error: Exception) -> Exit:
    if os.environ.get("TRUTHOUND_DEBUG"):
        raise error
    print_error(f"unexpected {type(error).__name__}: {error}; this is a bug, TRUTHOUND_DEBUG=1 shows the traceback")
    return Exit.ERROR
