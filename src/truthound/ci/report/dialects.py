"""What a run is on each CI system: a row of a table for each, of functions from the run to a list of outputs."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from truthound._internal.text import shorten
from truthound.ci.detect import CIEnvironment
from truthound.ci.names import CIPlatform
from truthound.ci.report import bitbucket, drone, github, log_commands, teamcity
from truthound.ci.report.effects import Output, Pipe, Print, Write
from truthound.reporters import FORMATS, wording
from truthound.reporters.annotations import CIAnnotation, issue_annotations, limited
from truthound.reporters.codequality import codequality
from truthound.reporters.sarif import sarif
from truthound.results import CheckpointResult, CheckpointStatus

MIB = 1024 * 1024
_DOTENV = 5 * 1024
"""bytes; GitLab refuses a larger file, and fails the job"""
_BUILDER = 4 * 1024
_COUNTS = ("total_issues", "total_checks", "passed", "failed", "warned", "errored")
_ROOTED = {"codequality": codequality, "sarif": sarif}
"""formats that name files as seen from the repository's folder"""
_WORST = (CheckpointStatus.ERROR, CheckpointStatus.FAILURE, CheckpointStatus.WARNING, CheckpointStatus.SUCCESS)


@dataclass(frozen=True, slots=True)
class Report:
    """Runs, and what is known of the build they are told to. `before` is the run before of each checkpoint that has one."""

    results: Sequence[CheckpointResult]
    env: Mapping[str, str]
    ci: CIEnvironment
    before: Mapping[str, CheckpointResult] = field(default_factory=dict)
    summary: bool = True
    outputs: bool = True
    annotations: bool = True
    files: bool = True
    emoji: bool = False
    root: str = ""

    def section(self, result: CheckpointResult, limit: int) -> str:
        """A run as Markdown of at most so many bytes."""
        return github.summary(
            result,
            self.before.get(result.checkpoint_name),
            examples=True,
            link=wording.page(result),
            limit=limit,
            emoji=self.emoji,
            source=github.source_of(self.env, self.ci),
            root=self.root,
        )


Group = Callable[[str, str, datetime], tuple[str, str]]
"""title, name, time -> what begins a group of lines in the log and what ends it"""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A CI system's way. `files` are formats and the paths they are written to, from the folder of the run."""

    annotation: Callable[[CIAnnotation], str] = log_commands.plain
    group: Group = log_commands.heading
    values: Callable[[Mapping[str, str], Mapping[str, str]], Iterable[Output]] = lambda values, _: dotenv(values)
    """values for later steps, and the environment -> outputs"""
    max_annotations: int = 0
    """annotations of a level that the log may have; none where nobody shows them elsewhere than in the log"""
    files: tuple[tuple[str, str], ...] = ()
    summary: Callable[[Report], Iterable[Output]] = lambda _: ()
    report_location: str = "the log"
    """for people: where a run is shown"""
    outputs_location: str = "`truthound.env`"
    """for people: where later steps find the values"""
    root_env: tuple[str, ...] = ()
    """variables that name the repository's folder"""
    required_env: tuple[str, ...] = ()
    """variables without which something is not shown"""


def report(dialect: Dialect, run: Report) -> list[Output]:
    """All that is told of these runs, in order."""
    out: list[Output] = []
    if run.annotations and dialect.max_annotations:
        found = limited(issue_annotations(run.results, run.root), dialect.max_annotations, "the summary")
        out += [Print("\n".join(map(dialect.annotation, found)))] if found else []
    if run.summary:
        out += dialect.summary(run)
    if run.files:
        several = run.results if len(run.results) != 1 else run.results[0]
        out += [Write(path, _written(name, several, run.root)) for name, path in dialect.files]
    if run.outputs and run.results and run.ci.platform not in _UNKNOWN:
        out += dialect.values(outputs(run.results), run.env)
    return out


def _written(name: str, results: CheckpointResult | Sequence[CheckpointResult], root: str) -> str:
    return _ROOTED[name](results, root) if name in _ROOTED else FORMATS[name](results)


