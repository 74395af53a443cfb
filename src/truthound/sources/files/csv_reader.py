"""Reads CSV files completely: all fields of all lines, once, whatever is measured later.

The engine's lazy scan skips what a query does not need, and the errors in it: after a stray quote or an extra field it silently
loses rows. Here each file is read as text with all its columns, which the engine checks; the text is parsed batch by batch, and
the table is kept in memory, or in an Arrow file if it is large.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import polars as pl

from truthound._internal.text import cell
from truthound.errors import ConfigError
from truthound.sources import base
from truthound.sources.dtypes import polars_type
from truthound.sources.files.csv_dialect import SNIFFED_FILES, CsvDialect
from truthound.sources.files.csv_quotes import check_quotes
from truthound.sources.files.file_set import FileSet
from truthound.sources.files.lines import DAMAGED, decompressed, transcoded, unpacked_size, without_blank_lines
from truthound.sources.files.text_types import TEXT, Reading, Typing, declared, exact_numbers, is_long
from truthound.sources.files.type_inference import infer
from truthound.sources.table import unknown_columns
from truthound.sources.temporary import materialize

_MAX_WIDENINGS = 4
"""times that a type is widened before the column is read as text"""
_SAMPLE = 100_000
"""rows from which types are first inferred"""

Sources = Sequence[Path | IO[bytes]]


class _BlankLinesError(Exception):
    """There is a row without any value, which may be a blank line."""


def read(found: FileSet, dialect: CsvDialect, *, whole: bool) -> tuple[pl.LazyFrame, tuple[str, ...]]:
    """The files as one table, and notes about it. Without `whole` it is lazy, and the first rows decide its types.

    Raises:
        ConfigError: An option names an unknown column.
        MisquotedError: A quote is in a wrong place.
        MisfitError: A text is not of its column's type.
        PolarsError: The engine cannot read the text.
    """
    options = dialect.options
    with contextlib.ExitStack() as stack:  # the engine keeps descriptors of its own
        sources: Sources = list(found.files)
        if options.encoding not in ("utf8", "utf8-lossy"):
            sources = [stack.enter_context(transcoded(p, options.encoding)) for p in found.files]
        size = sum(unpacked_size(p) for p in found.files)
        if not whole:
            return _Table(sources, dialect, size, watched=False).lazy(), ()
        for path, source in zip(found.files, sources, strict=True):
            with contextlib.suppress(*DAMAGED), _text(source) as file:  # of what is damaged the engine's reader tells
                check_quotes(path, file, dialect)
        watched = options.skip_blank_lines and not dialect.blank
        if options.skip_blank_lines and dialect.blank:
            sources = _without_blank_lines(sources, dialect, stack)
        try:
            return _Table(sources, dialect, size, watched=watched).read()
        except _BlankLinesError:
            sources = _without_blank_lines(sources, dialect, stack)
            return _Table(sources, dialect, size, watched=False).read()


@contextlib.contextmanager
def _text(source: Path | IO[bytes]) -> Iterator[IO[bytes]]:
    """A source's text from its start, and rewound afterwards."""
    if isinstance(source, Path):
        with decompressed(source) as file:
            yield file
        return
    source.seek(0)
    yield source
    source.seek(0)


def _without_blank_lines(sources: Sources, dialect: CsvDialect, stack: contextlib.ExitStack) -> list[IO[bytes]]:
    copies = []
    for source in sources:
        with _text(source) as file:
            copy = without_blank_lines(
                file, dialect.end.encode(), quote=(dialect.quote or "").encode(),
                comment=(dialect.options.comment_prefix or "").encode(), spaces=dialect.spaces.encode(),
                skip=dialect.options.skip_rows,
            )  # fmt: skip
        copies.append(stack.enter_context(copy))
    return copies


