"""Objects in a bucket: S3, Google Cloud Storage, Azure, through obstore. Credentials come from the usual environment variables."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from truthound._internal.redaction import redact
from truthound.errors import CloudError, ConfigError, StoreError
from truthound.io.files import LocalObjects, Stored, checked_key, local_path

SCHEMES = {"s3": "s3", "s3a": "s3", "gs": "gcs", "az": "azure", "azure": "azure", "abfs": "azure", "abfss": "azure"}
"""a URL's scheme -> the kind of store"""
MISSING = "the package obstore is not installed; install it with: pip install 'truthound[cloud]'"
_SECONDS, _CONNECT = 30, 5
_PIECE = 8 * 1024 * 1024
"""bytes that a request asks for, so that each ends within its time"""
_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "azure": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
    "gcs": (),
}
"""variables that name another endpoint, such as a self-hosted one"""
_HELP = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, or a role",
    "gcs": "GOOGLE_APPLICATION_CREDENTIALS, or a service account of the machine",
    "azure": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
}


def kind_of(location: str) -> str | None:
    """`s3`, `gcs` or `azure` for the URL of a bucket; None otherwise."""
    scheme, colon, _ = location.partition("://")
    return SCHEMES.get(scheme.lower()) if colon else None


def installed() -> bool:
    return importlib.util.find_spec("obstore") is not None


def check_location(location: str) -> str:
    """Why a bucket's URL is invalid; empty if it is valid."""
    parts = urlsplit(location)
    if not parts.netloc or ("@" in parts.netloc and kind_of(location) != "azure"):
        return f"{redact(location)} names no bucket: {parts.scheme}://bucket/folder"
    if "?" in location or "#" in location or any(unquote(p) in (".", "..") for p in parts.path.split("/")):
        return f"{redact(location)} holds what the path of a folder cannot: '..', or '?' and '#', which are %3F and %23 there"
    return ""


