"""How each CI system wants a mark, a group and a value written in its log. All pure; no text of the data is a command.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
https://www.jetbrains.com/help/teamcity/service-messages.html
https://docs.gitlab.com/ci/jobs/job_logs/ (all read in November 2026)
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from truthound._internal.escape import escape_log
from truthound._internal.text import shorten
from truthound.reporters.annotations import AnnotationLevel, CIAnnotation

_COLOURS = {AnnotationLevel.ERROR: "31;1", AnnotationLevel.WARNING: "33;1", AnnotationLevel.NOTICE: "36;1"}
_TEAMCITY = {
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


def lines(text: str) -> str:
    """A text of several lines, each harmless."""
    return "\n".join(escape_log(line) for line in text.splitlines())


def slug(text: str) -> str:
    """A name that is safe in the marks of a log, in a file's name and in an identifier: `a-z`, digits, `_`, `-`."""
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-")[:60] or "truthound"


def key(text: str) -> str:
    """A slug that no other text has."""
    short = slug(text)
    return short if short == text else f"{short}-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"


# --- systems that show text only --------------------------------------------------------------------------------------


def plain(a: CIAnnotation) -> str:
    """`error: data/users.csv:42: title: message`."""
    place = ":".join(filter(None, (escape_log(a.file or ""), str(a.line or "") if a.file else "")))
    return ": ".join(
        filter(None, (a.level.value, place, escape_log(a.title or ""), escape_log(" ".join(a.message.split("\n")))))
    )


def coloured(a: CIAnnotation) -> str:
    """The same with its level in colour."""
    level, _, rest = plain(a).partition(":")
    return f"\x1b[{_COLOURS[a.level]}m{level}:\x1b[0m{rest}"


def heading(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    return escape_log(title), ""


# --- GitHub and those that imitate it ---------------------------------------------------------------------------------


def github_group(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    return f"::group::{escape_log(title)}", "::endgroup::"


# --- Azure ------------------------------------------------------------------------------------------------------------


def azure_message(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def azure_property(text: str) -> str:
    return azure_message(escape_log(text)).replace(";", "%3B").replace("]", "%5D")


def azure(a: CIAnnotation) -> str:
    """An issue of the task; Azure has no notices, so one is a line of the log."""
    if a.level is AnnotationLevel.NOTICE:
        return plain(a)
    known = {
        "type": a.level.value, "sourcepath": a.file, "linenumber": a.line, "columnnumber": a.column, "code": a.validator_name,
    }  # fmt: skip
    listed = "".join(f"{k}={azure_property(str(v))};" for k, v in known.items() if v not in (None, ""))
    said = f"{escape_log(a.title)}: {lines(a.message)}" if a.title else lines(a.message)
    return f"##vso[task.logissue {listed}]{azure_message(shorten(said, _LONGEST))}"


def azure_group(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    return f"##[group]{escape_log(title)}", "##[endgroup]"


def azure_variable(name: str, value: str) -> str:
    """For later steps of the job, and with the step's name before it for later jobs."""
    said = azure_message(lines(value))
    return "\n".join(
        f"##vso[task.setvariable variable={azure_property(name)}{more}]{said}" for more in ("", ";isOutput=true")
    )


# --- TeamCity ---------------------------------------------------------------------------------------------------------


def teamcity_text(text: str) -> str:
    """A value between quotes, in ASCII: an agent's console may have any encoding."""
    return "".join(_TEAMCITY.get(c) or (c if c.isascii() else _units(c)) for c in text)


def _units(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"|0x{units[i : i + 2].hex().upper()}" for i in range(0, len(units), 2))


def teamcity_message(kind: str, **values: object) -> str:
    listed = "".join(f" {k}='{teamcity_text(lines(str(v)))}'" for k, v in values.items() if v is not None)
    return f"##teamcity[{kind}{listed}]"


def teamcity(a: CIAnnotation) -> str:
    place = f"{a.file}:{a.line}: " if a.file and a.line else f"{a.file}: " if a.file else ""
    status = {"error": "ERROR", "warning": "WARNING", "notice": "NORMAL"}[a.level.value]
    title = f"{a.title}: " if a.title else ""
    return teamcity_message("message", text=shorten(f"{place}{title}{a.message}", _LONGEST), status=status)


def teamcity_block(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    return teamcity_message("blockOpened", name=title), teamcity_message("blockClosed", name=title)


# --- folds ------------------------------------------------------------------------------------------------------------


def gitlab_section(title: str, name: str, now: datetime) -> tuple[str, str]:
    seconds = int(now.timestamp())
    start = f"\x1b[0Ksection_start:{seconds}:{name}[collapsed=true]\r\x1b[0K{escape_log(title)}"
    return start, f"\x1b[0Ksection_end:{seconds}:{name}\r\x1b[0K"


def travis_fold(title: str, name: str, _now: datetime) -> tuple[str, str]:
    return f"travis_fold:start:{name}\r\x1b[0K{escape_log(title)}", f"travis_fold:end:{name}\r\x1b[0K"


def buildkite_group(title: str, _name: str, _now: datetime) -> tuple[str, str]:
    """A group ends where the next begins; without one at its end, what follows would be folded away with it."""
    return f"--- {escape_log(title)}", "+++ truthound"
