"""Outside of any CI system: values for later steps are printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from truthound.ci.platforms.record import Env, Platform, Reporting
from truthound.ci.report import log_text
from truthound.ci.report.outputs import Output, Print
from truthound.ci.report.step_values import variable


def _values(values: Mapping[str, str], _env: Env) -> Iterator[Output]:
    yield Print("\n".join(f"{variable(k)}={log_text.lines(v)}" for k, v in values.items()))


RECORD = Platform("no CI system", reporting=Reporting(values=_values))
