"""Opens remote files with the credentials of the environment: text is downloaded, other formats are scanned in place."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import polars as pl

from truthound._internal.text import first_line, shorten
from truthound.engine.polars.engine_errors import ENGINE_ERRORS
from truthound.errors import ConfigError, SourceError
from truthound.sources.address import clean_url, scrub, url_secrets
from truthound.sources.base import FrameSource
from truthound.sources.dtypes import polars_type
from truthound.sources.files import columnar, hive_partitions
from truthound.sources.files.file_set import EXTENSIONS, FileSet, format_by_name, format_of, is_glob
from truthound.sources.files.open import need_extra, projected, read_files, scan_delta
from truthound.sources.files.union import Part, Rules, unite
from truthound.sources.options import parse_options
from truthound.sources.remote.download import DownloadError, addresses, download
from truthound.sources.spec import Spec
from truthound.sources.table import Table

_SCHEME_ALIASES = {"s3a": "s3", "gcs": "gs", "azure": "az"}
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_REGION, AWS_ENDPOINT_URL)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "abfs": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "abfss": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "adl": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
# messages of an engine that was denied access, or could not connect
_FORBIDDEN = re.compile(r"(?i)\b(40[13]|forbidden|access ?denied|unauthori[sz]ed|credential|authenticat|permission)")
_UNREACHED = re.compile(r"(?i)(timed? ?out|no answer|reached|connect|dns|resolve|network|error sending request)")
_TEXT = ("csv", "ndjson")
_AT_ONCE = 8
_SCANS: dict[str, Callable[[str, Any], Table]] = {}


def open_url(spec: Spec, _base: Path | None, _whole: bool) -> FrameSource:
    """Opens a remote file, glob or folder. Text is downloaded and read like a local file; other formats are scanned in place."""
    scheme, _, rest = spec.address.partition("://")
    scheme = _SCHEME_ALIASES.get(scheme.lower(), scheme.lower())
    url = f"{scheme}://{rest}"
    path = unquote(rest.partition("?")[0].partition("#")[0]) if scheme in ("http", "https") else rest
    fmt = format_by_name(spec.format) if spec.format else format_of(PurePosixPath(path).name)
    if fmt is None:
        raise ConfigError(
            f"data_source: format: is missing, and the extension of {spec.name} does not determine it; give a mapping with url and format: "
            + ", ".join(dict.fromkeys(EXTENSIONS.values()))
        )
    if fmt not in _SCANS and fmt not in _TEXT:
        raise ConfigError(
            f"data_source: {fmt} is read from local files only; use Parquet, CSV, NDJSON, IPC or Delta at {scheme}://"
        )
    options = parse_options(fmt, spec.options)
    need_extra(fmt)
    explain = _explainer(spec, scheme)
    try:
        table = _downloaded(url, fmt, options) if fmt in _TEXT else _SCANS[fmt](url, options)
        source = FrameSource(
            spec.name, fmt, table.frame, explain=explain, unreadable=table.unreadable, notes=tuple(table.notes)
        )
        return (
            source
            if options.columns is None
            else projected(source, options.columns, source.frame.clone().collect_schema().names())
        )
    except (*ENGINE_ERRORS, DownloadError) as error:
        if isinstance(error, ConfigError | SourceError):
            raise
        raise explain(error) from None


def _downloaded(url: str, fmt: str, options: Any) -> Table:
    """The table of downloaded text files, which are deleted after they are read."""
    with tempfile.TemporaryDirectory(prefix="truthound-") as folder:
        files = download(url, Path(folder))
        read = read_files(FileSet(fmt, files), options)
        return Table(read.frame, read.unreadable, read.notes)


def _parquet(url: str, options: Any) -> Table:
    hive = _hive(url, options, pl.scan_parquet)

    def scan(place: str) -> pl.LazyFrame:
        return pl.scan_parquet(
            place, hive_partitioning=bool(hive), hive_schema=hive or None, try_parse_hive_dates=hive_partitions.has_dates(hive),
            missing_columns=options.missing_columns, extra_columns=options.extra_columns, cast_options=columnar.WIDER,
        )  # fmt: skip

    if parts := _differing_parts(url, scan):
        overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
        return unite(parts, Rules(options.missing_columns, options.extra_columns, overrides))
    return _with_overrides(scan(url), url, options)


def _differing_parts(url: str, scan: Callable[[str], pl.LazyFrame]) -> list[Part]:
    """The files of a bucket as parts of a union, if their columns differ."""
    files = [a for a in addresses(url) if format_of(a) in (None, "parquet")]
    if len(files) < 2:
        return []
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # the ends of files
        schemas = list(pool.map(lambda file: dict(scan(file).collect_schema()), files))
    if all(list(schema.items()) == list(schemas[0].items()) for schema in schemas):
        return []
    return [
        Part(scan(file), schema, Path(PurePosixPath(file).name)) for file, schema in zip(files, schemas, strict=True)
    ]


def _ipc(url: str, options: Any) -> Table:
    if given := {"missing_columns", "extra_columns"} & options.model_fields_set:
        raise ConfigError(
            f"options.{min(given)}: Arrow IPC files that differ are read from local files only; download them"
        )
    hive = _hive(url, options, pl.scan_ipc)
    frame = pl.scan_ipc(
        url,
        hive_partitioning=bool(hive),
        hive_schema=hive or None,
        try_parse_hive_dates=hive_partitions.has_dates(hive),
    )
    return _with_overrides(frame, url, options)


def _delta(url: str, options: Any) -> Table:
    return Table(scan_delta(url, options.version, clean_url(url)))


def _hive(url: str, options: Any, scan: Callable[..., pl.LazyFrame]) -> dict[str, pl.DataType]:
    """The partition columns and their types; only the metadata of files are read for them."""
    many = "=" in url or url.endswith("/") or is_glob(url)
    wanted = many if options.hive_partitioning is None else options.hive_partitioning
    if not wanted:
        return {}
    own = scan(url, hive_partitioning=False).collect_schema()
    names = [n for n in scan(url, hive_partitioning=True).collect_schema() if n not in own]
    text = scan(url, hive_partitioning=True, hive_schema=dict.fromkeys(names, pl.String), try_parse_hive_dates=False)
    values = (
        text.select(pl.struct(names).alias("v")).unique().collect(engine="streaming")["v"].struct if names else None
    )
    return {n: hive_partitions.value_type(values.field(n).unique().to_list()) for n in names} if values else {}


def _with_overrides(frame: pl.LazyFrame, url: str, options: Any) -> Table:
    """The table with the requested types."""
    if not options.schema_overrides:
        return Table(frame)
    overrides = {n: polars_type(t) for n, t in options.schema_overrides.items()}
    return unite(
        [Part(frame, dict(frame.clone().collect_schema()), Path(PurePosixPath(url).name))], Rules(overrides=overrides)
    )


_SCANS.update(parquet=_parquet, ipc=_ipc, delta=_delta)


def _explainer(spec: Spec, scheme: str) -> Callable[[Exception], SourceError]:
    """Explains an engine's error about a remote file, without the secrets of the URL, and with a hint."""
    secrets = url_secrets(spec.address)

    def explain(error: Exception) -> SourceError:
        words = shorten(scrub(first_line(error).partition("<?xml")[0], secrets), 300)
        if (
            isinstance(error, FileNotFoundError)
            or re.search(r"\b(404|410)\b|no such bucket", words)
            or "expanded paths were empty" in words
        ):
            return SourceError(f"{spec.name} does not exist, or no file matches it: {words}")
        if _FORBIDDEN.search(words):
            helped = f"; set {_CREDENTIALS[scheme]} in the environment" if scheme in _CREDENTIALS else ""
            return SourceError(f"{spec.name} may not be read: {words}{helped}")
        if "Range request not supported" in words:
            return SourceError(
                f"{spec.name}: its server does not send parts of files; download it and give the local path"
            )
        if _UNREACHED.search(words):
            return SourceError(f"{spec.name} cannot be reached: {words}")
        return SourceError(f"{spec.name} cannot be read: {words}")

    return explain
