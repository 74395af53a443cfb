"""Facts of the current build, in the same fields on every CI system. Nothing here raises, whatever the environment holds."""

from __future__ import annotations

import os
import re
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from truthound.ci import parse
from truthound.ci.models import CIEnvironment, CIPlatform
from truthound.ci.platforms import DETECTED_BY, PLATFORMS


def detect_ci_platform(environ: Mapping[str, str] | None = None) -> CIPlatform:
    """The CI system whose variables are set in the environment (`os.environ` by default); they outweigh `CI=false`."""
    env = os.environ if environ is None else environ
    return next((platform for platform, marks in DETECTED_BY.items() if any_set(marks, env)), CIPlatform.LOCAL)


def is_ci_environment(environ: Mapping[str, str] | None = None) -> bool:
    """Whether this is a build of any CI system."""
    return detect_ci_platform(environ) is not CIPlatform.LOCAL


def get_ci_environment(environ: Mapping[str, str] | None = None) -> CIEnvironment:
    """The facts of this build; all are empty outside of a CI system."""
    env = os.environ if environ is None else environ
    return environment_of(detect_ci_platform(env), env)


def environment_of(platform: CIPlatform, environ: Mapping[str, str]) -> CIEnvironment:
    """The facts in the variables of a platform, whether it is the detected one or not."""
    record, resolver = PLATFORMS[platform], _VariableResolver(environ)
    number = next(filter(None, map(_number, resolver.found(record.fields.get("pr_number", ())))), None)
    resolver.pull_request = number is not None or any_set(record.pull_request, environ)
    known = {
        name: next(filter(None, map(clean, resolver.found(record.fields.get(name, ()), quoted=name == "run_url"))), "")
        for name, clean in _CLEAN.items()
    }
    if known["tag"] == known["branch"] and not resolver.pull_request:
        known["branch"] = ""  # many systems set the branch to the tag
    return CIEnvironment(
        platform, is_ci=platform is not CIPlatform.LOCAL, is_pr=resolver.pull_request, pr_number=number, **known
    )


_CLEAN: Mapping[str, Callable[[str], str]] = {
    "branch": lambda text: parse.branch(parse.plain(text)),
    "commit_sha": lambda text: parse.commit(parse.plain(text)),
    "commit_message": parse.message,
    "pr_target_branch": lambda text: parse.branch(parse.plain(text)),
    "repository": lambda text: parse.repository(parse.plain(text)),
    "run_id": parse.plain,
    "run_url": lambda text: parse.address(parse.plain(text)),
    "actor": parse.plain,
    "job_name": parse.plain,
    "workflow_name": parse.plain,
    "tag": lambda text: parse.tag(parse.plain(text)),
    "default_branch": lambda text: parse.branch(parse.plain(text)),
    "event_name": parse.plain,
}


def _number(text: str) -> int | None:
    return parse.pull_number(parse.plain(text))


def _get(env: Mapping[str, str], name: str) -> str:
    value: Any = env.get(name)
    return value if isinstance(value, str) else ""


def any_set(marks: tuple[str, ...], env: Mapping[str, str]) -> bool:
    """Whether one of these variables is set, or has the value given after `=`."""
    for mark in marks:
        name, equals, wanted = mark.partition("=")
        value = _get(env, name).strip().casefold()
        if value == wanted.casefold() if equals else value not in {"", "false", "0", "no", "off"}:
            return True
    return False


class _VariableResolver:
    """Resolves the lookups of a record; a file is read once, and only if a lookup names it."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.pull_request = False
        self._event: dict[str, Any] | None = None
        self._properties: dict[str, str] | None = None

    def found(self, lookups: tuple[str, ...], *, quoted: bool = False) -> list[str]:
        """The values of these lookups, in order; `quoted` for use in an address."""
        return [text for lookup in lookups if (text := self._at(lookup, quoted=quoted))]

    def _at(self, lookup: str, *, quoted: bool) -> str:
        kind, colon, rest = lookup.partition(":")
        if colon and kind in {"pr", "no-pr"}:
            return self._at(rest, quoted=quoted) if (kind == "pr") is self.pull_request else ""
        if colon and kind == "unless":
            name, _, rest = rest.partition(":")
            return "" if _get(self.env, name).strip() else self._at(rest, quoted=quoted)
        if colon and kind == "event":
            if self._event is None:
                self._event = parse.event(_get(self.env, "GITHUB_EVENT_PATH"))
            return parse.within(self._event, rest)
        if "{" in lookup:
            return self._filled(lookup, quoted=quoted)
        name, _, prefix = lookup.partition("#")
        text = self._property(rest.partition("#")[0]) if kind == "file" else _get(self.env, name)
        return text.removeprefix(prefix) if text.startswith(prefix) else ""

    def _property(self, name: str) -> str:
        """A property of the build's file, or else of the configuration's file, which the former names."""
        if self._properties is None:
            build = parse.properties(_get(self.env, "TEAMCITY_BUILD_PROPERTIES_FILE"))
            found = parse.properties(build.get("teamcity.configuration.properties.file", "")) | build
            if found.get("teamcity.build.branch", "<default>") == "<default>":
                found["teamcity.build.branch"] = found.get("vcsroot.branch", "")
            self._properties = found
        return self._properties.get(name, "")

    def _filled(self, template: str, *, quoted: bool) -> str:
        """A text with the values of variables; empty if one of them is not set."""
        parts = re.split(r"\{(\w+)\}", template)
        texts = [parse.plain(_get(self.env, part)) if i % 2 else part for i, part in enumerate(parts)]
        if not all(texts[1::2]):
            return ""
        if quoted:  # it already begins with an address
            texts[3::2] = [urllib.parse.quote(text) for text in texts[3::2]]
            texts[1] = urllib.parse.quote(texts[1]) if texts[0] else texts[1]
            texts[1] = texts[1].rstrip("/") if texts[2].startswith("/") else texts[1]
        return "".join(texts)
