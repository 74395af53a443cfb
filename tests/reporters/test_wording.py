"""What reports say of a run in the same words."""

from dataclasses import replace

from helpers.made_results import earlier, validation
from truthound.reporters import wording
from truthound.results import CheckOutcome, CheckStatus


def failing(name, failed):
    return CheckOutcome(name, "range", ("a",), CheckStatus.FAILED, failed=failed, total=10)


def test_what_changed():
    before = validation(
        failing("a", 3), failing("b", 3), failing("c", 3), replace(failing("d", 0), status=CheckStatus.PASSED)
    )
    change = wording.changes(before)
    told = {n: change(failing(n, f)) for n, f in (("a", 5), ("b", 1), ("c", 3), ("d", 1), ("e", 1))}
    assert told == {"a": "worse, was 3", "b": "better, was 3", "c": "", "d": "NEW", "e": "NEW"}
    assert wording.changes(None)(failing("a", 1)) == ""


def test_the_run_before_is_looked_through_once():
    looks = []

    class Counted(tuple):
        __slots__ = ()

        def __reversed__(self):
            looks.append(1)
            return reversed(list(super().__iter__()))

        def __iter__(self):
            looks.append(1)
            return super().__iter__()

    outcomes = Counted(failing(str(i), 1) for i in range(1000))
    looks.clear()
    change = wording.changes(replace(earlier().validation_result, outcomes=outcomes))
    assert {change(failing(str(i), 2)) for i in range(1000)} == {"worse, was 1"}
    assert len(looks) == 1
