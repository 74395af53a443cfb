"""Options that commands share."""

from __future__ import annotations

import functools
import inspect
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from truthound._internal.text import did_you_mean
from truthound.reporters import FORMATS
from truthound.reporters.exit_codes import help_text

DEFAULT_CONFIG = Path("truthound.yaml")
LIST_FORMATS = ("console", "json", "yaml", "markdown")
"""of commands whose output is not the result of a run"""
SEVERITIES = ("low", "medium", "high", "critical")
CI_EXAMPLES = ("none", "keys", "rows")
"""the values of `results.CIExamples`, which a help page need not load"""
EXIT_CODES = help_text(shutil.get_terminal_size((80, 24)).columns)
"""the end of a help page"""


def one_of(names: Sequence[str]) -> Callable[[str | None], str | None]:
    """A typer callback that accepts these names."""

    def known(value: str | None) -> str | None:
        if value is not None and value not in names:
            raise typer.BadParameter(f'"{value}" is not one of {", ".join(names)}{did_you_mean(value, names)}')
        return value

    return known


def _severity(value: str | None) -> str | None:
    return one_of(SEVERITIES)(value and value.lower())


def _row_limit(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= 1000:
        raise typer.BadParameter("give a number of rows from 0 to 1000")
    return value


Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar=f"[{'|'.join(FORMATS)}]",
        callback=one_of(list(FORMATS)),
        help="Output format. With several names, --all or --tag, json and yaml are a list.",
    ),
]
ListFormat = Annotated[
    str,
    typer.Option(
        "--format", metavar=f"[{'|'.join(LIST_FORMATS)}]", callback=one_of(LIST_FORMATS), help="Output format."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of standard output."),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Configuration file; truthound.yaml by default."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Fail on any issue of any severity, including hidden ones.")]
FailOn = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="[low|medium|high|critical]",
        callback=_severity,
        help="Lowest severity that fails the run.",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        callback=_row_limit,
        help="Example rows kept and shown for each issue; 2 are shown by default.",
    ),
]
CiExamples = Annotated[
    str | None,
    typer.Option(
        "--ci-examples",
        metavar="[none|keys|rows]",
        callback=one_of(CI_EXAMPLES),
        help="What CI systems may publish of failing rows: nothing, row numbers and key columns (the default), or all.",
    ),
]
Validators = Annotated[
    list[str] | None,
    typer.Option("--validators", "-v", metavar="NAME,NAME", help="Validators to run, for example null,duplicate."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only the verdict; show no progress.")]
NoProgress = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite existing files.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Plain ASCII without colours, as NO_COLOR does.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Also list passed checks, and why others were skipped.")]


@dataclass(frozen=True)
class OutputOptions:
    """The options on strictness and output that `check` and `checkpoint run` share, in the order of their help."""

    format: Format = "console"
    output: Output = None
    strict: Strict = False
    fail_on: FailOn = None
    limit: Limit = None
    ci_examples: CiExamples = None
    verbose: Verbose = False
    quiet: Quiet = False
    no_color: NoColor = False

    @property
    def streams(self) -> bool:
        """Whether each report is printed as soon as its run has ended."""
        return self.format == "console" and self.output is None

    @property
    def stdout_is_log(self) -> bool:
        """Whether standard output is a log, which may hold lines for a CI system, and not a document."""
        return self.streams or self.output is not None


def with_output_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the fields of `OutputOptions` as options in place of its parameter `shown`."""
    shared = inspect.signature(OutputOptions, eval_str=True).parameters
    own = inspect.signature(command, eval_str=True)

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        command(
            **{k: v for k, v in given.items() if k not in shared},
            shown=OutputOptions(**{k: given[k] for k in shared}),
        )

    parameters: list[inspect.Parameter] = []
    for p in own.parameters.values():
        parameters += shared.values() if p.name == "shown" else [p]
    parameters = [p.replace(kind=p.KEYWORD_ONLY) for p in parameters]
    wrapped.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": None}
    return wrapped


def split_names(values: list[str] | None) -> list[str] | None:
    """`a,b` and repeated options as one list; None if none was given."""
    if values is None:
        return None
    names = [n.strip() for value in values for n in value.split(",") if n.strip()]
    if not names:
        raise typer.BadParameter("give at least one name", param_hint="--validators")
    return names
