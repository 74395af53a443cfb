import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from helpers.made_results import (
    AGE,
    CLEAN,
    EMAIL,
    EVIL,
    FAILING,
    HISTORY,
    HOSTILE,
    PASSED,
    UNREADABLE,
    earlier,
    outcome,
    run,
)
from truthound.reporters import FORMATS
from truthound.reporters.console import render
from truthound.results import CheckStatus, Example, Severity

GOLDEN = Path(__file__).parent / "golden"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
NEXT = ["truthound checkpoint run users --limit 50", "truthound checkpoint history users"]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain-80.txt", {"width": 80}),
        ("plain-120.txt", {"width": 120}),
        ("plain-40.txt", {"width": 40}),
        ("colour-80.txt", {"width": 80, "colour": True}),
        ("colour-120.txt", {"width": 120, "colour": True}),
        ("verbose-120.txt", {"width": 120, "verbose": True, "limit": 10}),
        ("quiet-80.txt", {"width": 80, "quiet": True}),
    ],
)
def test_golden(name, options):
    shown = render(FAILING, history=HISTORY, ending="exit 1", next_steps=NEXT, **options)
    assert shown == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "result", [FAILING, CLEAN, UNREADABLE, HOSTILE], ids=["failing", "clean", "unreadable", "hostile"]
)
@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("colour", [False, True])
def test_it_is_never_wider_than_the_terminal(result, verbose, colour):
    for width in range(20, 131):
        shown = render(
            result,
            width=width,
            colour=colour,
            verbose=verbose,
            history=HISTORY,
            ending="exit 1 (--strict)",
            next_steps=NEXT,
        )
        assert max(cell_len(line) for line in COLOURS.sub("", shown).splitlines()) <= width


def test_wide_characters_are_measured():
    wide = outcome(
        "null", "顧客メールアドレス" * 4, CheckStatus.FAILED, severity=Severity.HIGH, failed=1, total=3, expected="空でない" * 20,
        examples=(Example(1, {"顧客": "東京都" * 30}),),
    )  # fmt: skip
    for width in range(20, 131):
        shown = COLOURS.sub("", render(run(wide), width=width, colour=True))
        assert max(cell_len(line) for line in shown.splitlines()) <= width
    assert "1 (33.33%)" in shown


def test_hostile_text_is_shown_and_does_nothing():
    plain = render(HOSTILE, verbose=True, width=200, history=HISTORY)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", plain)
    assert r"\x1b[31m[red]a" in plain
    assert r"\u202e|<b>*_`" in plain
    coloured = COLOURS.sub("", render(HOSTILE, verbose=True, width=200, colour=True))
    assert "\x1b" not in coloured
    assert len(plain.splitlines()) == len(coloured.splitlines())


def test_a_newline_in_data_makes_no_line():
    forged = outcome(
        "x", "a", CheckStatus.FAILED, severity=Severity.LOW, failed=1, total=2, expected="fine\n + 99 passed"
    )
    assert not [line for line in render(run(forged)).splitlines() if line.startswith(" + 99")]


def test_plain_is_ascii_where_the_data_are():
    assert render(FAILING, history=HISTORY, verbose=True).isascii()
    assert not render(FAILING, history=HISTORY, colour=True).isascii()


def test_symbols_in_messages_are_plain_too():
    told = replace(UNREADABLE, error="https://•••@x.org: a·b cut…\nsecond line")
    assert "https://***@x.org: a-b cut...\n              second line" in render(told)
    assert "https://•••@x.org: a·b cut…" in render(told, colour=True)


def test_what_was_not_delivered_stands_beside_the_verdict():
    result = run(*PASSED, action_results=FAILING.action_results)
    assert "PASSED    NOT DELIVERED: slack - 4 passed" in render(result, ending="exit 4")
    assert "NOT DELIVERED: slack" in render(result, quiet=True)


def test_a_failure_is_never_rounded_away():
    tiny = replace(EMAIL, failed=1, total=60_000_000)
    assert "1 (<0.01%)" in render(run(tiny))
    nearly = replace(EMAIL, failed=59_999_999, total=60_000_000)
    assert "59,999,999 (>99.99%)" in render(run(nearly))


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([], ""),
        ([earlier(email=0)], "NEW"),
        ([earlier(email=45)], "worse, was 45"),
        ([earlier(email=94)], "better, was 94"),
        ([earlier(email=93)], ""),
        ([earlier(email=0), earlier(email=93)], ""),
        ([earlier(email=0), UNREADABLE], "NEW"),
        ([run(*PASSED)], "NEW"),
    ],
)
def test_the_change_since_the_run_before(history, said):
    line = next(x for x in render(run(EMAIL, *PASSED), history=history).splitlines() if "email" in x)
    assert line.endswith(said or "(1.86%)")


