"""Values for later steps of a job, and the formats in which several systems take them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from truthound._internal.escape import escape_terminal
from truthound._internal.text import shorten
from truthound.ci.report.outputs import Output, Write
from truthound.reporters import wording
from truthound.results import CheckpointResult, CheckpointStatus

_DOTENV = 5 * 1024
"""bytes; GitLab refuses a larger file, and fails the job"""
_LONGEST = 1000
_COUNTS = ("total_issues", "total_checks", "passed", "failed", "warned", "errored")
_WORST = (CheckpointStatus.ERROR, CheckpointStatus.FAILURE, CheckpointStatus.WARNING, CheckpointStatus.SUCCESS)


def step_values(results: CheckpointResult | Sequence[CheckpointResult], link: str | None = None) -> dict[str, str]:
    """The values of a run, or of several: the worst status and the sums. `link` is the address of a run's report, if known."""
    runs = [results] if isinstance(results, CheckpointResult) else results
    statistics = [r.validation_result.statistics for r in runs if r.validation_result]
    counts = {name: sum(getattr(s, name) for s in statistics) for name in _COUNTS}
    evaluated = sum(s.evaluated for s in statistics)
    values: dict[str, object] = {
        "status": min((r.status for r in runs), key=_WORST.index).value,
        "checkpoint": ",".join(r.checkpoint_name for r in runs),
        "run_id": ",".join(r.run_id for r in runs),
        **counts,
        "pass_rate": f"{counts['passed'] / evaluated:.4f}" if evaluated else "0",
    }
    if len(runs) == 1 and (url := wording.page(runs[0]) if link is None else link):
        values["report_url"] = url
    return {name: escape_terminal(shorten(str(value), _LONGEST)) for name, value in values.items()}


def word(name: str) -> str:
    """A name of letters, digits, `_` and `-`; never empty, which fails a step on GitHub."""
    return re.sub(r"[^\w-]+", "_", name, flags=re.ASCII) or "_"


def variable(name: str) -> str:
    """A name in an environment that others share: `TRUTHOUND_TOTAL_ISSUES`."""
    upper = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").upper()
    return upper if upper.startswith("TRUTHOUND") else f"TRUTHOUND_{upper}"


def dotenv(values: Mapping[str, str], path: str = "truthound.env") -> Iterator[Output]:
    """`NAME=value` lines that GitLab, a shell and Docker read alike: other characters become an underscore."""
    known = read_values(path)
    known |= {variable(k): re.sub(r"[^\w.,:/@%+=~?&-]+", "_", v, flags=re.ASCII)[:250] for k, v in values.items()}
    kept = [f"{k}={v}\n" for k, v in known.items()][-20:]
    while sum(map(len, kept)) > _DOTENV and len(kept) > 1:
        del kept[0]
    yield Write(path, "".join(kept))


def appended_or_dotenv(values: Mapping[str, str], path: str) -> Iterator[Output]:
    """`NAME=value` lines added to a file that the system names; `truthound.env` where it names none."""
    if path:
        yield Write(path, "".join(f"{variable(k)}={' '.join(v.split())}\n" for k, v in values.items()), append=True)
    else:
        yield from dotenv(values)


def read_values(path: str) -> dict[str, str]:
    """The values that an earlier step wrote."""
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return {}
    return dict(line.partition("=")[::2] for line in lines if re.fullmatch(r"TRUTHOUND\w*=.*", line))