def outputs(results: Sequence[CheckpointResult]) -> dict[str, str]:
    """What later steps may want to know; of several runs the worst status and the sums."""
    each = [github.outputs(r, wording.page(r)) for r in results]
    if len(each) == 1:
        return {k: v for k, v in each[0].items() if v or k != "report_url"}
    sums = {k: str(sum(int(one[k]) for one in each)) for k in _COUNTS}
    ran = sum(int(sums[k]) for k in ("passed", "failed", "warned", "errored"))
    return {
        "status": min((r.status for r in results), key=_WORST.index).value,
        "checkpoint": shorten(",".join(one["checkpoint"] for one in each), 1000),
        "run_id": shorten(",".join(one["run_id"] for one in each), 1000),
        **sums,
        "pass_rate": f"{int(sums['passed']) / ran:.4f}" if ran else "0",
    }


# --- values for later steps -------------------------------------------------------------------------------------------


def _word(name: str) -> str:
    return re.sub(r"[^\w-]+", "_", name, flags=re.ASCII) or "_"  # GitHub fails a step whose output has no name


def variable(name: str) -> str:
    """A name for an environment that others share: `TRUTHOUND_TOTAL_ISSUES`."""
    upper = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").upper()
    return upper if upper.startswith("TRUTHOUND") else f"TRUTHOUND_{upper}"


def _github_values(values: Mapping[str, str], env: Mapping[str, str]) -> Iterator[Output]:
    if path := env.get("GITHUB_OUTPUT"):
        yield Write(
            path,
            github.output_file({_word(k): v for k, v in values.items()}, f"truthound_{secrets.token_hex(16)}"),
            append=True,
        )


def dotenv(values: Mapping[str, str], path: str = "truthound.env") -> Iterator[Output]:
    """`NAME=value` lines that GitLab, a shell and Docker read alike: what they would not is an underscore."""
    known = _known(path)
    known |= {variable(k): re.sub(r"[^\w.,:/@%+=~?&-]+", "_", v, flags=re.ASCII)[:250] for k, v in values.items()}
    kept = [f"{k}={v}\n" for k, v in known.items()][-20:]
    while sum(map(len, kept)) > _DOTENV and len(kept) > 1:
        del kept[0]
    yield Write(path, "".join(kept))


def _known(path: str) -> dict[str, str]:
    """What an earlier step wrote there."""
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return {}
    return dict(line.partition("=")[::2] for line in lines if re.fullmatch(r"TRUTHOUND\w*=.*", line))


def _properties(values: Mapping[str, str], _env: Mapping[str, str]) -> Iterator[Output]:
    """A Java properties file, which Jenkins' readProperties takes."""
    path = "truthound.properties"
    made = {variable(k): _java(v) for k, v in values.items()}
    yield Write(path, "".join(f"{k}={v}\n" for k, v in (_known(path) | made).items()))


def _java(text: str) -> str:
    units = text.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2)]
    escaped = "".join(
        f"\\{chr(c)}" if chr(c) in "\\#!=:" else chr(c) if 32 <= c < 127 else f"\\u{c:04x}" for c in codes
    )
    return f"\\{escaped}" if escaped.startswith(" ") else escaped


def _circle_values(values: Mapping[str, str], env: Mapping[str, str]) -> Iterator[Output]:
    """Later steps of a job read BASH_ENV first."""
    if path := env.get("BASH_ENV"):
        lines = (f"export {variable(k)}={shlex.quote(' '.join(v.split()))}\n" for k, v in values.items())
        yield Write(path, "".join(lines), append=True)


def _azure_values(values: Mapping[str, str], _env: Mapping[str, str]) -> Iterator[Output]:
    yield Print("\n".join(log_commands.azure_variable(variable(k), v) for k, v in values.items()))


def _bitbucket_values(values: Mapping[str, str], env: Mapping[str, str]) -> Iterator[Output]:
    """Later steps get the variables that the step's `output-variables` name."""
    if path := env.get("BITBUCKET_PIPELINES_VARIABLES_PATH"):
        yield Write(path, "".join(f"{variable(k)}={' '.join(v.split())}\n" for k, v in values.items()), append=True)
    else:
        yield from dotenv(values)


def _drone_values(values: Mapping[str, str], env: Mapping[str, str]) -> Iterator[Output]:
    if path := env.get("DRONE_OUTPUT"):
        yield Write(path, "".join(f"{variable(k)}={' '.join(v.split())}\n" for k, v in values.items()), append=True)
    else:
        yield from dotenv(values)


def _teamcity_values(values: Mapping[str, str], _env: Mapping[str, str]) -> Iterator[Output]:
    yield Print(
        "\n".join(
            log_commands.teamcity_message("setParameter", name=f"truthound.{_word(k)}", value=v)
            for k, v in values.items()
        )
    )