class CloudObjects:
    """A bucket's objects below a prefix. A put is atomic."""

    def __init__(self, location: str) -> None:
        if not installed():
            raise ConfigError(MISSING)
        if why := check_location(location):
            raise ConfigError(why)
        self.location = location.rstrip("/")
        self._kind = kind_of(location) or ""

    def display_path(self, key: str) -> str:
        """An object's location, for messages."""
        return redact(f"{self.location}/{key}")

    def sweep(self, depth: int) -> None:
        """Does nothing: incomplete objects are not visible."""

    def put(self, key: str, data: bytes, *, modified: float | None = None) -> str:
        """Writes an object, replacing an older one. The bucket sets its time; `modified` is ignored."""
        import obstore

        with self._store_errors(f"cannot write {self.display_path(key)}"):
            obstore.put(self._store(), checked_key(key), data)
        return self.display_path(key)

    def get(self, key: str) -> bytes | None:
        """An object's content, or None if it does not exist."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._store_errors(f"cannot read {self.display_path(key)}"):
            try:
                return bytes(obstore.get(self._store(), checked_key(key)).bytes())
            except (NotFoundError, FileNotFoundError):
                return None

    def download(self, key: str, file: IO[bytes]) -> bool:
        """Writes an object's content to a file, piece by piece; returns whether it exists. It must not change during the download."""
        import obstore
        from obstore.exceptions import NotFoundError

        store, at = self._store(), 0
        try:
            with self._store_errors(f"cannot read {self.display_path(key)}"):
                known = obstore.head(store, checked_key(key))
            while at < known["size"]:
                options: Any = {"range": (at, min(at + _PIECE, known["size"]))}
                if known["e_tag"]:
                    options["if_match"] = known["e_tag"]
                with self._store_errors(f"cannot read {self.display_path(key)}"):
                    piece = obstore.get(store, checked_key(key), options=options).bytes()
                at += file.write(piece)
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def below(self, prefix: str) -> Iterator[str]:
        """The keys of the objects below a prefix that ends in a slash, or of all without one."""
        import obstore

        with self._store_errors(f"cannot list {redact(self.location)}"):
            for page in obstore.list(self._store(), prefix or None):
                yield from (one["path"] for one in page)

    def delete(self, key: str) -> bool:
        """Deletes an object; returns whether it existed."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._store_errors(f"cannot delete {self.display_path(key)}"):
            try:
                obstore.delete(self._store(), checked_key(key))
            except (NotFoundError, FileNotFoundError):
                return False
        return True

    def list(self, depth: int = 8) -> Iterator[Stored]:
        """The objects below the prefix, down to `depth`, in no order."""
        import obstore

        with self._store_errors(f"cannot list {redact(self.location)}"):
            found = [one for page in obstore.list(self._store()) for one in page]
        for one in found:
            if one["path"].count("/") <= depth:
                yield Stored(one["path"], one["size"], one["last_modified"].timestamp())

    def _store(self) -> Any:
        from obstore.store import from_url

        given = {n: os.environ[n] for n in _ENDPOINTS[self._kind] if n in os.environ}
        endpoint = next(filter(None, given.values()), "")
        if given and not endpoint.startswith(("http://", "https://")):  # the client reads them too, and would panic
            raise ValueError(f"{' and '.join(given)} must be a URL such as https://s3.example.com, or not be set")
        options: dict[str, Any] = {"config": {"endpoint": endpoint}} if endpoint else {}
        options["client_options"] = {
            "timeout": timedelta(seconds=_SECONDS),
            "connect_timeout": timedelta(seconds=_CONNECT),
            "allow_http": endpoint.startswith("http://"),
        }
        options["retry_config"] = {"max_retries": 3, "retry_timeout": timedelta(seconds=_SECONDS)}
        emulator = os.environ.get("STORAGE_EMULATOR_HOST", "") if self._kind == "gcs" else ""
        if emulator:  # as Google's own libraries take it; an emulator knows no accounts
            options["config"] = {"base_url": emulator if "://" in emulator else f"http://{emulator}"}
            options["credential_provider"] = lambda: {"token": "emulator", "expires_at": None}
            options["client_options"]["allow_http"] = True
        return from_url(self.location, **options)

    @contextlib.contextmanager
    def _store_errors(self, what: str) -> Iterator[None]:
        """Raises the client's errors as StoreError, with a hint and without secrets."""
        import obstore.exceptions as e

        try:
            yield
        except (e.UnknownConfigurationKeyError, ValueError) as error:
            raise StoreError(f"{what}: {_reason(error)}") from None
        except (e.BaseError, OSError) as error:
            raise self._error_from_client(what, error) from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # not importable, and not an Exception
                raise
            raise StoreError(f"{what}: the client cannot do it: {_reason(error)}") from None

    def _error_from_client(self, what: str, error: BaseException) -> StoreError:
        """The error for the client's error: a refusal is permanent; a CloudError may be retried."""
        message = _reason(error)
        if found := _STATUS.search(str(error)):
            return self._refused(what, int(found[1]), str(error))
        why = _ADDRESS.sub("", message)  # URLs contain names that could be mistaken for the client's words
        if _IDENTITY.search(message) or "credential" in why.lower() or "Account must be specified" in why:
            return StoreError(f"{what}: no credentials were found; set {_HELP[self._kind]}")
        if isinstance(error, FileNotFoundError) or type(error).__name__ == "NotFoundError":
            return StoreError(f"{what}: {_NOT_FOUND}")
        if "redirect" in why.lower():
            return StoreError(f"{what}: {_OTHER_REGION}")
        return _connection_error(what, str(error)) or CloudError(f"{what}: {message}")

    def _refused(self, what: str, status: int, message: str) -> StoreError:
        """The error for a refusal, with the service's own error code."""
        from http.client import responses

        code, text = ((m[1] or m[2]).strip() if (m := p.search(message)) else "" for p in (_CODE, _TEXT))
        reason = ": ".join(filter(None, (code, redact(text)[:300]))) or responses.get(status, "no reason is given")
        line = f"{what}: {reason} ({status})"
        if code in _OTHER_REGION_CODES:
            return StoreError(f"{line}; {_OTHER_REGION}")
        if status == 404:
            return StoreError(f"{line}; {_NOT_FOUND}")
        if status in (401, 403) or code in _UNKNOWN_CODES:
            return StoreError(f"{line}; credentials: {_HELP[self._kind]}")
        return (CloudError if status >= 500 or status in (408, 409, 429) else StoreError)(line)


