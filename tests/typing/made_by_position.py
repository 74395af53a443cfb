"""Read by a type checker, never run: the ways to make a validator that the documentation shows."""

from truthound.validators import Compare, Expression, Null, Range, SqlQuery, Validator
from truthound.validators.option_types import Columns


class Own(Validator):
    type = "own"

    least: int = 0


made: list[Validator] = [
    Range("age", min_value=0),
    Null("email", "name"),
    Range(columns=["age"], min_value=0),
    Range(columns={"age": {"min_value": 0}}),
    Compare("a", "b", operator="<", tolerance="1d"),
    Expression("a > 1", severity="high"),
    SqlQuery("SELECT 1"),
    Own("a", least=1),
]
least: int = Own("a").least
chosen: Columns = Range("age", min_value=0).columns
wrong = Range("age", min_value=0).min_valeu  # type: ignore[attr-defined]  # a checker still knows the options
Own("a").least = "2"  # type: ignore[assignment]  # and their types