def _buildkite_values(values: Mapping[str, str], _env: Mapping[str, str]) -> Iterator[Output]:
    for key, value in values.items():
        yield Pipe(("buildkite-agent", "meta-data", "set", f"truthound:{_word(key)}"), value or "-")


def _cloudbuild_values(values: Mapping[str, str], env: Mapping[str, str]) -> Iterator[Output]:
    """The first 4 KiB of a builder's output are kept in the build's results: the newest values stay within them."""
    if folder := env.get("BUILDER_OUTPUT"):
        path = f"{folder}/output"
        known: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError, RecursionError):
            there = json.loads(Path(path).read_text("utf-8"))
            known |= {k: v for k, v in there.items() if isinstance(v, str)} if isinstance(there, dict) else {}
        known |= {k: shorten(v, 200) for k, v in values.items()}
        while len(json.dumps(known)) > _BUILDER and len(known) > 1:
            del known[next(iter(known))]
        yield Write(path, json.dumps(known))


def _plain_values(values: Mapping[str, str], _env: Mapping[str, str]) -> Iterator[Output]:
    yield Print("\n".join(f"{variable(k)}={log_commands.lines(v)}" for k, v in values.items()))


# --- summaries --------------------------------------------------------------------------------------------------------


def _github_summary(run: Report) -> Iterator[Output]:
    path = run.env.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    there = 0
    with contextlib.suppress(OSError):  # what is wrong with it shows when it is written
        there = Path(path).stat().st_size
    for result in run.results:
        text = run.section(result, github.SUMMARY - there - 2)  # the ends of two lines: its own, maybe that before it
        there += len(text.encode("utf-8", "replace")) + 2
        if text:
            yield Write(path, f"{text}\n", append=True)
        else:
            yield Print(
                github.command("warning", "the step's summary is full (1 MiB): nothing was added", title="truthound")
            )
            return


def _azure_summary(run: Report) -> Iterator[Output]:
    folder = Path(run.env.get("AGENT_TEMPDIRECTORY") or Path.cwd())
    for result in run.results:
        path = folder / f"truthound-{log_commands.slug(result.checkpoint_name)}-{secrets.token_hex(4)}.md"
        uploaded = f"##vso[task.uploadsummary]{log_commands.azure_message(str(path))}"
        yield Write(str(path), run.section(result, MIB), then=uploaded)


def _buildkite_summary(run: Report) -> Iterator[Output]:
    for result in run.results:
        style, context = _style(result), f"truthound-{log_commands.key(result.checkpoint_name)}"
        yield Pipe(("buildkite-agent", "annotate", "--style", style, "--context", context), run.section(result, MIB))


def _style(result: CheckpointResult) -> str:
    if wording.fails(result):
        return "error"
    return "warning" if result.status is CheckpointStatus.WARNING else "success"


def _teamcity_summary(run: Report) -> Iterator[Output]:
    for result in run.results:
        yield Print("\n".join(teamcity.messages(result)))
    if run.results:
        yield Print("\n".join(teamcity.statistics(outputs(run.results))))


def _bitbucket_summary(run: Report) -> Iterator[Output]:
    return (
        bitbucket.insights(result, run.env, run.ci, run.root)
        for result in run.results
        if bitbucket.reachable(run.env, run.ci)
    )


def _drone_summary(run: Report) -> Iterator[Output]:
    if run.results and run.env.get("DRONE_CARD_PATH"):
        yield drone.card(run.results, run.env, run.ci)


# --- the table --------------------------------------------------------------------------------------------------------