_ADDRESS = re.compile(r"https?://\S+")
_IDENTITY = re.compile(r"//(169\.254\.\d+\.\d+|metadata\.google\.internal|\[fd00:ec2::254\])")
"""metadata services of clouds: the client's last resort if it has no credentials"""
_NOT_FOUND = "there is no such bucket, or nothing there"
_OTHER_REGION = "the bucket is in another region: set AWS_REGION to it"
_OTHER_REGION_CODES = frozenset(
    {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)
_UNKNOWN_CODES = frozenset(
    {"ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidSecurity", "InvalidAccessKeyId"}
)
_STATUS = re.compile(r"status code: (\d{3})\b")
_CODE = re.compile(r'<Code>([\w.-]+)</Code>|"(?:reason|code)":\s*"([\w.-]+)"')
_TEXT = re.compile(r'<Message>(.*?)(?:</Message>|\n)|"message":\s*"([^"]*)"', re.DOTALL)
# parts of the debug text in which the client reports a failed connection
_CERTIFICATE = re.compile(r"InvalidCertificate\(\s*(\w+)")
_TUNNEL = re.compile(r"ConnectFailed\(|ProxyAuthRequired|Tunnel\w+")
_SYSTEM = re.compile(r'(?:message|error): "([^"\\]+)"')
_URI = re.compile(r"uri: Some\(\s*(\S+?),?\s*\)")


def _connection_error(what: str, message: str) -> StoreError | None:
    """The error for a failed connection; None if the error is another one."""
    if "kind: Connect" not in message:
        return None
    uri = found[1] if (found := _URI.search(message)) else ""
    where = urlsplit(uri).netloc.rpartition("@")[2] or "the service"
    if found := _CERTIFICATE.search(message):
        return StoreError(
            f"{what}: the certificate of {where} is not trusted ({found[1]}); give a private authority's in SSL_CERT_FILE"
        )
    why = "it wants a user and a password" if "ProxyAuthRequired" in message else ""
    why = why or (found[1] if (found := _SYSTEM.search(message)) else "no connection")
    proxy = _proxy(uri)
    if proxy or _TUNNEL.search(message):
        return CloudError(
            f"{what}: the proxy {proxy or '(of the environment)'} could not be reached: {why}; {where} is to be reached "
            "through it (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY)"
        )
    return CloudError(f"{what}: {where} could not be reached: {why}")


def _proxy(uri: str) -> str:
    """Host and port of the environment's proxy for an address, or an empty text."""
    from urllib.request import getproxies, proxy_bypass

    parts, given = urlsplit(uri), getproxies()
    proxy = given.get(parts.scheme) or given.get("all") or ""
    if not proxy or proxy_bypass(parts.hostname or ""):
        return ""
    return urlsplit(proxy if "://" in proxy else f"//{proxy}").netloc.rpartition("@")[2]


def _reason(error: BaseException) -> str:
    """The first sentence of the client's error; the rest repeats it as a structure."""
    message = " ".join(str(error).partition("\n\nDebug source")[0].split())
    return redact(message)[:300]


Objects = LocalObjects | CloudObjects


def open_objects(location: str | Path, base: Path | None = None) -> Objects:
    """The object store at a location: a folder, relative to `base`, or the URL of a bucket."""
    if kind_of(str(location)):
        return CloudObjects(str(location))
    return LocalObjects(local_path(location, base))
