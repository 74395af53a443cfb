"""Conditions mean what DuckDB makes of them: row by row, over a table of all types with nulls, by a list and by a grammar."""

import datetime as dt
import itertools
import math
import random
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from truthound.engine import sql_expression
from truthound.engine.condition import Condition
from truthound.engine.polars import query
from truthound.engine.polars.sql.compile import ConditionCompiler
from truthound.engine.polars.sql.functions import FUNCTIONS
from truthound.engine.polars.sql.typed_expr import Context
from truthound.errors import ValidatorError

D, T = dt.date, dt.datetime
NAN, INF = math.nan, math.inf
DATA = pl.DataFrame(
    {
        "i": pl.Series([1, -7, 0, None, 2**40, 3, 12], dtype=pl.Int64),
        "j": pl.Series([2, 7, None, 5, -3, 3, 100], dtype=pl.Int32),
        "k": pl.Series([100, -128, 0, None, 5, 127, -1], dtype=pl.Int8),
        "u": pl.Series([1, 200, 0, None, 255, 3, 12], dtype=pl.UInt8),
        "w": pl.Series([1, 2**60, 0, None, 255, 3, 12], dtype=pl.UInt64),
        "h": pl.Series([1, 2**70, 0, None, -(2**70), 3, 12], dtype=pl.Int128),
        "f": pl.Series([1.5, -0.5, NAN, None, INF, 2.5, 3.0], dtype=pl.Float64),
        "g": pl.Series([0.1, -1.0, NAN, None, -INF, 2.5, 3.0], dtype=pl.Float32),
        "n": pl.Series([Decimal("1.50"), Decimal("-2.25"), None, Decimal("0.00"), Decimal("99999999.99"), Decimal("3.00"), Decimal("12.01")], dtype=pl.Decimal(10, 2)),
        "m": pl.Series([Decimal("1.5"), Decimal("2.7"), Decimal("0.1"), None, Decimal("-9.9"), Decimal("3.0"), Decimal("12.0")], dtype=pl.Decimal(4, 1)),
        "b": [True, False, None, True, False, None, True],
        "c": [True, None, False, False, None, True, True],
        "s": ["abc", "", None, "Émile 1", "a%b_c", "12", "ßtraße"],
        "t": ["abc", "x,y,,z", "b", None, " pad ", "1.5", "2024-02-03"],
        "e": pl.Series(["x", "y", None, "x", "z", "y", "x"], dtype=pl.Categorical),
        "d": [D(2024, 1, 31), D(2024, 2, 29), None, D(1999, 12, 31), D(2024, 12, 30), D(1970, 1, 1), D(1965, 3, 1)],
        "a": [T(2024, 1, 31), T(2024, 2, 29, 23, 59, 59, 999999), T(1969, 12, 31, 23), None, T(2024, 12, 30, 12, 30), T(1970, 1, 1), T(2000, 2, 29, 1, 2, 3)],
        "ms": pl.Series([T(2024, 1, 31), T(2024, 2, 29, 23, 59, 59, 999000), None, T(1999, 1, 1), T(2024, 12, 30), T(1970, 1, 1), T(2000, 2, 29)], dtype=pl.Datetime("ms")),
        "ns": pl.Series([T(2024, 1, 31), T(2024, 2, 29, 23, 59, 59, 999999), None, T(1999, 1, 1), T(2024, 12, 30), T(1970, 1, 1), T(2000, 2, 29)], dtype=pl.Datetime("ns")),
        "z": pl.Series([T(2024, 1, 31), T(2024, 7, 1, 23, 59), None, T(1999, 1, 1), T(2024, 12, 30), T(1970, 1, 1), T(2000, 2, 29)]).dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin"),
        "tm": [dt.time(10), dt.time(0), None, dt.time(23, 59, 59, 999999), dt.time(10, 0, 0, 5), dt.time(12, 30), dt.time(6)],
        "iv": [dt.timedelta(1), dt.timedelta(hours=-5), None, dt.timedelta(0), dt.timedelta(days=45, seconds=7), dt.timedelta(microseconds=5), dt.timedelta(30)],
        "l": [[1, 2], [], None, [None], [3], [3, 3], [12]],
    }
)  # fmt: skip
ROWS = DATA.height
NOW = T(2024, 5, 17, 13, 14, 15, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def duck():
    types = dict(DATA.schema)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register(
            "handed", query._Stream(DATA.select(query._to_duckdb(c, t).alias(c) for c, t in types.items()))
        )
        connection.execute(f"CREATE TABLE data AS SELECT {query._selected(list(types), types)} FROM handed")
        yield connection


class TransientDeliveryError(Exception):
    """Neither side has an answer."""


def ours(text):
    """What we make of an expression, a value a row."""
    try:
        made = ConditionCompiler(Context(DATA.schema, now=lambda: NOW)).value(Condition(text).resolve(DATA.schema).tree)
    except (ValidatorError, ValueError) as error:
        raise TransientDeliveryError(str(error)) from None
    fault = pl.lit(value=False) if made.fault is None else made.fault
    got = DATA.lazy().select(made.e.alias("value"), fault.alias("fault")).collect(engine="streaming")
    assert got["fault"].null_count() == 0, text
    if got["fault"].any():
        raise TransientDeliveryError("a fault")
    values = got["value"].to_list()
    return values * ROWS if len(values) == 1 else values


def theirs(connection, text):
    """What DuckDB makes of it."""
    try:
        return [row[0] for row in connection.execute(f"SELECT {text} FROM data").fetchall()]
    except duckdb.Error as error:
        raise TransientDeliveryError(str(error).splitlines()[0]) from None


def answer(make, *args):
    try:
        return make(*args)
    except TransientDeliveryError as refused:
        return refused


def same(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-12)
    if isinstance(a, bool) is not isinstance(b, bool):
        return False
    if isinstance(a, T) and isinstance(b, T) and a.tzinfo and b.tzinfo:
        return a == b
    return (type(a) is type(b) and a == b) or (isinstance(a, int | Decimal) and isinstance(b, int | Decimal) and a == b)


def differs(mine, other):
    if isinstance(mine, TransientDeliveryError) or isinstance(other, TransientDeliveryError):
        return isinstance(mine, TransientDeliveryError) is not isinstance(other, TransientDeliveryError)
    return not all(same(a, b) for a, b in zip(mine, other, strict=True))


def check(connection, expressions, *, refused=0):
    """None of them differs, and at most so many are refused by both."""
    differing, none = [], []
    for text in dict.fromkeys(expressions):
        mine, other = answer(ours, text), answer(theirs, connection, text)
        if differs(mine, other):
            differing.append(f"{text}\n  ours   {mine}\n  theirs {other}")
        elif isinstance(mine, TransientDeliveryError):
            none.append(f"{text}: {mine}")
    assert not differing, "\n".join(differing[:20])
    assert len(none) <= refused, "\n".join(none)


def words(text):
    return [w.strip() for w in text.split(";")]


NUMBERS = "ijkuwfgnm"
TRUTH = """b and c;b or c;not b;b = c;b <> c;b < c;b is true;b is not true;b is false;b is not false;b is null;b is not null;b is unknown
;b is distinct from c;b is not distinct from c;(b and c) is true;b and null;b or null;null is null;null and false;not null;b = true;b in (true, null)
;b::int;b::varchar;coalesce(b,c);coalesce(b, i);if(b,'x','y');case when b then 'x' when c then 'y' end;case when b then i else n end
;case when b then d else a end;coalesce(null,null);coalesce(null, 1);nullif(1,1);ifnull(i,0);i > 1 and j < 10 or k = 5;not (i > 1) and b;(i > 1) = b
;i in (1,-7,0,3,12,5,6,7,8,9,10,11,13,14);s in ('a','b','c','d','e','f','g','h','i','j','k','l','abc');i = 1 or s = 'abc' and b;i + j * 2 - k % 3
;-i + 3;i - -j;- -i;i is null = b;case i when 1 then 'a' when 3 then 'b' else s end;case when b is null then 1 else 1//1 end;coalesce(1, 1//0)
;if(i > 3, 1, 1//3);1 = 1.0;1 < 2 and 2 < 3;i == j;i != j;f = 'nan';f in (1.5, 'nan'::double);g = 0.1;f = g;n = 1.5;n = m;n > 1.499
;m between 1.45 and 1.55;i < 9007199254740993;w > 9223372036854775807;h > 1;h = 1180591620717411303424;iv = '1 day';iv < '01:00:00';s = '' is true
;i between j and k;d between a and '2024-12-31';t between 'a' and 'b';i between null and 0;i not between null and 0;1 in (i, j);i in (j, k);NULL in (1)
;1 in (NULL);i in (NULL, NULL);s in (t, 'abc');data.i > 1;I > 1;"i" > 1;DATA.S = 'abc';k < j is true;not i is null;i = j is not distinct from k = 1
;not b and c or b and not c;b or c and not b;1 in l;i in l;list_contains(l,3);contains(l,12);1 = any([1,2]);len(l);l[1];l[-1];l[0];array_length(l);try(1//0)"""
OF_A_NUMBER = """abs({0});sign({0});round({0});round({0},1);floor({0});ceil({0});trunc({0});sqrt({0});atan2({0},2);exp({0});isnan({0});isfinite({0});isinf({0})
;try(ln({0}));try(log2({0}));try(-{0});{0}**2;pow({0},3);mod({0},7);{0}%3;{0} % -3;{0}//4;{0}/3;{0}/10;{0}+1;{0}-1.25;{0}*2;{0}*1.5;try({0}+200);try({0}*1000)
;greatest({0},1,NULL);least({0},1.5);greatest({0},f);nullif({0},3);{0}+NULL;{0} between 1 and 3;{0} not between -1.5 and 2.5;{0} in (1,2,3);{0} in (1.5,3)
;{0} not in (1,NULL);{0} is true;{0} is not false;not {0};{0} and b;if({0}>1,{0},NULL);case when {0}>1 then {0} else 0.5 end;{0} > '1';{0} = '1.5';{0} < 1e0
;{0} < 300;{0} >= -200;{0} = 2147483648;{0} is distinct from 1;coalesce({0}, 7);try_cast({0} as tinyint);try_cast({0} as utinyint);try_cast({0} as bigint)
;try_cast({0} as decimal(5,1));{0}::double;{0}::varchar;{0}::boolean;try_cast({0} as float)"""
OF_TWO = """{0} < {1};{0} = {1};{0} >= {1};{0} is distinct from {1};coalesce({0},{1});greatest({0},{1});try({0} + {1});try({0} - {1});{0} / {1};try({0} % {1});try({0} // {1})"""
OF_A_TEXT = """length({0});strlen({0});upper({0});lower({0});trim({0});ltrim({0});rtrim({0});reverse({0});ascii({0});bit_length({0});string_split({0},',');len(string_split({0},','));string_split({0},',')[2];trim({0},'a1');ltrim({0},'ab')
;trim(both 'a' from {0});trim(leading from {0});substring({0},-2);substring({0},0);substring({0},2);substring({0} from 2 for 2);substring({0},0,2)
;substring({0},-3,2);substring({0},3,-2);substring({0},-9,7);substring({0},j,k);substring({0},NULL);left({0},2);left({0},-1);left({0},j);right({0},2)
;right({0},-1);right({0},j);lpad({0},5,'xy');rpad({0},2,'xy');lpad({0},-1,'x');replace({0},'a','ZZ');replace({0},'','x');replace({0},NULL,'')
;split_part({0},',',1);split_part({0},',',-1);split_part({0},',',0);split_part({0},',',9);split_part({0},'',2);strpos({0},'b');position('' in {0})
;strpos({0},'1');instr({0},t);starts_with({0},'a');ends_with({0},'c');contains({0},'b');prefix({0},'');starts_with({0},t);contains({0},t);{0} ^@ 'a'
;{0} like 'a%';{0} like '%c';{0} like '%b%';{0} like 'a%c';{0} like '_b_';{0} like '%';{0} like '';{0} not like 'abc';{0} ilike 'ABC';{0} not ilike 'é%'
;{0} like 'a\\%b%' escape '\\';{0} like 'a$%b$_c' escape '$';{0} like NULL;{0} ~~ 'a%';{0} !~~ 'a%';{0} ~ '[0-9]';{0} ~ '\\d';{0} ~ '\\w+\\s';{0} !~ '^a';{0} ~* 'AB'
;{0} similar to '[a-z]+';{0} not similar to 'abc';regexp_matches({0},'AB','i');regexp_full_match({0},'.b.');regexp_extract({0},'(a)(b)?',2)
;regexp_extract({0},'[0-9]+');regexp_replace({0},'(a)(b)','\\2\\1');regexp_replace({0},'[a-z]','-','g');{0} glob 'a*';{0} glob '[a-z]?c';{0} || t;{0} || i
;{0} || n || f;{0} || d || a;concat({0},i,NULL,b,z);concat_ws('-',{0},t,i);repeat({0},2);coalesce({0},'z');nullif({0},'abc');{0} < 'b';{0} in ('abc','12',NULL)
;case {0} when 'abc' then 1 when '' then 2 end;greatest({0},'b');least({0},t);try_cast({0} as int);try_cast({0} as double);try_cast({0} as date)
;try_cast({0} as timestamp);try_cast({0} as time);try_cast({0} as boolean);try_cast({0} as decimal(5,1));try_cast({0} as hugeint);{0} is not null and {0} <> ''"""
PARTS = [
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "quarter",
    "week",
    "dow",
    "isodow",
    "doy",
    "isoyear",
    "decade",
    "century",
    "yearweek",
    "epoch",
]
UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"]
OF_A_DATE = """year({0});dayname({0});monthname({0});last_day({0});dayofyear({0});epoch_us({0});{0} + interval '1 month 3 days';{0} - interval '1 year 1 hour'
;{0} + to_months(j);{0} + to_days(k);date_add({0}, interval 1 day);{0} + iv;{0} - iv;iv + {0};{0} - d;{0} - a;({0} - a) > interval 1 day;extract(day from ({0} - timestamp '2000-01-01'))
;strftime({0},'%d.%m.%y %H:%M:%S %a %j');{0}::date;{0}::timestamp;{0}::varchar;{0}::timestamp_ms;{0} between '2024-01-01' and '2024-12-31';{0} > '2024-01-31'
;{0} in ('2024-01-31');greatest({0},d);coalesce({0},a);{0} = a;{0} < d;{0} < ms;{0} is distinct from d;{0} at time zone 'UTC';isfinite({0});{0} >= '2024-02-29 23:59:59.9995'"""
OTHER_DATES = """z at time zone 'Europe/Berlin';hour(z at time zone 'America/New_York');a at time zone 'Asia/Tokyo';z = timestamptz '2024-01-31 00:00:00+01';z < '2024-01-31 00:30:00+01'
;d + 1;d - j;1 + d;d - date '2024-01-01';d + k;d + tm;tm + interval 1 hour;tm - interval 25 hour;hour(tm);extract(second from tm);tm::varchar;tm < '12:00';ns = a;ms = a;ms < a
;iv * 2;iv / 2;iv + iv;-iv;iv > interval 1 day;iv between interval 0 day and interval 40 day;interval '1 month' + interval '2 days' > iv;make_date(2024,2,29);try(make_date(2024,2,30))
;try_strptime(t,'%Y-%m-%d');strptime('03.02.2024','%d.%m.%Y');strptime('2024-02-03 10:11:12','%Y-%m-%d %H:%M:%S');date '2024-02-03' > d;timestamp '2024-02-03' > a"""


def test_truth(duck):
    check(duck, words(TRUTH))


def test_a_number(duck):
    check(duck, [text.format(c) for c in NUMBERS for text in words(OF_A_NUMBER)], refused=5)  # overflows of 8 bits


def test_two_numbers(duck):
    pairs = [(a, b) for a in NUMBERS for b in NUMBERS if (a, b) != ("n", "n")]
    check(duck, [text.format(a, b) for a, b in pairs for text in words(OF_TWO)])


def test_a_text(duck):
    check(duck, [text.format(c) for c in "ste" for text in words(OF_A_TEXT)])


def test_letters_whose_case_sql_changes_apart(duck):
    check(duck, ["lower('İΣΑΣ' || s)", "lower('ΣΑΣ' || t)", "lower('É' || s)", "upper('ß' || s)"])


def test_a_date(duck):
    texts = words(OF_A_DATE) + [f"extract({p} from {{0}})" for p in PARTS]
    texts += [
        t.format(u, "{0}")
        for u in UNITS
        for t in ("date_trunc('{0}',{1})", "{1} + interval 2 {0}", "{1} - interval (j) {0}")
    ]
    texts += [
        t.format(u, "{0}")
        for u in UNITS
        if u != "week"
        for t in ("date_diff('{0}',{1},a)", "datediff('{0}',d,{1})", "date_sub('{0}',{1},a)")
    ]
    check(duck, [text.format(c) for c in ("d", "a", "ms", "ns", "z") for text in texts] + words(OTHER_DATES))


CASTS = """ 12 |1.5|-2.5|1e3|0x10|0b11|1_000|+5|.5|5.|1e-1|1e|--5|abc||99999999999|300|-1|nan|inf|-Infinity|1e400|1,5|true|T|no|0|on|2024-02-30|2024-2-3
|20240203|2024/02/03|2024-02/03|2024-02-03 10:00:00|2024-02-03T10:00:00Z|2024-02-03 10:00:00+02:00|2024-02-03 10:00:00-0230|2024-02-03 10|2024-02-03 10:00
|2024-02-03 24:00:00|2024-02-03 10:00:60|2024-02-03 10:00:00.1234567|0044-03-15 (BC)|12024-02-03|epoch|24-02-03|2024-02-03x|10:00|1:2:3|25:00|10:00:00.5|10"""
TYPES = [
    "int",
    "bigint",
    "tinyint",
    "utinyint",
    "hugeint",
    "double",
    "float",
    "boolean",
    "decimal(5,1)",
    "decimal(38,10)",
    "date",
    "timestamp",
    "timestamptz",
    "time",
]


@pytest.mark.parametrize("kind", ["written", "read"])
def test_a_text_is_cast(duck, kind):
    """A text in the expression, and the same in a column."""
    differing = []
    for text, t in itertools.product(CASTS.replace("\n", "").split("|"), TYPES):
        if t in ("date", "timestamp", "timestamptz") and ("BC" in text or text[:1] == "1" or "inf" in text.lower()):
            continue  # beyond Python's years; the engine has no infinite day
        (other, *_) = theirs(duck, f"try_cast('{text}' as {t})")
        (mine, *_) = cast_column(text, t) if kind == "read" else ours(f"try_cast('{text}' as {t})")
        if not same(mine, other):
            differing.append((text, t, mine, other))
    assert not differing


def cast_column(text, t):
    made = ConditionCompiler(Context({"x": pl.String()})).value(Condition(f"try_cast(x as {t})").resolve(["x"]).tree)
    return pl.DataFrame({"x": [text]}).select(made.e).to_series().to_list()


def grown(rng, depth=3):
    """A condition by a grammar, without more brackets than it needs to be one: what binds tighter is a part of the test."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(["b", "c", "i > j", "n >= 1.5", "s = t", "d < a", "f <> g", "k in (1, 5, null)", "t like '%a%'", "u between j and 200", "iv > interval 1 hour", "true", "null"])  # fmt: skip
    inner = lambda: grown(rng, depth - 1)  # noqa: E731
    match rng.randrange(9):
        case 0 | 1:
            return f"{inner()} and {inner()}"
        case 2 | 3:
            return f"{inner()} or {inner()}"
        case 4:
            return f"not {inner()}"
        case 5:
            return (
                f"({inner()}) is {rng.choice(['', 'not '])}{rng.choice(['true', 'false', 'null', 'distinct from c'])}"
            )
        case 6:
            return f"case when {inner()} then {inner()} else {inner()} end"
        case 7:
            return f"coalesce({inner()}, {inner()})"
        case _:
            return f"({inner()})"


def test_conditions_by_a_grammar(duck):
    rng = random.Random(7)
    texts = [grown(rng, rng.choice([2, 3, 4])) for _ in range(400)]
    check(duck, texts)


def test_the_functions_that_are_known_are_compiled_and_documented():
    page = (Path(__file__).parents[3] / "docs/sql.md").read_text(encoding="utf-8")
    assert set(sql_expression.FUNCTIONS) == set(FUNCTIONS)
    assert set(sql_expression.ALIASES.values()) <= set(FUNCTIONS)
    assert [f for f in FUNCTIONS if f"`{f}`" not in page] == []
