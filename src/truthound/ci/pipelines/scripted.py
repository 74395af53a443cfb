"""Pipelines that are programs: a Jenkinsfile in Groovy, and TeamCity's settings in Kotlin."""

from __future__ import annotations

from collections.abc import Iterable

from truthound.ci.pipelines.cron import Cron
from truthound.ci.pipelines.hosted import NAME
from truthound.ci.pipelines.spec import RESULTS, TIMEOUT, Pipeline
from truthound.errors import ConfigError

_PULLS = ("pull/*", "pull-requests/*", "merge-requests/*")
"""what TeamCity calls the branches of pull requests; with every branch, a push to one would run twice"""
_VENV = ".truthound-venv"


def _groovy(text: str) -> str:
    """A string in single quotes, in which Groovy fills in nothing."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _groovy_line(text: str) -> str:
    """A line of a string in three single quotes, in which Groovy fills in nothing either."""
    return text.replace("\\", "\\\\").replace("''", "\\'\\'")


def _kotlin(text: str) -> str:
    """A string in which neither Kotlin nor TeamCity (`%name%`) fills in anything."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("%", "%%") + '"'


def jenkins(p: Pipeline) -> tuple[list[str], str]:
    notes = [
        "Needs the plugins Docker Pipeline, JUnit and Pipeline.",
        "In a multibranch project, exclude branches that are also filed as pull requests: those would run twice.",
        "With Warnings Next Generation the issues get a page of their own: see recordIssues below.",
    ]
    if p.cache:
        notes.append("What pip downloads is not kept between builds: the container is new.")
    branches = [f"branch pattern: {_groovy(b)}, comparator: 'GLOB'" for b in p.branches]
    files = [f"changeset pattern: {_groovy(path)}" for path in p.watched]
    started = ["triggeredBy 'TimerTrigger'", "triggeredBy cause: 'UserIdCause'"]
    when = [*_any(["changeRequest()", *branches] if branches else []), *_any([*started, *files] if files else [])]
    commands = [f"python -m venv {_VENV}", f". {_VENV}/bin/activate", p.install, p.run]
    kept = ",".join(["truthound-junit.xml", "truthound.properties", "truthound.sarif", *(f"{f}/**" for f in RESULTS)])
    lines = [
        "pipeline {",
        f"    agent {{ docker {{ image {_groovy(p.image)} }} }}",
        "    options {",
        f"        timeout(time: {TIMEOUT}, unit: 'MINUTES')",
        "        disableConcurrentBuilds(abortPrevious: true)",
        "    }",
        *([f"    triggers {{ cron({_groovy(str(p.cron))}) }}"] if p.cron else []),
        "    environment {",
        '        HOME = "${env.WORKSPACE}"  // the container\'s user has no other',
        *(f"        {name} = credentials({_groovy(name)})" for name in p.wanted_secrets),
        "    }",
        "    stages {",
        f"        stage({_groovy(NAME)}) {{",
        *(["            when {", *when, "            }"] if when else []),
        "            steps {",
        "                sh '''",
        *(f"                    {_groovy_line(command)}" for command in commands),
        "                '''",
        "            }",
        "            post {",
        "                always {",
        "                    junit testResults: 'truthound-junit.xml', allowEmptyResults: true",
        "                    // recordIssues enabledForFailure: true, tool: sarif(pattern: 'truthound.sarif')",
        f"                    archiveArtifacts artifacts: {_groovy(kept)}, allowEmptyArchive: true",
        "                }",
        "            }",
        "        }",
        "    }",
        "}",
    ]
    return notes, "\n".join(lines) + "\n"


def _any(conditions: list[str]) -> list[str]:
    """One of these; what `when` holds several of must all be so."""
    body = [f"                    {condition}" for condition in conditions]
    return ["                anyOf {", *body, "                }"] if body else []


def teamcity(p: Pipeline) -> tuple[list[str], str]:
    notes = [
        "Turn on versioned settings in Kotlin; TeamCity makes .teamcity/pom.xml beside this file. The agents need Docker.",
        "Pull requests: add the build feature Pull Requests with a token of the hosting service.",
        "The tests are shown as they run, from the log; no report is to be imported.",
    ]
    if p.cache:
        notes.append("What pip downloads is not kept between builds: the container is new.")
    imports = [
        "*",
        "buildSteps.ScriptBuildStep",
        "buildSteps.script",
        *(["triggers.schedule"] if p.cron else []),
        "triggers.vcs",
    ]
    pushed = [b.replace("**", "*") for b in p.branches] or ["<default>"]
    branches = "\\n".join(f"+:{b}" for b in (*pushed, *_PULLS))
    rules = _lines(12, "triggerRules", [f"+:{path}" for path in p.watched]) if p.watched else []
    commands = ["set -e", p.install, p.run]
    artifacts = [f"+:{folder}/** => data-quality-report.zip!/{folder}" for folder in RESULTS]
    lines = [
        *(f"import jetbrains.buildServer.configs.kotlin.{name}" for name in imports),
        "",
        'version = "2024.12"',
        "",
        "project {",
        "    buildType(DataQuality)",
        "}",
        "",
        "object DataQuality : BuildType({",
        f"    name = {_kotlin(NAME)}",
        *_lines(4, "artifactRules", artifacts),
        "    publishArtifacts = PublishMode.ALWAYS",
        "",
        "    vcs {",
        "        root(DslContext.settingsRoot)",
        "        cleanCheckout = true",
        "    }",
        "",
        "    steps {",
        "        script {",
        f"            name = {_kotlin('Check the data')}",
        f"            dockerImage = {_kotlin(p.image)}",
        "            dockerImagePlatform = ScriptBuildStep.ImagePlatform.Linux",
        *_lines(12, "scriptContent", commands),
        "        }",
        "    }",
        "",
        "    triggers {",
        "        vcs {",
        f'            branchFilter = "{branches}"',
        *rules,
        "        }",
        *(_quartz(p.cron) if p.cron else []),
        "    }",
        "",
        "    failureConditions {",
        f"        executionTimeoutMin = {TIMEOUT}",
        "    }",
        "})",
    ]
    return notes, "\n".join(lines) + "\n"


def _lines(indent: int, name: str, texts: Iterable[str]) -> list[str]:
    """A property of several lines."""
    lines = [f"{name} = listOf(", *(f"    {_kotlin(text)}," for text in texts), ').joinToString("\\n")']
    return [" " * indent + line for line in lines]


def _quartz(cron: Cron) -> list[str]:
    """A schedule of Quartz, which takes the days of the month or of the week, never both."""
    if cron.days != "*" and cron.weekdays != "*":
        raise ConfigError(
            'schedule: TeamCity cannot join days of the month and days of the week by "or"; give one of them'
        )
    by_week = cron.weekdays != "*"
    return [
        "        schedule {",
        "            schedulingPolicy = cron {",
        '                seconds = "0"',
        f'                minutes = "{cron.minute}"',
        f'                hours = "{cron.hour}"',
        f'                dayOfMonth = "{"?" if by_week else cron.days}"',
        f'                month = "{cron.month}"',
        f'                dayOfWeek = "{cron.weekday_names if by_week else "?"}"',
        "            }",
        '            branchFilter = "+:<default>"',
        "            triggerBuild = always()",
        "            withPendingChangesOnly = false",
        "        }",
    ]
