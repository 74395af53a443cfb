"""TeamCity: service messages for tests, the build's status, statistics and parameters; settings in Kotlin.

https://www.jetbrains.com/help/teamcity/service-messages.html (read in November 2026).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from truthound._internal.text import shorten
from truthound.ci.pipelines.text import NAME, NO_CACHE, RESULTS, TIMEOUT
from truthound.ci.platforms.record import Built, Env, Lookups, PipelineTarget, Platform, Reporting
from truthound.ci.report import log_text
from truthound.ci.report.outputs import Output, Print, Report
from truthound.ci.report.step_values import step_values, word
from truthound.errors import ConfigError
from truthound.reporters import wording
from truthound.reporters.annotations import CIAnnotation
from truthound.reporters.check_view import check_view
from truthound.reporters.ci_findings import details
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, ValidationResult

if TYPE_CHECKING:
    from truthound.ci.pipelines.cron import Cron
    from truthound.ci.pipelines.spec import Pipeline

_FIELDS: dict[str, Lookups] = {
    "branch": ("pr:file:teamcity.pullRequest.source.branch", "no-pr:file:teamcity.build.branch"),
    "commit_sha": ("BUILD_VCS_NUMBER", "file:build.vcs.number"),
    "pr_number": ("file:teamcity.pullRequest.number", "file:teamcity.build.branch#pull/"),
    "pr_target_branch": ("pr:file:teamcity.pullRequest.target.branch",),
    "repository": ("file:vcsroot.url",),
    "run_id": ("file:teamcity.build.id", "BUILD_NUMBER"),
    "run_url": ("BUILD_URL",),
    "actor": ("file:teamcity.build.triggeredBy.username",),
    "job_name": ("TEAMCITY_BUILDCONF_NAME",),
    "workflow_name": ("TEAMCITY_PROJECT_NAME",),
    "tag": ("file:teamcity.build.branch#refs/tags/",),
    "default_branch": ("file:vcsroot.branch",),
    "event_name": ("file:teamcity.build.triggeredBy",),
}  # fmt: skip

_ESCAPES = {
    "|": "||",
    "'": "|'",
    "[": "|[",
    "]": "|]",
    "\n": "|n",
    "\r": "|r",
    "\x85": "|x",
    "\u2028": "|l",
    "\u2029": "|p",
}
_LONGEST = 4000
_IDENTITY = 60
_STATISTICS = ("total_issues", "total_checks", "passed", "failed", "warned", "errored")
_PULLS = ("pull/*", "pull-requests/*", "merge-requests/*")
"""what TeamCity calls the branches of pull requests; with every branch, a push to one would run twice"""

# --- reports ----------------------------------------------------------------------------------------------------------


def escape(text: str) -> str:
    """A value between quotes, in ASCII: an agent's console may have any encoding."""
    return "".join(_ESCAPES.get(c) or (c if c.isascii() else _units(c)) for c in text)


def _units(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"|0x{units[i : i + 2].hex().upper()}" for i in range(0, len(units), 2))


def service_message(kind: str, **values: object) -> str:
    listed = "".join(f" {k}='{escape(log_text.lines(str(v)))}'" for k, v in values.items() if v is not None)
    return f"##teamcity[{kind}{listed}]"


def annotation(a: CIAnnotation) -> str:
    place = f"{a.file}:{a.line}: " if a.file and a.line else f"{a.file}: " if a.file else ""
    status = {"error": "ERROR", "warning": "WARNING", "notice": "NORMAL"}[a.level.value]
    title = f"{a.title}: " if a.title else ""
    return service_message("message", text=shorten(f"{place}{title}{a.message}", _LONGEST), status=status)


