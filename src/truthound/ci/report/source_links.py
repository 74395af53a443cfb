"""Links to the lines of a repository's files, at the commit of a build."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from truthound.ci.models import CIEnvironment
from truthound.ci.parse import address
from truthound.ci.platforms import PLATFORMS

_ON_GITHUB = re.compile(r"(?:https://(?:[^@/]*@)?|git@|ssh://git@)github\.com[:/]")


def source_of(env: Mapping[str, str], ci: CIEnvironment) -> str:
    """The address of the repository's files at the commit of a build, on GitHub and its imitators; else empty."""
    reporting = PLATFORMS[ci.platform].reporting
    if tree := reporting.tree:
        server = address(env.get("GITHUB_SERVER_URL", ""))
    else:
        remote = env.get(reporting.remote_env, "")
        server, tree = "https://github.com" if _ON_GITHUB.match(remote) else "", "blob"
    if not (server and ci.commit_sha and re.fullmatch(r"[\w.-]+/[\w.-]+", ci.repository, re.ASCII)):
        return ""
    return f"{quote(server.rstrip('/'), safe=':/')}/{ci.repository}/{tree}/{ci.commit_sha}"
