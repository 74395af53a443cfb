"""Files behind URLs: handed to the engine as they are, with the credentials of the environment; nothing is fetched to open them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import polars as pl

from truthound.errors import ConfigError, SourceError
from truthound.sources.address import clean_url, scrub
from truthound.sources.base import Source
from truthound.sources.dtypes import polars_type
from truthound.sources.files import EXTENSIONS, format_of, format_word
from truthound.sources.formats import FAILURES, need_extra, projected, scan_delta
from truthound.sources.options import parse_options
from truthound.sources.spec import Spec
from truthound.text import brief, shorten

_SAME = {"s3a": "s3", "gcs": "gs", "azure": "az"}
_LOGIN = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_REGION, AWS_ENDPOINT_URL)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "abfs": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "abfss": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "adl": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
# what an engine says when it was not let in, or did not get there
_FORBIDDEN = re.compile(r"(?i)\b(40[13]|forbidden|access ?denied|unauthori[sz]ed|credential|authenticat|permission)")
_UNREACHED = re.compile(r"(?i)(timed? ?out|connect|dns|resolve|network|error sending request)")
_SCANS: dict[str, Callable[[str, Any], pl.LazyFrame]] = {}


def open_url(spec: Spec) -> Source:
    """A remote file, glob or folder as a lazy table."""
    scheme, _, rest = spec.address.partition("://")
    scheme = _SAME.get(scheme.lower(), scheme.lower())
    url = f"{scheme}://{rest}"
    path = unquote(rest.partition("?")[0].partition("#")[0]) if scheme in ("http", "https") else rest
    fmt = format_word(spec.format) if spec.format else format_of(PurePosixPath(path).name)
    if fmt is None:
        raise ConfigError(
            f"data_source: format: is missing, and the ending of {spec.name} does not tell it; give a mapping with url and format: "
            + ", ".join(dict.fromkeys(EXTENSIONS.values()))
        )
    if fmt not in _SCANS:
        raise ConfigError(
            f"data_source: {fmt} is read from local files only; use Parquet, CSV, NDJSON, IPC or Delta at {scheme}://"
        )
    options = parse_options(fmt, spec.options)
    need_extra(fmt)
    explain = _explainer(spec, scheme)
    try:
        source = Source(spec.name, fmt, _SCANS[fmt](url, options), reparse=fmt in ("csv", "ndjson"), explain=explain)
        return (
            source
            if options.columns is None
            else projected(source, options.columns, source.frame.collect_schema().names())
        )
    except FAILURES as error:
        if isinstance(error, ConfigError):
            raise
        raise explain(error) from None


def _csv(url: str, options: Any) -> pl.LazyFrame:
    if options.encoding not in ("utf8", "utf8-lossy"):
        raise ConfigError(
            "options.encoding: remote files are read as utf8 or utf8-lossy; download the file to read it as another"
        )
    name = url.partition("?")[0].lower().removesuffix(".gz").removesuffix(".zst")
    separator = options.separator or (
        "\t" if name.endswith((".tsv", ".tab")) else ";" if options.decimal_comma else ","
    )
    return pl.scan_csv(
        url,
        has_header=options.has_header,
        separator=separator,
        comment_prefix=options.comment_prefix,
        quote_char=options.quote_char,
        skip_lines=options.skip_rows,
        null_values=options.null_values,
        ignore_errors=options.ignore_errors,
        encoding=options.encoding,
        try_parse_dates=options.try_parse_dates,
        truncate_ragged_lines=options.truncate_ragged_lines,
        decimal_comma=options.decimal_comma,
        missing_columns=options.missing_columns,
        infer_schema=options.infer_schema_length != 0,
        infer_schema_length=options.infer_schema_length or None,
        schema_overrides=_types(options),
    )


def _ndjson(url: str, options: Any) -> pl.LazyFrame:
    return pl.scan_ndjson(
        url,
        infer_schema_length=options.infer_schema_length,
        schema_overrides=_types(options),
        ignore_errors=options.ignore_errors,
    )


def _parquet(url: str, options: Any) -> pl.LazyFrame:
    return pl.scan_parquet(
        url,
        hive_partitioning=options.hive_partitioning if options.hive_partitioning is not None else "=" in url,
        missing_columns=options.missing_columns,
        extra_columns=options.extra_columns,
    )


def _ipc(url: str, options: Any) -> pl.LazyFrame:
    hive = options.hive_partitioning
    return pl.scan_ipc(url, hive_partitioning=hive if hive is not None else "=" in url)


def _delta(url: str, options: Any) -> pl.LazyFrame:
    return scan_delta(url, options.version, clean_url(url))


def _types(options: Any) -> dict[str, pl.DataType] | None:
    return {n: polars_type(t) for n, t in options.schema_overrides.items()} or None


_SCANS.update(csv=_csv, ndjson=_ndjson, parquet=_parquet, ipc=_ipc, delta=_delta)


def _explainer(spec: Spec, scheme: str) -> Callable[[Exception], SourceError]:
    """What an engine says about a remote file, without what the URL keeps secret, and what to do."""
    query = spec.address.partition("?")[2]
    userinfo = spec.address.partition("://")[2].partition("/")[0].rpartition("@")[0]
    secrets = [query, *(p.partition("=")[2] for p in query.split("&")), userinfo, userinfo.partition(":")[2]]
    secrets = [s for s in secrets if len(s) > 3]

    def told(error: Exception) -> SourceError:
        words = shorten(scrub(brief(error).partition("<?xml")[0], secrets), 300)
        if isinstance(error, FileNotFoundError) or "404" in words or "expanded paths were empty" in words:
            return SourceError(f"{spec.name} does not exist, or no file matches it: {words}")
        if _FORBIDDEN.search(words):
            helped = f"; set {_LOGIN[scheme]} in the environment" if scheme in _LOGIN else ""
            return SourceError(f"{spec.name} may not be read: {words}{helped}")
        if "Range request not supported" in words:
            return SourceError(
                f"{spec.name}: its server does not send parts of files; download it and give the local path"
            )
        if _UNREACHED.search(words):
            return SourceError(f"{spec.name} cannot be reached: {words}")
        return SourceError(f"{spec.name} cannot be read: {words}{_option(words)}")

    return told


def _option(words: str) -> str:
    if "could not parse" in words:
        return "; set options.null_values or options.schema_overrides for that column"
    if "more fields" in words:
        return "; set options.truncate_ragged_lines: true, or options.separator"
    return "; set options.encoding: utf8-lossy" if "utf-8" in words else ""
