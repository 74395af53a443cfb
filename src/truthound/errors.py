"""The error tree. What this package raises on purpose is a `TruthoundError`; signals that never leave a room are its own affair.

TruthoundError
├── ConfigError                 a mistake in arguments or in a file (exit code 2)
│   ├── OptionErrors            mistakes in a model's options, each with the path of its option
│   ├── YamlSyntaxError         a text is not YAML; says where
│   └── UnknownCheckpointError  no registered checkpoint has this name
├── SourceError                 data cannot be opened, read or parsed (exit code 3)
├── ValidatorError              one check cannot be evaluated; the others are
│   ├── ReferenceDataError      because of the data it compares with
│   └── UnknownColumnError      a condition names a column that the table does not have
├── StoreError                  a result or a state cannot be stored
│   └── CloudError              and may be stored later; a RetryableError too
├── ActionError                 an action was not delivered (exit code 4)
│   ├── PermanentDeliveryError  refused, or not to be sent again
│   ├── UnansweredError         sent, and no answer came
│   └── RetryableError          it may be delivered later
│       ├── TransientDeliveryError  refused for now
│       └── UnreachableError        no connection
└── TimeLimitError              not done within its time limit; a TimeoutError too
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import Any


class TruthoundError(Exception):
    """The root of all errors this package raises on purpose."""


class ConfigError(TruthoundError, ValueError):
    """A mistake in arguments or in a file. `problems` has one line for each, all found at once."""

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class OptionErrors(ConfigError):  # noqa: N818 it is several errors
    """Mistakes in a model's options: for each the path of its option within the model, and a sentence."""

    def __init__(self, found: Iterable[tuple[str, str]], model: str = "") -> None:
        self.found = tuple(found)
        super().__init__(": ".join(filter(None, (model, at, message))) for at, message in self.found)


class YamlSyntaxError(ConfigError):
    """The text is not a YAML document."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.column, self.reason = line, column, reason


class UnknownCheckpointError(ConfigError, KeyError):
    """No checkpoint has this name."""

    __str__ = ConfigError.__str__  # a KeyError would show its text in quotes


class SourceError(TruthoundError):
    """Data cannot be opened, read or parsed."""


class ValidatorError(TruthoundError):
    """One check cannot be evaluated."""


class ReferenceDataError(ValidatorError):
    """The other data source of a check cannot be read, or does not have the columns that are asked for."""


class UnknownColumnError(ValidatorError):
    """A condition names columns that the table does not have."""


class StoreError(TruthoundError):
    """A result or a state cannot be stored."""


class ActionError(TruthoundError):
    """An action was not delivered, as far as is known. `details` are kept in the action's result."""

    uncertain: bool = False
    """whether it may have been delivered anyway"""

    def __init__(self, message: str, /, *, uncertain: bool | None = None, **details: Any) -> None:
        super().__init__(message)
        self.details = details
        if uncertain is not None:
            self.uncertain = uncertain


class PermanentDeliveryError(ActionError):
    """The service refused the message and will refuse it again, or it must not be sent again."""


class UnansweredError(ActionError):
    """The connection was lost, or the time limit was reached, after the request was sent: it may have been accepted, so it
    must not be sent again unless the service handles repeats (`Request.repeatable`).
    """

    uncertain = True


class RetryableError(ActionError):
    """The same action may succeed later; `after` so many seconds, if the service message when."""

    after: float = 0.0


class TransientDeliveryError(RetryableError):
    """The service refused the message for now."""


class UnreachableError(RetryableError):
    """The service cannot be reached, or did not answer to the end, and the request may be sent again."""


class CloudError(StoreError, RetryableError):
    """An object store cannot be reached; it may be a little later."""


class TimeLimitError(TruthoundError, TimeoutError):
    """Work was not done within its time limit. What it did until then is done, and a call of it may still be running."""

    uncertain: bool = True


_TRANSIENT = frozenset(
    getattr(errno, name)
    for name in ("EAGAIN", "EBUSY", "EINTR", "ESTALE", "ETXTBSY", "EDEADLK", "ENETDOWN", "ENETUNREACH", "ENETRESET",
                 "EHOSTDOWN", "EHOSTUNREACH", "ETIMEDOUT", "ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "ENOBUFS")
    if hasattr(errno, name)
)  # fmt: skip


def is_transient(error: BaseException | None) -> bool:
    """Whether the same attempt may succeed a little later: a RetryableError, a network fault or a busy file."""
    if error is None or isinstance(error, TimeLimitError):  # the work that was given up may still be running
        return False
    if isinstance(error, RetryableError | ConnectionError | TimeoutError | InterruptedError | BlockingIOError):
        return True
    return (isinstance(error, OSError) and error.errno in _TRANSIENT) or is_transient(error.__cause__)


def is_uncertain(error: BaseException) -> bool:
    """Whether what ended with this error may have been delivered all the same."""
    return bool(getattr(error, "uncertain", False))
