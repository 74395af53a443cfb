"""What the services that people are paged by have in common: one incident a checkpoint and its data, closed when all is well."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, TypeVar

from pydantic import AfterValidator

from truthound._internal import templates
from truthound.checkpoint.actions.channel import IS_TEMPLATE, Channel
from truthound.checkpoint.actions.context import ActionContext
from truthound.errors import ConfigError
from truthound.reporters import message as messages
from truthound.reporters.message import Message
from truthound.results import ActionStatus, CheckpointResult, CheckpointStatus, Severity

T = TypeVar("T")
NOTHING_OPEN = "nothing is open: the run before passed too"
STABLE = ("checkpoint_name", "source", "tags", "metadata")
"""what the key of an incident may speak of: the same when it is opened and when it is closed"""


def _key(template: str | None) -> str | None:
    if not template:
        return template
    templates.check(template)
    if passing := sorted(templates.names(template) - set(STABLE)):
        raise ValueError(
            f"{', '.join(passing)} may differ when the incident is to be closed, so that it would stay open; "
            f"this text knows {', '.join(STABLE)}"
        )
    return template


KeyTemplate = Annotated[str | None, AfterValidator(_key), IS_TEMPLATE]
"""what tells an incident from others: a template that comes to the same text in each run"""


class IncidentChannel(Channel):
    """A channel that opens an incident, and closes it again."""

    action_type: ClassVar[str] = "incident"
    resolve_option: ClassVar[str]
    """the option that says whether a success closes the incident"""

    at_least_once: bool = True
    """Whether an event that may have arrived (no answer, or another 5xx) is sent again. Its key makes it the same incident."""

    def skip_reason(self, result: CheckpointResult, previous: CheckpointResult | None) -> str:
        if result.status is not CheckpointStatus.SUCCESS:
            return super().skip_reason(result, previous)
        if getattr(self, self.resolve_option):  # whatever notify_on says: a success opens nothing
            return ""
        return f"the status is success, and {self.resolve_option} is false"

    def already_resolved(self, template: str | None, known: Sequence[str], run: ActionContext, longest: int) -> bool:
        """Whether none of these keys can be open: the run before spoke of them too, passed, and said so to the service."""
        before = run.previous
        if before is None or before.status is not CheckpointStatus.SUCCESS:
            return False
        said = [a for a in before.action_results if a.action_name == self.name]
        if not all(a.status is ActionStatus.SUCCESS or a.message == NOTHING_OPEN for a in said):
            return False
        try:
            return set(known) <= set(keys(template, before, messages.build(before), longest))
        except ConfigError:  # the template failed then
            return False


def keys(template: str | None, result: CheckpointResult, message: Message, longest: int) -> list[str]:
    """The keys of the incidents that a run speaks of, its own first.

    A run that could not be made does not know its data, and opened an incident without them: a success closes that too.
    """
    known = messages.template_values(result, message)
    made = []
    for source in (known["source"], ""):
        key = templates.render(template, known | {"source": source}).strip() if template else ""
        key = key or ":".join(filter(None, ("truthound", result.checkpoint_name, source)))
        made.append(bounded(key, longest))
    return list(dict.fromkeys(made))


def bounded(key: str, longest: int) -> str:
    """A key that is not longer, and still tells one from another."""
    key = key.encode("utf-8", "replace").decode()
    if len(key) <= longest:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: longest - len(digest) - 1]}:{digest}"


def map_severity(
    message: Message,
    chosen: bool | Mapping[Severity, T] | None,
    usual: Mapping[Severity, T],
    otherwise: T,
    *,
    given: bool,
) -> T:
    """What the worst issue's severity stands for; `otherwise` where that is given, or no issue has a severity."""
    if chosen is False or (chosen is None and given) or message.severity is None:
        return otherwise
    table = {**usual, **chosen} if isinstance(chosen, Mapping) else usual
    return table[message.severity]


__all__ = ["NOTHING_OPEN", "STABLE", "IncidentChannel", "KeyTemplate", "bounded", "keys", "map_severity"]
