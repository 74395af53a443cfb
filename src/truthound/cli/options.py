"""Options that commands share."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from truthound._internal.text import did_you_mean
from truthound.reporters import FORMATS

LIST_FORMATS = ("console", "json", "yaml", "markdown")
"""of what is not the result of a run"""
SEVERITIES = ("low", "medium", "high", "critical")
CI_EXAMPLES = ("none", "keys", "rows")
"""the values of `CIExamples`, without loading results for a help page"""
DEFAULT_CONFIG = Path("truthound.yaml")


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    def known(value: str) -> str:
        if value not in names:
            raise typer.BadParameter(f'"{value}" is not one of {", ".join(names)}{did_you_mean(value, names)}')
        return value

    return known


def _severity(value: str | None) -> str | None:
    if value is not None and value.lower() not in SEVERITIES:
        raise typer.BadParameter(f'"{value}" is not one of {", ".join(SEVERITIES)}{did_you_mean(value, SEVERITIES)}')
    return value and value.lower()


def _examples(value: str | None) -> str | None:
    return None if value is None else _one_of(CI_EXAMPLES)(value)


def _count(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= 1000:
        raise typer.BadParameter("give a number of rows from 0 to 1000")
    return value


Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar=f"[{'|'.join(FORMATS)}]",
        callback=_one_of(list(FORMATS)),
        help="How the result is written; several names, --all or --tag make json and yaml a list.",
    ),
]
ListFormat = Annotated[
    str,
    typer.Option(
        "--format",
        metavar=f"[{'|'.join(LIST_FORMATS)}]",
        callback=_one_of(LIST_FORMATS),
        help="How it is written.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write to a file, whole or not at all, instead of standard output."
    ),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="The configuration file; truthound.yaml by default."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Any issue fails the run, whatever its severity, hidden ones too.")
]
FailOn = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="[low|medium|high|critical]",
        callback=_severity,
        help="The least severity that is a failure.",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        callback=_count,
        help="Failing rows kept and shown for each issue; 2 are shown by default.",
    ),
]
CiExamples = Annotated[
    str | None,
    typer.Option(
        "--ci-examples",
        metavar="[none|keys|rows]",
        callback=_examples,
        help="What of failing rows a CI system publishes: nothing, row numbers and key columns (the default), or all.",
    ),
]
Validators = Annotated[
    list[str] | None,
    typer.Option("--validators", "-v", metavar="NAME,NAME", help="Validators to run, such as null,duplicate."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the verdict, no progress.")]
NoProgress = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Plain ASCII without colour, as with NO_COLOR.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Also list what passed, and why a check was skipped.")]


@dataclass(frozen=True)
class OutputOptions:
    """How a run is made and told: the options that `check` and `checkpoint run` share, in the order of their help."""

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
        """Whether each run is shown as soon as it is done."""
        return self.format == "console" and self.output is None

    @property
    def free(self) -> bool:
        """Whether standard output is for people, and so has room for lines of a CI system."""
        return self.streams or self.output is not None


def with_output_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `telling` is made of the options of `Telling`."""
    shared = inspect.signature(OutputOptions, eval_str=True).parameters
    own = inspect.signature(command, eval_str=True)

    @functools.wraps(command)
    def wrapped(**given: Any) -> None:
        command(
            **{k: v for k, v in given.items() if k not in shared},
            telling=OutputOptions(**{k: given[k] for k in shared}),
        )

    parameters: list[inspect.Parameter] = []
    for p in own.parameters.values():
        parameters += shared.values() if p.name == "telling" else [p]
    parameters = [p.replace(kind=p.KEYWORD_ONLY) for p in parameters]
    wrapped.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": None}
    return wrapped


def split_names(values: list[str] | None) -> list[str] | None:
    """`a,b` and repeated options as one list; None where nothing was given."""
    if values is None:
        return None
    names = [n.strip() for value in values for n in value.split(",") if n.strip()]
    if not names:
        raise typer.BadParameter("give at least one name", param_hint="--validators")
    return names
