"""Recognizes secrets by the names of variables, and masks them in every encoding in which they may occur."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

MASK = "•••"
_URL_PASSWORD = re.compile(r"(?<=://)([^/:\s@]*):[^/\s]*@")
_QUERY_SECRET = re.compile(
    r"(?i)([?&;][\w.-]*(?:token|key|secret|passw(?:or)?d|pwd|signature|sig|credential)[\w.-]*=)[^&;\s'\"]+"
)
_SECRET_WORD = re.compile(
    r"pass|passphrases?|pwd|pat|keys?|o?auth|authorization|credentials?|creds|private|webhooks?|dsn|cert|certificate|sig|signature|sessions?"
    r"|cookies?|(?:db|pg|my|mysql|sql|user|smtp|ftp|ldap)pass|(?:api|access|account|private|secret|signing|ssh|ssl|storage)keys?"
    r"|[a-z]*(?:secrets?|tokens?|passwords?|passwd)"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_NOT_SECRET = re.compile(r"(?i)(xdg|dbus|desktop|term)_.*|.*_(file|dir|path|sock|type|session)")
"""variables of a desktop session or with a path, whose names look like those of secrets"""
_ASSIGNED = re.compile(
    r"(?i)\b([\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|credentials?|(?:api|access|private)[_-]?key)[\w.-]*[\"']?\s*"
    r"(?:=|:(?=\s*[\"']))\s*)(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&)\]}]+)"
)
"""an assignment to a name that marks a secret: `password='x'`, `"api_key": "x"`"""
MIN_SECRET_LENGTH = 4
"""shorter values are not treated as secrets: masking every occurrence would only make text unreadable"""


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Text without these secrets in any encoding (see `_secret_pattern`), passwords in URLs and tokens in query strings."""
    for secret in sorted({s for s in secrets if s}, key=len, reverse=True):
        text = _secret_pattern(secret).sub(MASK, text)
    return _QUERY_SECRET.sub(rf"\g<1>{MASK}", _URL_PASSWORD.sub(rf"\g<1>:{MASK}@", text))


@lru_cache(maxsize=512)
def _secret_pattern(secret: str) -> re.Pattern[str]:
    """Matches a secret as it is, or encoded for a URL, a form, JSON (also repeatedly), HTML or Markdown; or in base64, also
    within longer text.
    """
    quoted = "".join(map(_character_pattern, re.findall(r"\\+|[^\\]", secret, re.DOTALL)))
    return re.compile("|".join((quoted, *_base64_patterns(secret.encode("utf-8", "replace")))))


def _character_pattern(char: str) -> str:
    """Matches the encodings of a character, or of a run of backslashes."""
    if char.isascii() and char.isalnum():
        return char
    import html

    units = char.encode("utf-16-be", "surrogatepass").hex()
    forms = [
        rf"\\{{{len(char)},}}" if char[0] == "\\" else rf"\\*{re.escape(char)}",
        re.escape(html.escape(char)),
        "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass")),
        "".join(rf"\\+u{units[i : i + 4]}" for i in range(0, len(units), 4)),
    ]
    forms += [rf"&\#(?:0*{ord(char)}|x0*{ord(char):x});"] if len(char) == 1 else []
    forms += [rf"\\+{short}"] if (short := json.dumps(char)[2:-1]) in ("n", "r", "t", "b", "f") else []
    forms += [r"\+"] if char == " " else []
    return f"(?i:{'|'.join(forms)})"


def _base64_patterns(raw: bytes) -> Iterator[str]:
    """Match the bytes within base64: the characters that they alone determine, for each offset in a group of three bytes."""
    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        whole = coded[(0, 2, 3)[before] : len(coded) - ((before + len(raw)) % 3 > 0)]
        if len(whole) >= 6:  # what is shorter is found in innocent text
            escaped = re.escape(whole).replace("/", "[/_]").replace(r"\+", "[+-]")
            yield rf"{escaped}[\w+/-]?={{0,2}}"


def is_secret(name: str) -> bool:
    """Whether a variable of this name most likely contains a secret, by one of its words, as in
    `DB_PASSWORD`, `apiKey` and `x-auth-token`, but not in `AUTHOR`, nor in `PWD`, a shell's current folder.
    """
    return name != "PWD" and any(_SECRET_WORD.fullmatch(word.lower()) for word in _WORD.findall(name))


def environment_secrets(env: Mapping[str, str]) -> set[str]:
    """The values of variables whose names mark them as secret, which foreign code may print."""
    return {v for n, v in env.items() if len(v) >= MIN_SECRET_LENGTH and is_secret(n) and not _NOT_SECRET.fullmatch(n)}


def describe_exception(error: BaseException) -> str:
    """`ValueError: message`, also of an exception whose `__str__` raises. The environment's secrets, and values assigned to
    names that mark them as secret, are redacted.
    """
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 the `__str__` of a user's exception may raise
        message = ""
    return (
        f"{type(error).__name__}: {redact_assignments(redact(message, environment_secrets(os.environ)))}".removesuffix(
            ": "
        )
    )


def redact_assignments(text: str) -> str:
    """Text without values that are assigned to names of secrets."""
    return _ASSIGNED.sub(rf"\g<1>{MASK}", text)
