"""Values from a CI system, validated: each function takes any text or file, never raises, and returns "" for invalid input."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

from truthound._internal.text import shorten

LONGEST = 4096
"""characters of a value; longer ones are ignored, because half a branch is not a branch"""
MESSAGE = 10_000
"""characters of a commit's message; longer ones are truncated"""
EVENT = 25 * 1024 * 1024
"""bytes of an event file; GitHub sends no larger ones (docs.github.com/webhooks)"""
PROPERTIES = 4 * 1024 * 1024

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNFILLED = re.compile(r"\$\([^)]*\)|\$\{[^}]*\}|\$[A-Z_]\w*|%[\w.]+%")
"""an unresolved reference to a variable: of Azure, of a shell, of Cloud Build, of TeamCity"""
_PULL_NUMBER = re.compile(
    r"https?://.*/(?:pull|pulls|pull-requests|merge_requests)/([0-9]{1,18})(?:/.*)?|([0-9]{1,18})(?:/(?:head|merge))?"
)
_NO_BRANCH = re.compile(r"refs/.*|pull/[0-9]+(?:/(?:head|merge))?|[0-9]+/(?:head|merge)|HEAD|detached|\(.*|<default>")
_USERINFO = re.compile(r"(?<=://)[^/]*@")
_WEB = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[^\[:/?#@]+)(?::[0-9]+)?(?:[/?#].*)?")


def plain(value: object) -> str:
    """Text on one line without control characters and half characters."""
    text = value if isinstance(value, str) and len(value) <= LONGEST else ""
    text = _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8").strip()
    return "" if _UNFILLED.fullmatch(text) else text


def message(value: object) -> str:
    """Text of several lines."""
    text = shorten(value, MESSAGE) if isinstance(value, str) else ""
    lines = (_CONTROL.sub("", line).rstrip() for line in text.encode("utf-8", "replace").decode("utf-8").split("\n"))
    return "\n".join(lines).strip()


def branch(text: str) -> str:
    """A branch's name, also from a full reference; that of a fork may come as `owner:branch`."""
    name = re.sub(r"^refs/(?:heads|remotes/[^/]+)/", "", _unpinned(text))
    return "" if _NO_BRANCH.fullmatch(name) else name.rpartition(":")[2]


def tag(text: str) -> str:
    return _unpinned(text).removeprefix("refs/tags/")


def _unpinned(text: str) -> str:
    """A reference without the commit that CodeBuild may add: `refs/heads/main^{abc}`."""
    return re.sub(r"\^\{[^}]*\}$", "", text)


def commit(text: str) -> str:
    """A hash, whole or abbreviated."""
    return text.lower() if re.fullmatch(r"[0-9a-fA-F]{7,64}", text) else ""


def pull_number(text: str) -> int | None:
    """The number of a pull or merge request, also from its address or the end of its reference (`7/merge`)."""
    found = _PULL_NUMBER.fullmatch(text)
    return (int(found[1] or found[2]) or None) if found else None


def address(text: str) -> str:
    """A web address, without a user and password in it."""
    safe = _USERINFO.sub("", text).replace(" ", "%20")
    return safe if _WEB.fullmatch(safe) else ""


def repository(text: str) -> str:
    """`owner/name`, also from the address of a remote, of which no user, password or query is kept."""
    _, remote, rest = text.partition("://")
    rest = rest if remote else text
    _, user, last = rest.rpartition("@")  # the last one: a password may hold others
    rest = re.split(r"[?#]", last, maxsplit=1)[0]
    if user or remote:
        rest = [*re.split(r"/" if remote else r"[:/]", rest, maxsplit=1), ""][1]
    elif re.match(r"[^/]+:[^/]", rest):
        rest = rest.partition(":")[2]
    path = re.sub(r"^(?:v1/repos|v3)/", "", rest.strip("/"))  # CodeCommit; Azure by SSH
    return "" if ":" in path else path.replace("/_git/", "/").removesuffix(".git").strip("/")


def read_capped(path: str, limit: int) -> bytes:
    """A file's content; empty if it is missing, too large or not a regular file (a pipe would block forever)."""
    try:
        file = Path(path)
        if not stat.S_ISREG(file.stat().st_mode):
            return b""
        with file.open("rb") as stream:
            content = stream.read(limit + 1)
    except (OSError, ValueError):
        return b""
    return content if len(content) <= limit else b""


def event(path: str) -> dict[str, Any]:
    """The JSON object in a file that describes the event which started a workflow."""
    try:
        found = json.loads(read_capped(path, EVENT) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def within(tree: Any, path: str) -> str:
    """The text or number at `a.b.c` of nested mappings."""
    for name in path.split("."):
        tree = tree.get(name) if isinstance(tree, dict) else None
    if isinstance(tree, int) and not isinstance(tree, bool) and abs(tree) < 10**18:
        return str(tree)
    return tree if isinstance(tree, str) else ""


_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.?))", re.DOTALL)
_LINE = re.compile(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)", re.DOTALL)


def properties(path: str) -> dict[str, str]:
    """A file of Java properties (docs.oracle.com, java.util.Properties.load)."""
    found: dict[str, str] = {}
    logical = ""
    for line in [*re.split(r"\r\n|\n|\r", read_capped(path, PROPERTIES).decode("latin-1")), ""]:
        text = line.lstrip(" \t\f")
        if not logical and (not text or text[0] in "#!"):
            continue
        if (len(text) - len(text.rstrip("\\"))) % 2:  # continued on the next line
            logical += text[:-1]
            continue
        if match := _LINE.fullmatch(logical + text):
            found[_unescaped(match[1])] = _unescaped(match[2])
        logical = ""
    return found


def _unescaped(text: str) -> str:
    text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPES.get(m[2], m[2]), text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
