"""Exit codes, explained on help pages."""

from __future__ import annotations

import shutil
import textwrap

from truthound.reporters.exit_codes import WORST_FIRST, Exit, exit_of, exit_of_error, worst

__all__ = ["HELP", "MEANINGS", "WORST_FIRST", "Exit", "exit_of", "exit_of_error", "explained", "worst"]

MEANINGS = {
    Exit.OK: "success, or a warning",
    Exit.FAILURE: "failure; with --strict any issue, whatever its severity",
    Exit.USAGE: "a mistake in the arguments or in a configuration file",
    Exit.ERROR: "data could not be read, or the run or a check could not be made",
    Exit.UNDELIVERED: "an action was not delivered (1 and 3 win over it)",
}


def explained(width: int) -> str:
    """What the codes mean, for the end of a help page of this width."""
    lines = ["\b", "Exit codes:"]
    for code, meaning in MEANINGS.items():
        lines += textwrap.wrap(
            meaning, max(width - 2, 20), initial_indent=f"  {code.value}  ", subsequent_indent=" " * 5
        )
    order = ", ".join(str(c.value) for c in WORST_FIRST if c)
    return "\n".join(
        [*lines, *textwrap.wrap(f"Of several checkpoints the worst counts, in the order {order}.", max(width - 2, 20))]
    )


HELP = explained(shutil.get_terminal_size((80, 24)).columns)
