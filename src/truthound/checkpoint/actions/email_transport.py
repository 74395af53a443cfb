"""What SMTP and Amazon SES have in common: a conversation that may break off after the e-mail was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from truthound.errors import ActionError, UnansweredError, UnreachableError


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """How e-mails are sent. `redact` removes secrets from a text and truncates it."""

    timeout: float | None
    """seconds for one attempt"""
    at_least_once: bool
    """whether an e-mail that may have been accepted is sent again"""
    redact: Callable[[str, int], str]

    def connection_lost(self, message: str, *, sent: bool) -> ActionError:
        """The error of a conversation that broke off; an e-mail that was sent may have been accepted."""
        if sent and not self.at_least_once:
            return UnansweredError(message)
        error = UnreachableError(message)
        error.uncertain = sent
        return error