def test_what_was_mended_is_said():
    mended = replace(AGE, status=CheckStatus.PASSED, failed=0)
    assert "1 passed, 1 fixed: age between 0 and 120 (--verbose" in render(run(mended), history=[earlier(age=33)])
    assert "fixed" not in render(run(mended), history=[earlier(age=0)])


def test_the_sparkline_shows_a_small_ratio_as_something():
    shown = render(run(replace(EMAIL, failed=5000)), colour=True, history=[earlier(email=0), earlier(email=1)])
    assert "▁▂▇" in shown
    assert "▁" not in render(run(replace(EMAIL, failed=5000)), history=[earlier(email=0)])


def test_the_sparkline_shows_the_last_runs_only():
    many = [earlier(email=n, number=1) for n in range(1, 30)]
    bars = re.search(r"[▁▂▃▄▅▆▇]+", render(run(EMAIL), colour=True, history=many))
    assert len(bars[0]) == 7


def test_rows_that_look_alike_share_a_line():
    same = replace(
        EMAIL, columns=("email",), failed=12, examples=tuple(Example(n, {"email": None}) for n in range(1, 11))
    )
    shown = render(replace(run(same), validation_result=replace(run(same).validation_result, key_columns=())))
    assert "row 1, 2, 3, 4, 5  email=null   ... 7 more" in shown


def test_text_that_could_be_taken_for_something_else_is_quoted():
    odd = replace(
        EMAIL, examples=(Example(1, {"user_id": "null", "email": " a "}), Example(2, {"user_id": "", "email": True}))
    )
    shown = render(run(odd))
    assert 'user_id="null"  email=" a "' in shown
    assert 'user_id=""  email=true' in shown


def test_a_long_name_keeps_both_its_ends():
    names = [f"customer_address_line_of_the_invoice_{end}" for end in ("street", "postcode")]
    shown = render(run(*(replace(EMAIL, id=n, columns=(n,)) for n in names)), width=80)
    first = [line.split()[2] for line in shown.splitlines() if line.startswith(" x")]
    assert len(set(first)) == 2
    assert all("..." in n for n in first)


def test_what_a_check_on_the_table_found_is_said():
    rows = outcome(
        "row_count",
        (),
        CheckStatus.FAILED,
        severity=Severity.HIGH,
        expected="row count at least 10",
        message="5 rows, expected at least 10",
    )
    assert " x  high      (table)  5 rows, expected at least 10" in render(run(rows))


def test_names_filters_descriptions_and_allowances_are_shown():
    told = replace(EMAIL, name="reachable", where="country = 'DE'", description="Sales writes to them.", allowed=5)
    shown = render(run(told))
    assert "reachable: not null where country = 'DE'" in shown
    assert "93 (1.86%, 5 allowed)" in shown
    assert "Sales writes to them." in shown


def test_hidden_and_sampled_and_notes_are_told():
    made = run(replace(EMAIL, hidden=True), *PASSED)
    told = replace(
        made, validation_result=replace(made.validation_result, sampled_from=9_999_999, notes=("learned the schema",))
    )
    shown = render(told)
    assert "1 hidden below min_severity" in shown
    assert "sample of 5,000 rows of 9,999,999 x 6 columns" in shown
    assert "learned the schema" in shown


def test_a_skipped_action_shows_only_when_asked():
    assert "quarantine" not in render(FAILING)
    assert "quarantine: not on success" in render(FAILING, verbose=True)


def test_verbose_says_why_a_check_was_skipped():
    assert "nothing configured" not in render(CLEAN)
    assert "nothing configured" in render(CLEAN, verbose=True)


def test_several_runs_follow_one_another():
    assert FORMATS["console"]([FAILING, CLEAN]) == FORMATS["console"](FAILING) + "\n" + FORMATS["console"](CLEAN)
    assert EVIL not in FORMATS["console"](HOSTILE)
