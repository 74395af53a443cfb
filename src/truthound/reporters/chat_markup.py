"""The issues of a message in the markup of a chat service: what Slack, Discord, Teams and Telegram have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from truthound.reporters.message import Finding, Message
from truthound.results import CheckpointStatus

SEVERITY_EMOJI: Mapping[str, str] = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🔵", "error": "⚠️"}
STATUS_EMOJI: Mapping[CheckpointStatus, str] = {
    CheckpointStatus.SUCCESS: "✅",
    CheckpointStatus.WARNING: "🟡",
    CheckpointStatus.FAILURE: "❌",
    CheckpointStatus.ERROR: "⚠️",
}


@dataclass(frozen=True, slots=True)
class Markup:
    """How a service writes text; each style is a format such as `*{}*`."""

    escape: Callable[[object], str]
    bold: str
    italic: str
    example: str = "      {}"
    newline: str = "\n"

    def issue(self, finding: Finding) -> str:
        """An issue on one line, and a line for each example."""
        emoji = SEVERITY_EMOJI.get(finding.severity, "•")
        parts = [f"{emoji} {self._styled(self.bold, finding.subject)}", self.escape(finding.expected)]
        parts += [self._styled(self.bold, finding.amount)] if finding.amount else []
        parts += [self._styled(self.italic, finding.change)] if finding.change else []
        examples = (self._styled(self.example, example) for example in finding.examples)
        return self.newline.join(["  ".join(parts), *examples])

    def issues(self, message: Message) -> Iterator[str]:
        """The issues, how many are omitted, what is fixed, and which actions were not delivered."""
        yield from map(self.issue, message.findings)
        if message.omitted:
            yield self.italic.format(message.omitted_line)
        yield from (f"✅ fixed: {self.escape(fixed)}" for fixed in message.fixed)
        yield from (f"⚠️ not delivered: {self.escape(undelivered)}" for undelivered in message.undelivered)

    def _styled(self, style: str, text: str) -> str:
        return style.format(self.escape(text))