_ACTIONS = Dialect(
    github.annotation, log_commands.github_group, _github_values, max_annotations=github.KIND, summary=_github_summary,
    outputs_location="outputs of the step",
    report_location="the job's summary page, annotations on changed files",
    root_env=("GITHUB_WORKSPACE",), required_env=("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"),
)  # fmt: skip
_TESTS = "test-results/truthound/results.xml"
DIALECTS: Mapping[CIPlatform, Dialect] = {
    CIPlatform.GITHUB: _ACTIONS,
    CIPlatform.GITEA: _ACTIONS,
    CIPlatform.FORGEJO: _ACTIONS,
    CIPlatform.GITLAB: Dialect(
        log_commands.coloured, log_commands.gitlab_section,
        files=(("junit", "truthound-junit.xml"), ("codequality", "gl-code-quality-report.json")),
        outputs_location="`truthound.env`, for `artifacts: reports: dotenv`",
        report_location="the pipeline's Tests tab and the merge request's Code Quality, where the job's `artifacts: reports:` name the files",
        root_env=("CI_PROJECT_DIR",),
    ),
    CIPlatform.JENKINS: Dialect(
        values=_properties, files=(("junit", "truthound-junit.xml"), ("sarif", "truthound.sarif")),
        outputs_location="`truthound.properties`",
        report_location="the steps `junit` and `recordIssues` (Warnings Next Generation)", root_env=("WORKSPACE",),
    ),
    CIPlatform.CIRCLECI: Dialect(
        log_commands.coloured, values=_circle_values,
        files=(("junit", _TESTS), ("json", "artifacts/truthound-result.json"), ("markdown", "artifacts/truthound-summary.md")),
        outputs_location="variables of the job's later steps, through `BASH_ENV`",
        report_location="`store_test_results` and `store_artifacts`", required_env=("BASH_ENV",),
        root_env=("CIRCLE_WORKING_DIRECTORY",),
    ),
    CIPlatform.AZURE: Dialect(
        log_commands.azure, log_commands.azure_group, _azure_values, max_annotations=50, files=(("junit", "truthound-junit.xml"),), summary=_azure_summary,
        outputs_location="variables, also as outputs of a step that has a name",
        report_location="the run's summary and issues, and the task PublishTestResults",
        root_env=("BUILD_SOURCESDIRECTORY",),
    ),
    CIPlatform.BITBUCKET: Dialect(
        log_commands.coloured, values=_bitbucket_values, files=(("junit", _TESTS),), summary=_bitbucket_summary,
        outputs_location="variables that `output-variables` names",
        report_location="Code Insights on the commit and its pull request, and the step's Tests tab",
        root_env=("BITBUCKET_CLONE_DIR",),
    ),
    CIPlatform.TRAVIS: Dialect(log_commands.coloured, log_commands.travis_fold, report_location="a fold of the log", root_env=("TRAVIS_BUILD_DIR",)),
    CIPlatform.TEAMCITY: Dialect(
        log_commands.teamcity, log_commands.teamcity_block, _teamcity_values, summary=_teamcity_summary,
        outputs_location="parameters `truthound.status` and so on",
        report_location="the build's Tests tab, status, problems and statistics",
    ),
    CIPlatform.BUILDKITE: Dialect(
        log_commands.coloured, log_commands.buildkite_group, _buildkite_values, files=(("junit", "truthound-junit.xml"),), summary=_buildkite_summary,
        outputs_location="meta-data `truthound:status` and so on",
        report_location="an annotation of the build", root_env=("BUILDKITE_BUILD_CHECKOUT_PATH",),
    ),
    CIPlatform.DRONE: Dialect(
        log_commands.coloured, values=_drone_values, summary=_drone_summary, outputs_location="`DRONE_OUTPUT` where there is one, else `truthound.env`",
        report_location="a card of the step",
        root_env=("DRONE_WORKSPACE",), required_env=("DRONE_CARD_PATH",),
    ),
    CIPlatform.CODEBUILD: Dialect(
        files=(("junit", _TESTS),), report_location="a report group that the buildspec names", root_env=("CODEBUILD_SRC_DIR",)
    ),
    CIPlatform.CLOUDBUILD: Dialect(
        values=_cloudbuild_values, outputs_location="`$BUILDER_OUTPUT/output`, in JSON",
        report_location="the log", required_env=("BUILDER_OUTPUT",)
    ),
    CIPlatform.HARNESS: Dialect(log_commands.coloured, values=_drone_values, files=(("junit", _TESTS),), report_location="the Tests tab"),
    CIPlatform.SEMAPHORE: Dialect(log_commands.coloured, files=(("junit", "truthound-junit.xml"),), report_location="`test-results publish`"),
    CIPlatform.GENERIC: Dialect(),
    CIPlatform.LOCAL: Dialect(values=_plain_values),
}  # fmt: skip
_OTHERS = Dialect(
    log_commands.coloured,
    files=(("junit", "truthound-junit.xml"),),
    report_location="a JUnit file, which the system's own step publishes",
)


_UNKNOWN = {CIPlatform.LOCAL, CIPlatform.GENERIC}
"""nobody is known to look for anything: no file is written unasked"""


def dialect_of(platform: CIPlatform) -> Dialect:
    return DIALECTS.get(platform, _OTHERS)
