"""Whatever values a table holds, it can be checked, profiled, reported and set aside: nothing raises, nothing panics."""

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from truthound import check
from truthound.checkpoint import Checkpoint
from truthound.checkpoint.actions.quarantine import QuarantineAction
from truthound.profiling import as_yaml, draft_rules, infer_schema, profile
from truthound.reporters import FORMATS
from truthound.results import ActionStatus, CheckpointStatus, CheckStatus, ValidationResult

_FAR = [2**62, -(2**62), 1_704_067_200_000_000, 0, None]


def _counts(dtype: pl.DataType, values: list[int | None] = _FAR) -> pl.Series:
    return pl.Series(values, dtype=pl.Int64).cast(dtype)


def _days() -> pl.Series:
    return pl.Series([2**31 - 1, -(2**31), 3_000_000, 0, None], dtype=pl.Int32).cast(pl.Date)


HOSTILE = {
    **{f"datetime_{u}": _counts(pl.Datetime(u)) for u in ("ms", "us", "ns")},  # type: ignore[arg-type]  # units, each
    **{f"zoned_{u}": _counts(pl.Datetime(u, "America/Sao_Paulo")) for u in ("ms", "us", "ns")},  # type: ignore[arg-type]
    **{f"duration_{u}": _counts(pl.Duration(u)) for u in ("ms", "us", "ns")},  # type: ignore[arg-type]
    "date": _days(),
    "time": _counts(pl.Time(), [0, 1, 86_399_999_999_999, None, 5]),
    "int128": pl.Series([2**127 - 1, -(2**127), 0, 1, None], dtype=pl.Int128),
    "uint128": pl.Series([2**128 - 1, 0, 2, 1, None], dtype=pl.UInt128),
    "uint64": pl.Series([2**64 - 1, 0, 2, 1, None], dtype=pl.UInt64),
    "decimal": pl.Series(
        [Decimal("9" * 38), Decimal("-" + "9" * 38), Decimal(0), Decimal(1), None], dtype=pl.Decimal(38, 0)
    ),
    "tiny": pl.Series([Decimal("0." + "9" * 38), Decimal(0), None, None, None], dtype=pl.Decimal(38, 38)),
    "float": pl.Series([float("inf"), float("-inf"), float("nan"), 5e-324, 1.7976931348623157e308]),
    "float32": pl.Series([float("inf"), float("-inf"), float("nan"), 1e-45, 3.4e38], dtype=pl.Float32),
    "float16": pl.Series([float("inf"), -1.0, float("nan"), 6e-8, 65504.0], dtype=pl.Float16),
    "list": pl.Series([[3_000_000], [], None, [0, None], [-800_000]], dtype=pl.List(pl.Int32)).cast(pl.List(pl.Date)),
    "struct": pl.DataFrame({"at": _counts(pl.Datetime("ms"))}).to_struct(),
    "binary": pl.Series([b"\xff\x00", b"", None, b"a", b"b"]),
    "text": pl.Series(["\x00", "", None, "\U0001f600" * 3, "a\u202eb"]),
}
OF_COLUMN = (
    "null", "nan", "blank", "range", "positive", "non_negative", "outlier", "unique", "future", "distribution",
    {"freshness": {"max_age": "1d"}}, {"min": {"min_value": 0}}, {"max": {"max_value": 0}}, {"mean": {"min_value": 0}},
    {"sum": {"min_value": 0}}, {"std": {"min_value": 0}}, {"median": {"min_value": 0}}, {"quantile": {"quantile": 0.9, "min_value": 0}},
    {"cardinality": {"max_value": 1}}, {"increasing": {"columns": "*"}}, {"duplicate": {"columns": ["x"]}},
)  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_any_column_is_checked_profiled_and_reported(kind: str) -> None:
    frame = pl.DataFrame({"n": [5, 1, 2, 3, 4], "x": HOSTILE[kind]})
    result = check(frame, [*OF_COLUMN, {"range": {"columns": "n", "max_value": 1}}])
    assert result.row_count == 5
    by_range = next(o for o in result.outcomes if o.id.startswith("range:n"))
    assert by_range.failed == 4
    assert [e.row for e in by_range.examples] == [1, 3, 4, 5]
    kept = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert ValidationResult.from_dict(kept).to_dict() == kept
    found = profile(frame)
    json.dumps(found.to_dict(), allow_nan=False)
    assert [as_yaml(rule) for rule, _ in draft_rules(found)]
    assert infer_schema(frame).to_yaml()


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_run_never_raises_and_sets_far_rows_aside_or_says_why(tmp_path: Path, form: str) -> None:
    for kind in ("datetime_ms", "zoned_ns", "date", "duration_us", "uint128"):
        pl.DataFrame({"n": [5, 1, 2, 3, 4], "x": HOSTILE[kind]}).write_parquet(tmp_path / "data.parquet")
        action = QuarantineAction(bad_path=str(tmp_path / f"bad.{form}"), good_path=str(tmp_path / f"good.{form}"))
        rules = [{"range": {"columns": "n", "max_value": 1}}, "unique", "future"]
        run = Checkpoint(
            name="far", data_source=str(tmp_path / "data.parquet"), validators=rules, actions=[action]
        ).run()
        assert run.status in (CheckpointStatus.WARNING, CheckpointStatus.FAILURE)
        made = run.action_results[0]
        unwritable = form == "csv" and kind in (
            "datetime_ms",
            "date",
        )  # millions of years, of which the engine has no text
        assert (made.status is ActionStatus.SUCCESS) is not unwritable
        assert unwritable or made.details["bad_rows"] >= 4
        assert not unwritable or "write Parquet" in made.message
        for output in ("console", "json", "yaml", "junit", "markdown", "sarif"):
            assert FORMATS[output](run)


def test_far_dates_are_told_exactly() -> None:
    at = pl.Series([1_704_067_200_000_000, 1_704_067_200_000], dtype=pl.Int64).cast(pl.Datetime("ms"))
    found = check(pl.DataFrame({"at": at}), [{"range": {"columns": "at", "max_value": "2100-01-01"}}]).outcomes[0]
    assert found.examples[0].values == {"at": "+55969-09-28T00:00:00"}
    assert found.top_values == (("+55969-09-28T00:00:00", 1),)


@pytest.mark.parametrize(
    ("bound", "failed"), [("+10183-09-21", 0), ("+10183-09-20", 1), ("-0001-12-31", 2), ("9999-12-31", 1)]
)
def test_bounds_are_written_as_far_as_the_dates(bound: str, failed: int) -> None:
    days = pl.DataFrame({"d": pl.Series([3_000_000, 0], dtype=pl.Int32).cast(pl.Date)})
    assert check(days, [{"range": {"columns": "d", "max_value": bound}}]).outcomes[0].failed == failed


def test_what_the_engine_cannot_do_is_an_error_of_its_check_alone() -> None:
    def panics(frame: pl.LazyFrame) -> pl.Expr:
        return pl.col("at").cast(pl.String) == "x"

    at = pl.Series([2**62, 0], dtype=pl.Int64).cast(pl.Datetime("ms"))
    found = check(
        pl.DataFrame({"n": [1, 2], "at": at}), [{"function": {"function": panics}}, {"unique": {"columns": "n"}}]
    )
    assert [o.status for o in found.outcomes] == [CheckStatus.ERROR, CheckStatus.PASSED]
    assert "out-of-range datetime" in (found.outcomes[0].error or "")
