"""Names, places and quoting that the pipelines of all systems share."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

NAME = "Data quality"
JOB = "data-quality"
TIMEOUT = 30
"""minutes after which a generated job is stopped"""
DAYS = 30
"""days for which reports are kept, where the pipeline can set this"""
SARIF = "truthound.sarif"
JUNIT = "truthound-junit.xml"
TESTS = "test-results/truthound/results.xml"
"""JUnit's file for systems that read a folder of tests"""
RESULTS = ("truthound_results", "truthound_docs")
PERMISSIONS = ("pull-requests", "statuses", "checks")
"""what the job's token may write for actions of the checkpoint, on GitHub"""
ONCE = "a push to a pull request runs once, for the pull request"
NO_CACHE = "What pip downloads is not kept between builds: {0}."

_TEMPLATE_MARKS = re.compile(r"(?<=\$)(?=.)|(?<=<)(?=<)|(?<=#)(?=#)|(?<=:)(?=:)")


def shell(value: str | Path) -> str:
    """A quoted word for a POSIX shell that contains no syntax of the CI system's file or log.

    The marks of templates and of log commands (`${{ }}`, `$(x)`, `<< >>`, `##vso[`, `::set-output`) are split by
    an empty quote: within single quotes it changes nothing.
    """
    return _TEMPLATE_MARKS.sub("''", shlex.quote(str(value)))


def double_dollars(command: str) -> str:
    """A command for systems that replace `$NAME` in the whole file."""
    return command.replace("$", "$$")


def double_braced_dollars(command: str) -> str:
    """A command for systems that replace `${NAME}` in the whole file."""
    return command.replace("${", "$${")


def keep_together(text: object) -> str:
    """Text that is not wrapped within a note, such as a schedule or a command."""
    return str(text).replace(" ", "\0")


def restore_spaces(line: str) -> str:
    """A line of a note, after it is wrapped."""
    return line.replace("\0", " ")


def regex(glob: str) -> str:
    """A branch pattern as a regular expression between slashes."""
    parts = re.split(r"(\*\*?)", glob)
    text = "".join({"**": ".*", "*": r"[^\/]*"}.get(p) or p.replace(".", r"\.").replace("/", r"\/") for p in parts)
    return f"/^{text}$/"