class _Table:
    """Text columns that become a table. `watched`: rows without a value raise an error, because they may be blank lines."""

    def __init__(self, sources: Sources, dialect: CsvDialect, size: int, *, watched: bool) -> None:
        self.sources, self.dialect, self.size, self.watched = sources, dialect, size, watched
        self.options = dialect.options
        self.renamed = _doubled(sources, dialect)
        self.text = self._scan(sources)
        self.names = self.text.collect_schema().names()
        self.types = {name: polars_type(t) for name, t in self.options.schema_overrides.items()}
        self.stopped: Exception | None = None
        self._check_names()

    def lazy(self) -> pl.LazyFrame:
        """The table; the first rows decide the types."""
        return self._typed(self._typing(self._readings(self._sample())))

    def read(self) -> tuple[pl.LazyFrame, tuple[str, ...]]:
        """The materialized table, and notes about it. A column is read again, as text, if a later row has a code in it."""
        sample = self._sample()
        readings, met, notes = self._readings(sample), dict[str, list[str]](), dict[str, str]()
        while True:
            typing = self._typing(readings)
            frame = self._materialized(typing)
            if not typing.codes and not typing.misfits:
                messages = [f'column "{name}" is read as {how}' for name, how in notes.items()]
                return self._without_empty_last(frame, messages), tuple(messages)
            for name, text in typing.misfits.items():
                met.setdefault(name, []).append(text)
                seen = pl.DataFrame({name: [*sample.get_column(name), *met[name]]}, schema={name: pl.String})
                readings[name] = self._inferred(seen)[name] if len(met[name]) < _MAX_WIDENINGS else TEXT
            for name, text in sorted(typing.codes.items()):
                readings[name], notes[name] = self._reread(name, text, readings[name])

    def _reread(self, name: str, text: str, seen: Reading) -> tuple[Reading, str]:
        """How to read a column after a later row had this code, or a number with more digits than a float keeps."""
        hint = f'such as "{cell(text)}"; set options.schema_overrides for it'
        if not (seen.wide and is_long(text)):
            return TEXT, f"text: later rows hold codes {hint} if they are numbers"
        reading = exact_numbers(self.text, name, comma=self.options.decimal_comma)
        if reading.dtype.is_decimal():
            return reading, f"decimals: it holds numbers with more digits than a float has, {hint} to round them"
        return (
            reading,
            f"floats, rounded: it holds numbers with more digits than any type has, {hint} to keep them as text",
        )

    def _without_empty_last(self, frame: pl.LazyFrame, notes: list[str]) -> pl.LazyFrame:
        """Drops a last column with neither a name nor a value: each line ends with a separator."""
        if len(self.names) < 2 or self.names[-1] or frame.select(pl.nth(-1).count()).collect().item():
            return frame
        notes.append("the last column has no name and no values, and is left out: a separator ends each line")
        return frame.select(pl.nth(range(len(self.names) - 1)))

    def _typing(self, readings: dict[str, Reading]) -> Typing:
        learned = frozenset(self.names if self.options.infer_schema_length is None else ()) - self.types.keys()
        return Typing(readings, lenient=self.options.ignore_errors, learned=learned)

    def _check_names(self) -> None:
        """Raises ConfigError if options name unknown columns."""
        per_column = self.options.null_values if isinstance(self.options.null_values, dict) else {}
        problems = [f"options.schema_overrides: {p}" for p in unknown_columns(self.types, self.names)]
        problems += [f"options.null_values: {p}" for p in unknown_columns(per_column, self.names)]
        if problems:
            raise ConfigError(problems)

    def _sample(self) -> pl.DataFrame:
        """The first rows of the first files, as text."""
        length = self.options.infer_schema_length
        rows = _SAMPLE if length is None else max(length, 1)
        starts = [self._scan([source], n_rows=rows).collect() for source in self.sources[:SNIFFED_FILES]]
        return pl.concat(starts, how="diagonal") if len(starts) > 1 else starts[0]

    def _readings(self, sample: pl.DataFrame) -> dict[str, Reading]:
        found = dict.fromkeys(self.names, TEXT)
        if self.options.infer_schema_length != 0:
            found |= self._inferred(sample.drop(self.types, strict=False))
        return found | declared(self.types, sample, comma=self.options.decimal_comma)

    def _inferred(self, sample: pl.DataFrame) -> dict[str, Reading]:
        return infer(sample, dates=self.options.try_parse_dates, comma=self.options.decimal_comma)

    def _typed(self, typing: Typing) -> pl.LazyFrame:
        def batch(text: pl.DataFrame) -> pl.DataFrame:
            try:
                return self._batch(text, typing)
            except Exception as error:
                self.stopped = self.stopped or error
                raise

        return self.text.map_batches(batch, schema={n: typing.readings[n].dtype for n in self.names}, streamable=True)

    def _batch(self, text: pl.DataFrame, typing: Typing) -> pl.DataFrame:
        if self.watched and _may_be_blank(text):
            raise _BlankLinesError
        return typing(text)

    def _materialized(self, typing: Typing) -> pl.LazyFrame:
        try:
            return materialize(self._typed(typing), self.size, limit=base.PARSED_ONCE, compression="uncompressed")
        except pl.exceptions.PolarsError:
            if self.stopped is not None:  # what the engine makes of it has lost its type
                raise self.stopped from None
            raise

    def _scan(self, sources: Sources, **more: Any) -> pl.LazyFrame:
        left = {name: doubled for doubled, name in self.renamed.items()}
        nulls: Any = self.options.null_values
        if isinstance(nulls, dict):
            nulls = {left.get(name, name): word for name, word in nulls.items()}
        # renamed afterwards: `with_column_names` would keep the engine from comparing the headers of several files
        return _scan(sources, self.dialect, null_values=nulls, **more).rename(self.renamed, strict=False)


def _may_be_blank(batch: pl.DataFrame) -> bool:
    """Whether a row has no value, or only spaces in its first column, as the engine reads a blank line."""
    first, *rest = batch.get_columns()
    if not all(c.null_count() for c in rest or [first]):
        return False
    empty = pl.nth(0).is_null() | (pl.nth(0).str.strip_chars() == "") if rest else pl.nth(0).is_null()
    return bool(
        batch.select((empty & pl.all_horizontal(pl.nth(range(bool(rest), batch.width)).is_null())).any()).item()
    )


def _scan(sources: Sources, dialect: CsvDialect, **more: Any) -> pl.LazyFrame:
    """All columns as text. No query is pushed into it, because a reader that skips columns skips errors in them."""
    options = dialect.options
    given: Any = list(sources)
    return pl.scan_csv(
        given,
        has_header=options.has_header,
        separator=dialect.separator,
        comment_prefix=options.comment_prefix,
        quote_char=options.quote_char,
        skip_lines=options.skip_rows,
        ignore_errors=options.ignore_errors,
        encoding="utf8-lossy" if options.encoding == "utf8-lossy" else "utf8",
        eol_char=dialect.end,
        truncate_ragged_lines=options.truncate_ragged_lines,
        missing_columns=options.missing_columns,
        infer_schema=False,
        infer_schema_files=len(sources) if options.missing_columns == "insert" else SNIFFED_FILES,
        glob=False,
        **more,
    )


def _doubled(sources: Sources, dialect: CsvDialect) -> dict[str, str]:
    """Names that contain quotes: as the engine reads them, with doubled quotes, and as the file means them."""
    quote, header = dialect.quote, dialect.header or ()
    doubled = {name.replace(quote, quote * 2): name for name in header if quote in name} if quote else {}
    if not doubled:
        return {}
    known = _scan(sources, dialect).collect_schema()
    return {left: name for left, name in doubled.items() if left in known and left not in header}
