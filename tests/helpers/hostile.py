"""Results whose every text is meant to break something, notify somebody or run."""

from dataclasses import replace
from functools import cache

from helpers import made_results
from helpers.made_results import outcome
from truthound.results import ActionResult, ActionStatus, CheckpointResult, CheckStatus, Example, Severity

TEXTS = (
    "<!everyone>", "@everyone", "<@U12345678>", "<@&123456>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "`ticks` ```fence", "{0.__class__}", "{{ 7 * 7 }}", "{% for x in y %}", "${HOME}", "*b* _i_ ~s~ [t](http://evil.example)",
    "مرحبا بالعالم", "\u202etfel ot thgir", "👩‍👩‍👧‍👦 e\u0301", "a\nb\r\nSubject: x", "::error::x", "##vso[task.complete]", "%0A",
    "'; DROP TABLE users; --", "\x00\x1b[31m", "\ud800", "x" * 5000, "col_name", "|", "\\", '"', "<at>Bob</at>", "@here",
)  # fmt: skip


@cache
def many_issues(count: int) -> CheckpointResult:
    """A failed run with so many issues, of hostile names and values."""
    issues = [
        outcome(
            "range", f"{TEXTS[i % len(TEXTS)]}{i}", CheckStatus.FAILED, severity=list(Severity)[i % 4], failed=i + 1, total=count + 1,
            expected=TEXTS[(i + 7) % len(TEXTS)],
            examples=tuple(Example(n, {f"{TEXTS[i % len(TEXTS)]}{i}": TEXTS[(i + n) % len(TEXTS)]}) for n in range(1, 6)),
        )
        for i in range(count)
    ]  # fmt: skip
    return replace(
        made_results.run(*issues),
        checkpoint_name="<!everyone> @everyone <b>`" + "n" * 300,
        run_id="r" * 300,
        metadata={"tags": {f"{t[:50]}{i}": t for i, t in enumerate(TEXTS)}},
        action_results=(ActionResult(ActionStatus.FAILURE, "store", "storage", TEXTS[0]),),
    )
