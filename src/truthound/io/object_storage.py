"""Objects in a bucket: S3, Google Cloud Storage, Azure, through obstore. Credentials come from the usual environment variables."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from http.client import responses
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

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
"""variables that name another server, such as one of your own"""
_HELP = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, or a role",
    "gcs": "GOOGLE_APPLICATION_CREDENTIALS, or a service account of the machine",
    "azure": "AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN",
}


def kind_of(location: str) -> str | None:
    """`s3`, `gcs` or `azure` for a URL of a bucket, None for all else."""
    scheme, colon, _ = location.partition("://")
    return SCHEMES.get(scheme.lower()) if colon else None


def installed() -> bool:
    return importlib.util.find_spec("obstore") is not None


def check_location(location: str) -> str:
    """Why a bucket's URL cannot be right, or an empty text."""
    parts = urlsplit(location)
    if not parts.netloc or ("@" in parts.netloc and kind_of(location) != "azure"):
        return f"{redact(location)} names no bucket: {parts.scheme}://bucket/folder"
    if "?" in location or "#" in location or any(unquote(p) in (".", "..") for p in parts.path.split("/")):
        return f"{redact(location)} holds what the path of a folder cannot: '..', or '?' and '#', which are %3F and %23 there"
    return ""


class CloudObjects:
    """A bucket's objects below a prefix. A put takes an object's place at once: nobody sees half of it."""

    def __init__(self, location: str) -> None:
        if not installed():
            raise ConfigError(MISSING)
        if why := check_location(location):
            raise ConfigError(why)
        self.location = location.rstrip("/")
        self._kind = kind_of(location) or ""

    def where(self, key: str) -> str:
        """How people name an object."""
        return redact(f"{self.location}/{key}")

    def sweep(self, depth: int) -> None:
        """Nothing: nobody sees an object that was not written to its end."""

    def put(self, key: str, data: bytes, *, modified: float | None = None) -> str:
        """Writes an object in place of an older one. The bucket knows when it was written, whatever `modified` says."""
        import obstore

        with self._told(f"cannot write {self.where(key)}"):
            obstore.put(self._store(), checked_key(key), data)
        return self.where(key)

    def get(self, key: str) -> bytes | None:
        """What an object holds, or None where there is none."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._told(f"cannot read {self.where(key)}"):
            try:
                return bytes(obstore.get(self._store(), checked_key(key)).bytes())
            except (NotFoundError, FileNotFoundError):
                return None

    def download(self, key: str, file: IO[bytes]) -> bool:
        """Writes what an object holds to a file, piece by piece; whether there is such an object. It may not change meanwhile."""
        import obstore
        from obstore.exceptions import NotFoundError

        store, at = self._store(), 0
        try:
            with self._told(f"cannot read {self.where(key)}"):
                known = obstore.head(store, checked_key(key))
            while at < known["size"]:
                options: Any = {"range": (at, min(at + _PIECE, known["size"]))}
                if known["e_tag"]:
                    options["if_match"] = known["e_tag"]
                with self._told(f"cannot read {self.where(key)}"):
                    piece = obstore.get(store, checked_key(key), options=options).bytes()
                at += file.write(piece)
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def below(self, prefix: str) -> Iterator[str]:
        """The keys of the objects below a prefix that ends in a slash, or of all without one."""
        import obstore

        with self._told(f"cannot list {redact(self.location)}"):
            for page in obstore.list(self._store(), prefix or None):
                yield from (one["path"] for one in page)

    def delete(self, key: str) -> bool:
        """Removes an object; where somebody else was faster, that is as good."""
        import obstore
        from obstore.exceptions import NotFoundError

        with self._told(f"cannot delete {self.where(key)}"):
            try:
                obstore.delete(self._store(), checked_key(key))
            except (NotFoundError, FileNotFoundError):
                return False
        return True

    def list(self, depth: int = 8) -> Iterator[Stored]:
        """The objects below the prefix, so deep, in no order."""
        import obstore

        with self._told(f"cannot list {redact(self.location)}"):
            found = [one for page in obstore.list(self._store()) for one in page]
        for one in found:
            if one["path"].count("/") <= depth:
                yield Stored(one["path"], one["size"], one["last_modified"].timestamp())

    def _store(self) -> Any:
        from obstore.store import from_url

        given = {n: os.environ[n] for n in _ENDPOINTS[self._kind] if n in os.environ}
        endpoint = next(filter(None, given.values()), "")
        if given and not endpoint.startswith(("http://", "https://")):  # the client reads them too, and panics
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
    def _told(self, what: str) -> Iterator[None]:
        """Says what could not be done, and what would help, without what the service was told."""
        import obstore.exceptions as e

        try:
            yield
        except (e.UnknownConfigurationKeyError, ValueError) as error:
            raise StoreError(f"{what}: {_reason(error)}") from None
        except (e.BaseError, OSError) as error:
            raise self._told_of(what, error) from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # which no module gives, and which is not an Exception
                raise
            raise StoreError(f"{what}: the client cannot do it: {_reason(error)}") from None

    def _told_of(self, what: str, error: BaseException) -> StoreError:
        """The error that the client's error stands for. A refusal is one whichever request was refused, and is not tried
        again; what may pass is a CloudError.
        """
        said = _reason(error)
        if found := _STATUS.search(str(error)):
            return self._refused(what, int(found[1]), str(error))
        why = _ADDRESS.sub("", said)  # which holds names of the user's, and these may say anything
        if _IDENTITY.search(said) or "credential" in why.lower() or "Account must be specified" in why:
            return StoreError(f"{what}: no credentials were found; set {_HELP[self._kind]}")
        if isinstance(error, FileNotFoundError) or type(error).__name__ == "NotFoundError":
            return StoreError(f"{what}: {_NOTHING}")
        if "redirect" in why.lower():
            return StoreError(f"{what}: {_ELSEWHERE}")
        return _unconnected(what, str(error)) or CloudError(f"{what}: {said}")

    def _refused(self, what: str, status: int, said: str) -> StoreError:
        """The error of an answer that says no, with the service's own code for it."""
        code, text = ((m[1] or m[2]).strip() if (m := p.search(said)) else "" for p in (_CODE, _TEXT))
        told = ": ".join(filter(None, (code, redact(text)[:300]))) or responses.get(status, "no reason is given")
        line = f"{what}: {told} ({status})"
        if code in _ELSEWHERE_CODES:
            return StoreError(f"{line}; {_ELSEWHERE}")
        if status == 404:
            return StoreError(f"{line}; {_NOTHING}")
        if status in (401, 403) or code in _UNKNOWN_CODES:
            return StoreError(f"{line}; credentials: {_HELP[self._kind]}")
        return (CloudError if status >= 500 or status in (408, 409, 429) else StoreError)(line)