def _block(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    return service_message("blockOpened", name=title), service_message("blockClosed", name=title)


def _values(values: Mapping[str, str], _env: Env) -> Iterator[Output]:
    yield Print(
        "\n".join(service_message("setParameter", name=f"truthound.{word(k)}", value=v) for k, v in values.items())
    )


def _summary(run: Report) -> Iterator[Output]:
    for result in run.results:
        yield Print("\n".join(_messages(result)))
    if run.results:
        yield Print("\n".join(_statistics(step_values(run.results))))


def _messages(result: CheckpointResult) -> Iterator[str]:
    """A test for each check; one that only warns passes with a message, one that could not be evaluated fails."""
    suite, flow = result.checkpoint_name, _identity(result.checkpoint_name)
    yield service_message("testSuiteStarted", name=suite, flowId=flow)
    outcomes = [o for o in result.validation_result.outcomes if not o.hidden] if result.validation_result else []
    seen: dict[str, int] = {}
    for outcome in outcomes:
        name = shorten(f"{outcome.validator}({', '.join(outcome.columns) or 'table'})", 500)
        seen[name] = seen.get(name, 0) + 1
        yield from _test(outcome, result.validation_result, name if seen[name] == 1 else f"{name} #{seen[name]}", flow)
    yield service_message("testSuiteFinished", name=suite, flowId=flow)
    for outcome in wording.run_errors(result):
        description = shorten(f"{suite}: {check_view(outcome).line}", _LONGEST)
        yield service_message("buildProblem", description=description, identity=_identity(f"{suite}\0{outcome.id}"))


def _statistics(outputs: Mapping[str, str]) -> Iterator[str]:
    """The end of the status line, and numbers that TeamCity plots over builds."""
    text = f"truthound: {outputs['status']}, {outputs['total_issues']} of {outputs['total_checks']} checks are issues"
    yield service_message("buildStatus", text=f"{{build.status.text}}; {text}")
    for key in _STATISTICS:
        yield service_message("buildStatisticValue", key=f"truthound.{key}", value=outputs[key])


def _test(outcome: CheckOutcome, validation: ValidationResult | None, name: str, flow: str) -> Iterator[str]:
    if outcome.status is CheckStatus.SKIPPED:
        yield service_message(
            "testIgnored", name=name, message=shorten(outcome.message or "skipped", _LONGEST), flowId=flow
        )
        return
    yield service_message("testStarted", name=name, flowId=flow)
    if outcome.status in (CheckStatus.FAILED, CheckStatus.ERROR):
        more = "\n".join(details(outcome, validation))
        yield service_message(
            "testFailed",
            name=name,
            message=shorten(check_view(outcome).line, _LONGEST),
            details=shorten(more, _LONGEST),
            flowId=flow,
        )
    elif outcome.status is CheckStatus.WARNED:
        yield service_message(
            "testStdOut", name=name, out=shorten(f"warning: {check_view(outcome).line}", _LONGEST), flowId=flow
        )
    yield service_message("testFinished", name=name, flowId=flow)


def _identity(name: str) -> str:
    """Stable over builds, and short enough for a build problem."""
    return f"truthound_{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}"[:_IDENTITY]


# --- settings ---------------------------------------------------------------------------------------------------------


def _kotlin(text: str) -> str:
    """A string in which neither Kotlin nor TeamCity (`%name%`) fills in anything."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("%", "%%") + '"'


_SETTINGS = """\
%(imports)s
version = "2024.12"

project {
    buildType(DataQuality)
}

object DataQuality : BuildType({
    name = %(name)s
%(artifact_rules)s
    publishArtifacts = PublishMode.ALWAYS

    vcs {
        root(DslContext.settingsRoot)
        cleanCheckout = true
    }

    steps {
        script {
            name = "Check the data"
            dockerImage = %(image)s
            dockerImagePlatform = ScriptBuildStep.ImagePlatform.Linux
%(script_content)s
        }
    }

    triggers {
        vcs {
            branchFilter = "%(branches)s"
%(trigger_rules)s        }
%(schedule)s    }

    failureConditions {
        executionTimeoutMin = %(timeout)s
    }
})
"""
_SCHEDULE = """\
        schedule {
            schedulingPolicy = cron {
                seconds = "0"
                minutes = "%(minute)s"
                hours = "%(hour)s"
                dayOfMonth = "%(days)s"
                month = "%(month)s"
                dayOfWeek = "%(weekdays)s"
            }
            branchFilter = "+:<default>"
            triggerBuild = always()
            withPendingChangesOnly = false
        }
"""


def settings(p: Pipeline) -> Built:
    notes = [
        "Turn on versioned settings in Kotlin; TeamCity makes .teamcity/pom.xml beside this file. The agents need Docker.",
        "Pull requests: add the build feature Pull Requests with a token of the hosting service.",
        "The tests are shown as they run, from the log; no report is to be imported.",
        *([NO_CACHE.format("the container is new")] if p.cache else []),
    ]
    imports = ["*", "buildSteps.ScriptBuildStep", "buildSteps.script", "triggers.vcs"]
    imports[3:3] = ["triggers.schedule"] if p.cron else []
    pushed = [b.replace("**", "*") for b in p.branches] or ["<default>"]
    rules = _joined(12, "triggerRules", [f"+:{path}" for path in p.watched]) + "\n" if p.watched else ""
    return notes, _SETTINGS % {
        "imports": "".join(f"import jetbrains.buildServer.configs.kotlin.{name}\n" for name in imports),
        "name": _kotlin(NAME),
        "artifact_rules": _joined(4, "artifactRules", [f"+:{f}/** => data-quality-report.zip!/{f}" for f in RESULTS]),
        "image": _kotlin(p.image),
        "script_content": _joined(12, "scriptContent", ["set -e", p.install, p.run]),
        "branches": "\\n".join(f"+:{b}" for b in (*pushed, *_PULLS)),
        "trigger_rules": rules,
        "schedule": _quartz(p.cron) if p.cron else "",
        "timeout": TIMEOUT,
    }


def _joined(indent: int, name: str, texts: Iterable[str]) -> str:
    """A property of several lines."""
    lines = [f"{name} = listOf(", *(f"    {_kotlin(text)}," for text in texts), ').joinToString("\\n")']
    return "\n".join(" " * indent + line for line in lines)


def _quartz(cron: Cron) -> str:
    """A schedule of Quartz, which takes the days of the month or of the week, never both."""
    if cron.days != "*" and cron.weekdays != "*":
        raise ConfigError(
            'schedule: TeamCity cannot join days of the month and days of the week by "or"; give one of them'
        )
    by_week = cron.weekdays != "*"
    return _SCHEDULE % {
        "minute": cron.minute,
        "hour": cron.hour,
        "days": "?" if by_week else cron.days,
        "month": cron.month,
        "weekdays": cron.weekday_names if by_week else "?",
    }


RECORD = Platform(
    "TeamCity", _FIELDS,
    reporting=Reporting(
        annotation, _block, _values, summary=_summary,
        report_location="the build's Tests tab, status, problems and statistics",
        outputs_location="parameters `truthound.status` and so on",
    ),
    pipeline=PipelineTarget(
        ".teamcity/settings.kts", settings, 'the project\'s Parameters, of the type password, named "env." and this', "//"
    ),
)  # fmt: skip
