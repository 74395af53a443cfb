"""What can go wrong. `TruthoundError` is the root:

- ConfigError: a mistake in arguments or in a configuration file (exit code 2)
- SourceError: data could not be opened, read or parsed (exit code 3)
- ValidatorError: one check could not be made; the others go on
- StoreError: a result or a state could not be kept
- ActionError: an action was not delivered (exit code 4); RetryableError: it may succeed later
"""

from __future__ import annotations

from collections.abc import Iterable


class TruthoundError(Exception):
    """The root of all errors this package raises on purpose."""


class ConfigError(TruthoundError, ValueError):
    """A mistake in arguments or in a file. `problems` has one line for each, all found at once."""

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class SourceError(TruthoundError):
    """Data could not be opened, read or parsed."""


class ValidatorError(TruthoundError):
    """One check could not be made."""


class ReferenceDataError(ValidatorError):
    """The other data source of a check could not be read, or does not have the columns that are asked for."""


class StoreError(TruthoundError):
    """A result or a state could not be kept."""


class ActionError(TruthoundError):
    """An action was not delivered, as far as is known: with `uncertain` it may have been all the same."""

    uncertain: bool = False


class RetryableError(ActionError):
    """The same action may succeed later; `after` so many seconds, if the other side said when."""

    after: float = 0.0