_ADDRESS = re.compile(r"https?://\S+")
_IDENTITY = re.compile(r"//(169\.254\.\d+\.\d+|metadata\.google\.internal|\[fd00:ec2::254\])")
"""where machines of a cloud ask who they are: the client's last resort where it was given no credentials"""
_NOTHING = "there is no such bucket, or nothing there"
_ELSEWHERE = "the bucket is in another region: set AWS_REGION to it"
_ELSEWHERE_CODES = frozenset(
    {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"}
)
_UNKNOWN_CODES = frozenset(
    {"ExpiredToken", "InvalidToken", "TokenRefreshRequired", "InvalidSecurity", "InvalidAccessKeyId"}
)
_STATUS = re.compile(r"status code: (\d{3})\b")
_CODE = re.compile(r'<Code>([\w.-]+)</Code>|"(?:reason|code)":\s*"([\w.-]+)"')
_TEXT = re.compile(r'<Message>(.*?)(?:</Message>|\n)|"message":\s*"([^"]*)"', re.DOTALL)
# of the structure in which the client repeats what went wrong with a connection
_CERTIFICATE = re.compile(r"InvalidCertificate\(\s*(\w+)")
_TUNNEL = re.compile(r"ConnectFailed\(|ProxyAuthRequired|Tunnel\w+")
_SYSTEM = re.compile(r'(?:message|error): "([^"\\]+)"')
_URI = re.compile(r"uri: Some\(\s*(\S+?),?\s*\)")


def _unconnected(what: str, said: str) -> StoreError | None:
    """The error of a connection that was not made; None where it is about something else."""
    if "kind: Connect" not in said:
        return None
    uri = found[1] if (found := _URI.search(said)) else ""
    where = urlsplit(uri).netloc.rpartition("@")[2] or "the service"
    if found := _CERTIFICATE.search(said):
        return StoreError(
            f"{what}: the certificate of {where} is not trusted ({found[1]}); give a private authority's in SSL_CERT_FILE"
        )
    why = "it wants a user and a password" if "ProxyAuthRequired" in said else ""
    why = why or (found[1] if (found := _SYSTEM.search(said)) else "no connection")
    proxy = _proxy(uri)
    if proxy or _TUNNEL.search(said):
        return CloudError(
            f"{what}: the proxy {proxy or '(of the environment)'} could not be reached: {why}; {where} is to be reached "
            "through it (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY)"
        )
    return CloudError(f"{what}: {where} could not be reached: {why}")


def _proxy(uri: str) -> str:
    """Host and port of the environment's proxy for an address, or an empty text."""
    parts, given = urlsplit(uri), getproxies()
    told = given.get(parts.scheme) or given.get("all") or ""
    if not told or proxy_bypass(parts.hostname or ""):
        return ""
    return urlsplit(told if "://" in told else f"//{told}").netloc.rpartition("@")[2]


def _reason(error: BaseException) -> str:
    """The first sentence of what the client says; the rest repeats it as a structure."""
    said = " ".join(str(error).partition("\n\nDebug source")[0].split())
    return redact(said)[:300]


Objects = LocalObjects | CloudObjects


def open_objects(location: str | Path, base: Path | None = None) -> Objects:
    """The objects kept at a location: a folder, which starts from `base`, or the URL of a bucket."""
    if kind_of(str(location)):
        return CloudObjects(str(location))
    return LocalObjects(local_path(location, base))
