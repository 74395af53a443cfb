"""What PagerDuty and Opsgenie have in common: a checkpoint and its data have one incident, which a run that passes closes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator

from truthound._internal import templates
from truthound._internal.text import shorten
from truthound.checkpoint.actions.channel import Channel
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.message_template import IS_TEMPLATE
from truthound.errors import ConfigError
from truthound.io.flow import Flow
from truthound.reporters import message as messages
from truthound.reporters.message import Message
from truthound.results import ActionResult, ActionStatus, CheckpointResult, CheckpointStatus, Severity

T = TypeVar("T")
NOTHING_OPEN = "nothing is open: the previous run passed too"
STABLE_NAMES = ("checkpoint_name", "source", "tags", "metadata")
"""placeholders allowed in the key of an incident: their values do not change before it is closed"""


def _check_key(template: str | None) -> str | None:
    if not template:
        return template
    templates.check(template)
    if unstable := sorted(templates.names(template) - set(STABLE_NAMES)):
        raise ValueError(
            f"{', '.join(unstable)} may differ when the incident is to be closed, so that it would stay open; "
            f"this text knows {', '.join(STABLE_NAMES)}"
        )
    return template


KeyTemplate = Annotated[str | None, AfterValidator(_check_key), IS_TEMPLATE]
"""the template of an incident's key, which renders to the same text in each run"""


class IncidentChannel(Channel):
    """A channel that opens an incident, and closes it again."""

    action_type: ClassVar[str] = "incident"
    resolve_option: ClassVar[str]
    """the option that says whether a success closes the incident"""
    key_option: ClassVar[str]
    """the option with the template of the key"""
    max_key: ClassVar[int]
    """characters of a key"""

    at_least_once: bool = True
    """Whether an event that may have been delivered (no response, or another 5xx) is sent again. Its key makes it the same
    incident."""

    def skip_reason(self, result: CheckpointResult, previous: CheckpointResult | None) -> str:
        if result.status is not CheckpointStatus.SUCCESS:
            return super().skip_reason(result, previous)
        if getattr(self, self.resolve_option):  # regardless of notify_on: a success opens nothing
            return ""
        return f"the status is success, and {self.resolve_option} is false"

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        message = self.message(result, run)
        keys = self._keys(result, message)
        if result.status is not CheckpointStatus.SUCCESS:
            return (yield from self.open_incident(result, message, keys[0], run))
        if self._already_closed(keys, run):
            return ActionResult(ActionStatus.SKIPPED, message=NOTHING_OPEN)
        return (yield from self.close_incidents(keys, run))

    def open_incident(
        self, result: CheckpointResult, message: Message, key: str, run: ActionContext
    ) -> Flow[ActionResult]:
        """Opens the incident with this key, or updates it."""
        raise NotImplementedError

    def close_incidents(self, keys: Sequence[str], run: ActionContext) -> Flow[ActionResult]:
        """Closes the incidents with these keys, where they are open; the first is the run's own."""
        raise NotImplementedError

    def _keys(self, result: CheckpointResult, message: Message) -> list[str]:
        """The keys of the incidents that a run may have opened, its own first.

        A run that could not read its data opened an incident without the data's name: a success closes that one too.
        """
        template = getattr(self, self.key_option)
        values = messages.template_values(result, message)
        keys = []
        for source in (values["source"], ""):
            key = templates.render(template, values | {"source": source}).strip() if template else ""
            key = key or ":".join(filter(None, ("truthound", result.checkpoint_name, source)))
            keys.append(shorten_key(key, self.max_key))
        return list(dict.fromkeys(keys))

    def _already_closed(self, keys: Sequence[str], run: ActionContext) -> bool:
        """Whether none of these keys can be open: the previous run had them too, passed, and this action was delivered."""
        previous = run.previous
        if previous is None or previous.status is not CheckpointStatus.SUCCESS:
            return False
        own = [a for a in previous.action_results if a.action_name == self.name]
        if not all(a.status is ActionStatus.SUCCESS or a.message == NOTHING_OPEN for a in own):
            return False
        try:
            return set(keys) <= set(self._keys(previous, messages.build(previous)))
        except ConfigError:  # the template could not be rendered for that run
            return False


def shorten_key(key: str, width: int) -> str:
    """A key of at most `width` characters, with a hash if it was truncated, so that keys stay distinct."""
    key = key.encode("utf-8", "replace").decode()
    if len(key) <= width:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: width - len(digest) - 1]}:{digest}"


def summary_line(message: Message, escape: Callable[[object], str], width: int) -> str:
    """`orders: FAILED: email: not null: 93 (1.86%) (and 3 more)`, in at most `width` characters."""
    worst = message.error or (message.findings[0].line if message.findings else "")
    more = f" (and {message.issue_count - 1:,} more)" if message.issue_count > 1 else ""
    line = ": ".join(filter(None, (message.headline, worst)))
    return shorten(escape(line), width - len(more)) + more


def map_severity(
    message: Message,
    automatic: bool | Mapping[Severity, T] | None,
    defaults: Mapping[Severity, T],
    fixed: T,
    *,
    given: bool,
) -> T:
    """The level of the worst issue's severity; `fixed` where the user has given it, or no issue has a severity."""
    if automatic is False or (automatic is None and given) or message.severity is None:
        return fixed
    table = {**defaults, **automatic} if isinstance(automatic, Mapping) else defaults
    return table[message.severity]


__all__ = [
    "NOTHING_OPEN",
    "STABLE_NAMES",
    "IncidentChannel",
    "KeyTemplate",
    "map_severity",
    "shorten_key",
    "summary_line",
]
