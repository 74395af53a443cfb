"""URLs of databases and of remote files: parsed, and displayed without their secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from truthound._internal.redaction import MASK, redact
from truthound.errors import ConfigError

DATABASES = {
    "postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql",
    "sqlite": "sqlite", "duckdb": "duckdb",
}  # fmt: skip
_NAME = re.compile(r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|[^."`]+')


@dataclass(frozen=True)
class Address:
    """A parsed database URL. `database` is a name on a server, or the path of a file."""

    dialect: str
    host: str = ""
    """Empty for the driver's default."""
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    database: str = ""
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    table: str | None = None

    def secrets(self) -> list[str]:
        """Every value that must not be displayed, decoded."""
        return [s for s in (self.password, *(v for k, v in self.params if is_secret(k))) if s]


def is_secret(name: str) -> bool:
    return bool(re.search(r"(?i)pass|pwd|secret|token|key|sig|credential", name)) and name not in ("ssl_key", "sslkey")


def _split(url: str) -> tuple[str, str, str, str, str]:
    """Scheme, authority, path, query and fragment, still percent-encoded."""
    scheme, _, rest = url.partition("://")
    rest, _, fragment = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    return scheme, authority, slash + path, query, fragment


def _ambiguous(authority: str, rest: str) -> bool:
    """Whether a password seems to contain an unencoded / ? or #, so that the parts cannot be trusted."""
    return "@" in rest and ":" in authority


def clean_url(url: str) -> str:
    """A URL for display: without password and query."""
    scheme, authority, path, query, fragment = _split(url)
    database = scheme.lower().partition("+")[0] in DATABASES
    if _ambiguous(authority, path + query + fragment):  # anything after the colon may be the password
        return f"{scheme}://{authority.partition(':')[0] if database else ''}:{MASK}@…"
    userinfo, at, host = authority.rpartition("@")
    user, colon, _ = userinfo.partition(":")
    if at:
        user = f"{user if database else MASK}{f':{MASK}' if colon and database else ''}@"
    shown = f"{scheme}://{user}{host}{path}"
    if query:
        shown += f"?{MASK}"
    hidden = any(is_secret(k) for k, _ in parse_qsl(query))  # the fragment may be the end of a password
    return shown + (f"#{fragment}" if fragment and database and not hidden else "")


def url_secrets(url: str) -> list[str]:
    """The parts of the URL of a remote file that must not be displayed: the user information and the query."""
    query = url.partition("?")[2]
    userinfo = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    secrets = [query, *(p.partition("=")[2] for p in query.split("&")), userinfo, userinfo.partition(":")[2]]
    return [s for s in secrets if len(s) > 3]


def sql_name(url: str, table: str | None, *, query: bool) -> str:
    """The display name of a table of a database: its URL and its name."""
    shown = clean_url(url).partition(f"?{MASK}")[0]
    if query:
        return f"{shown.partition('#')[0]} (query)"
    fragment = _split(url)[4]
    if table is not None and "#" not in shown:
        return f"{shown}#{table}"
    if fragment and "#" not in shown and f":{MASK}@" not in shown:
        return f"{shown}#{unquote(fragment)}"
    return shown


def parse_address(url: str) -> Address:
    """Parses a database URL. Raises ConfigError, without the secrets, if it is malformed."""
    scheme, authority, path, query, fragment = _split(url)
    dialect = DATABASES[scheme.lower().partition("+")[0]]
    shown = clean_url(url)
    if _ambiguous(authority, path + query + fragment):
        raise ConfigError(
            f'"{shown}" cannot be read: write @ : / ? # % in a user name, a password or a table '
            "as %40 %3A %2F %3F %23 %25"
        )
    params = tuple(parse_qsl(query, keep_blank_values=True))
    table = unquote(fragment) or None
    if dialect in ("sqlite", "duckdb"):
        if authority:
            raise ConfigError(f'"{shown}" has two slashes; write {dialect}:///file.db, or {dialect}:////folder/file.db')
        if params:
            raise ConfigError(f'"{shown}": a database file takes no "{params[0][0]}"')
        if len(path) < 2:
            raise ConfigError(f'"{shown}" does not name a file; write {dialect}:///file.db')
        return Address(dialect, database=unquote(path[1:]), table=table)
    userinfo, _, server = authority.rpartition("@")
    user, colon, password = userinfo.partition(":")
    host, port = _host_and_port(server, shown)
    return Address(
        dialect, unquote(host), port, unquote(user) or None, unquote(password) if colon else None,
        unquote(path[1:]), params, table,
    )  # fmt: skip


def _host_and_port(server: str, shown: str) -> tuple[str, int | None]:
    if "," in server:  # several hosts, which only the driver parses
        return server, None
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.%]+\]|[^:\[\]]*)(?::(\d*))?", server)
    if found is None:
        raise ConfigError(f'"{shown}": the host and its port cannot be read; a port is a number')
    if found[2] and not 0 < int(found[2]) < 65536:
        raise ConfigError(f'"{shown}": port {found[2]} does not exist')
    return found[1].strip("[]"), int(found[2]) if found[2] else None


def scrub(text: str, secrets: Iterable[str]) -> str:
    """A driver's message without any secret, however it is encoded."""
    words = {
        form for s in secrets for form in (s, unquote(s), quote(s, safe=""), quote(s), quote_plus(s), repr(s)[1:-1])
    }
    if any(len(w) < 3 and w in text for w in words if w):
        return "the driver's message is left out, because it could contain the password"
    return redact(text, words)


def name_parts(table: str) -> list[str]:
    """The parts of `schema.table`; a part in double quotes or backticks may contain dots."""
    parts: list[str] = []
    at = 0
    while True:
        found = _NAME.match(table, at)
        if found is None or (found.end() < len(table) and table[found.end()] != "."):
            raise ConfigError(
                f'table: "{table}" cannot be read; write schema.table, and names with dots or quotes as "a.b"."c""d"'
            )
        word = found[0]
        mark = word[0]
        parts.append(word[1:-1].replace(mark * 2, mark) if mark in '"`' else word)
        if found.end() == len(table):
            return parts
        at = found.end() + 1


def quoted(table: str, mark: str) -> str:
    """A table's name, quoted for the dialect."""
    parts = name_parts(table)
    if any("\0" in p for p in parts):
        raise ConfigError("table: the name holds a NUL character")
    return ".".join(mark + p.replace(mark, mark * 2) + mark for p in parts)
