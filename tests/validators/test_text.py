# ruff: noqa: RUF001 letters that look like others are what is tested

from types import SimpleNamespace

import polars as pl
import pytest

from helpers.checking import failing, one, outcomes
from truthound.engine.measures import Matches, Not
from truthound.errors import ConfigError
from truthound.results import CheckStatus
from truthound.schema import DataType
from truthound.validators import Case, Encoding, FormatOf, Length, Regex, Table, Whitespace
from truthound.validators.regex_syntax import fault

TEXTS = {"s": ["AB-123", "ab-123", "x AB-123 y", "", None]}


def test_regex_matches_anywhere_unless_tied():
    assert failing(TEXTS, Regex("s", pattern="[A-Z]{2}-[0-9]+")) == [2, 4]
    assert failing(TEXTS, Regex("s", pattern="^[A-Z]{2}-[0-9]+$")) == [2, 3, 4]
    assert failing(TEXTS, Regex("s", pattern="^[A-Z]{2}-[0-9]+$", ignore_case=True)) == [3, 4]
    assert failing(TEXTS, Regex("s", pattern="[A-Z]{2}", match=False)) == [1, 3]
    assert failing({"s": ["a\n", "a"]}, Regex("s", pattern="^a$")) == [1]


def test_regex_on_every_text_column():
    table = {"a": ["x1"], "b": ["x"], "n": [1], "l": [["x1"]]}
    assert [(o.columns, o.failed) for o in outcomes(table, Regex(pattern="[0-9]"))] == [(("a",), 0), (("b",), 1)]
    assert "needs a text column" in str(one(table, Regex("n", pattern="1")).error)
    assert one(table, Regex("l", pattern="1")).status is CheckStatus.SKIPPED
    assert failing(pl.DataFrame({"c": pl.Series(["x", "y"], dtype=pl.Categorical)}), Regex("c", pattern="x")) == [2]


def test_patterns_by_column():
    rule = Regex(patterns={"email": "@", "code_*": "^[A-Z]+$"}, severity="low")
    found = outcomes({"email": ["a@b", "a"], "code_a": ["A", "b"], "code_b": ["A", "B"]}, rule)
    assert [(o.columns, o.failed, o.expected) for o in found] == [
        (("email",), 1, "matches @"),
        (("code_a",), 1, "matches ^[A-Z]+$"),
        (("code_b",), 0, "matches ^[A-Z]+$"),
    ]
    assert {o.severity for o in found if o.failed} == {"low"}


def test_a_pattern_beside_patterns():
    found = outcomes({"a": ["1"], "b": ["x"]}, Regex("b", pattern="x", patterns={"a": "[0-9]"}))
    assert [(o.columns, o.expected) for o in found] == [(("a",), "matches [0-9]"), (("b",), "matches x")]


def test_regex_says_what_it_asks():
    table = Table({"a": DataType("string")})
    (must,) = Regex("a", pattern="x", ignore_case=True).bind(table)
    (must_not,) = Regex("a", pattern="x", match=False).bind(table)
    assert (must.failing, must.expected) == (Not(Matches("a", "(?i)x")), "matches x, in any case")
    assert (must_not.failing, must_not.expected) == (Matches("a", "x"), "does not match x")


def test_regex_without_a_pattern():
    assert one({"a": ["x"]}, Regex()).message == "nothing configured: give pattern or patterns, or a schema"
    known = SimpleNamespace(columns={"a": SimpleNamespace(pattern="^[0-9]$")})
    assert failing({"a": ["x", "1"]}, Regex(), expected=known) == [1]
    assert one({"a": ["x"], "b": ["y"]}, Regex("b"), expected=known).status is CheckStatus.SKIPPED


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        (
            {"pattern": "(?=a)b"},
            ["Regex: pattern: look-around is not supported; use two rules, one of them with match: false in '(?=a)b'"],
        ),
        (
            {"patterns": {"a": "*.csv", "b": "(", "c": "fine"}},
            ["patterns.a: not a regular", "patterns.b: not a regular"],
        ),
        ({"patterns": {}}, ["Regex: patterns"]),
        ({"patterns": {"a": None}}, ["Regex: patterns.a: input should be a valid string"]),
        ({"columns": ["a"], "patterns": {"a": "x"}}, ["patterns names its columns"]),
        (
            {"columns": {"a": {"pattern": "[z-a]"}}},
            ["Regex: columns.a.pattern: not a regular expression: bad character range z-a"],
        ),
    ],
)
def test_regex_mistakes(options, problems):
    with pytest.raises(ConfigError) as caught:
        Regex(**options)
    assert len(caught.value.problems) == len(problems)
    for said, wanted in zip(caught.value.problems, problems, strict=True):
        assert wanted in said


VALID = [
    r"^[\w.+-]+@[\w-]+\.[\w.-]+$", r"^(\+\d{1,3}[-.\s]?)?\(?\d{3}\)?[-.\s]?\d{3}[-.\s]?\d{4}$", r"\(?=", r"\\1", r"\p{Lu}+\pN\P{L}",
    "[[:alpha:]]+", "[a-z&&[^x]]", r"[\w--\d]", "(?i)a", "a(?i)b", "a(?i-s:b)", "(?x) a # (", "(?<n>a)(?P<m>b)", "a{2}{3}", "a**", "a++",
    r"\{a\}", r"\x{41}\u{1F600}\x41", r"\bfoo\b{start}", r"\z", "[]a]", "[a||b]", "a||b", r"\/", "é", "(|a)", r"[^\x00-\x7F]",
]  # fmt: skip
INVALID = [
    "(?=a)", "(?!a)", "(?<=a)b", "(?<!x)a", r"(a)\1", r"(?P<n>a)(?P=n)", r"\k<n>", "(?>a)", "(?(1)a)", "(?#c)a", r"\Z", r"\h", r"\q",
    "*.csv", "(a", "a)", "[a", "[z-a]", r"[\w-\.]", "{a}", "a{,3}", "a{2,1}", "x{a}", "\\", "a|*",
]  # fmt: skip


@pytest.mark.parametrize("pattern", VALID)
def test_what_the_look_lets_through_the_engine_takes(pattern):
    assert fault(pattern) is None
    pl.Series(["a"]).str.contains(pattern)


@pytest.mark.parametrize("pattern", INVALID)
def test_what_the_look_turns_down_the_engine_turns_down_too(pattern):
    assert fault(pattern)
    with pytest.raises(pl.exceptions.ComputeError):
        pl.Series(["a"]).str.contains(pattern)


def test_an_empty_pattern_says_nothing():
    assert fault("") == "an empty pattern, which every text matches"


def test_a_pattern_that_only_the_engine_turns_down_is_an_error_of_the_check():
    outcome = one({"a": ["x"]}, Regex("a", pattern=r"[\w[]"))
    assert outcome.status is CheckStatus.ERROR
    assert "regex" in str(outcome.error)


def test_length_of_texts_and_lists():
    table = pl.DataFrame({"s": ["", "é", "abc", None], "l": [[1], [], [1, 2, 3], None], "st": [{"a": 1}] * 4})
    found = outcomes(table, Length(min_length=1, max_length=2))
    assert [(o.columns, [e.row for e in o.examples], o.expected) for o in found] == [
        (("s",), [1, 3], "characters between 1 and 2"),
        (("l",), [2, 3], "items between 1 and 2"),
    ]
    assert one(table, Length("st", min_length=1)).message.startswith("length does not look into struct")
    assert failing({"s": ["👩‍👩‍👧", "ab"]}, Length("s", max_length=4)) == [1]
    array = pl.DataFrame({"a": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2))})
    assert one(array, Length("a", min_length=3)).failed == 2


def test_length_mistakes():
    assert one({"s": ["a"]}, Length()).message == "nothing configured: give min_length or max_length"
    for options, said in (
        ({}, "Length: give min_length or max_length"),
        ({"min_length": 3, "max_length": 2}, "Length: min_length 3 is above max_length 2"),
        ({"min_length": -1}, "Length: min_length: input should be greater than or equal to 0"),
    ):
        with pytest.raises(ConfigError) as caught:
            Length("s", **options)
        assert caught.value.problems == (said,)


def test_whitespace():
    texts = ["a b", " a", "a ", "a  b", "a\t\tb", "\u00a0a", "a\n\nb", "a\r\nb", "", None, "a\n"]
    assert failing({"s": texts}, Whitespace()) == [2, 3, 4, 5, 6, 11]


@pytest.mark.parametrize(
    "text",
    ["Ã©tÃ©", "donâ€™t", "Â©", "SÃ£o", "Å‚Ã³dÅº", "ÐŸÑ€Ð¸Ð²ÐµÑ‚", "a\ufffdb", "a\x00b", "a\x1b[0m", "a\x85", "a\u200bb", "\ufeffid", "ï»¿id", "a\u200db",
     "x\u200c", "ðŸ˜€", "â‚¬5", "caf\u00c3\u00a9", "â„¢"],
)  # fmt: skip
def test_broken_encoding(text):
    assert failing({"s": [text, "plain"]}, Encoding()) == [1]


@pytest.mark.parametrize(
    "text",
    ["été", "Ça va à Âme", "SÃO PAULO", "“IRMÔ", "Spaß“", "« CAFÉ\u00a0»", "Łódź", "Привет", "price: 5 €", "™ ©", "a\tb\r\nc", "👩‍👩‍👧", "می‌خواهم",
     "क्‍ष", "naïve “quotes” – dash…", "ÅÄÖ", "日本語", "ÀÉÎÕÜ", ""],
)  # fmt: skip
def test_sound_text(text):
    assert failing({"s": [text]}, Encoding()) == []


@pytest.mark.parametrize(
    ("case", "fails"),
    [("lower", [2, 3, 4, 7]), ("upper", [1, 3, 4, 5, 7]), ("title", [1, 2, 5, 7])],
)
def test_case(case, fails):
    texts = ["ab c", "ABC", "Anna-Lena O'Neil", "Ünlü Dağ", "straße", "12 !", "aB", None, ""]
    assert failing({"s": texts}, Case("s", case=case)) == fails


def test_case_has_to_be_named():
    assert one({"s": ["a"]}, Case()).message == "nothing configured: give case"
    with pytest.raises(ConfigError, match="'lower', 'upper' or 'title'"):
        Case("s", case="camel")
    with pytest.raises(ConfigError, match="give case"):
        Case("s")


def test_bare_names_look_at_every_text_column():
    table = {"a": ["x "], "n": [1], "b": ["y"]}
    for rule in (Whitespace(), Encoding()):
        assert [o.columns for o in outcomes(table, rule)] == [("a",), ("b",)]
    assert one({"n": [1]}, Whitespace()).status is CheckStatus.SKIPPED


def test_a_format_must_be_known():
    with pytest.raises(ConfigError) as caught:
        FormatOf("s", format="emial")
    assert caught.value.problems[0].endswith('currency; did you mean "email"?')
    assert FormatOf("s", format="E-Mail").format == "email"
    assert one({"s": ["a"]}, FormatOf()).message == "nothing configured: give format"
