"""Everything that Apprise can send to (https://appriseit.com/services/): more than a hundred services by their URLs."""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, SecretStr

from truthound._internal import templates
from truthound._internal.escape import escape_terminal
from truthound._internal.escape import neutralize_mentions as escape
from truthound._internal.options import Converted, option
from truthound._internal.text import plural, shorten
from truthound.checkpoint.actions.channel import NOT_TAKEN, Channel, Template, filled, success
from truthound.checkpoint.actions.context import ActionContext
from truthound.errors import ConfigError, PermanentDeliveryError, TransientDeliveryError
from truthound.io.flow import Flow, call
from truthound.reporters import message as messages
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult, CheckpointStatus

_MISSING = "the package apprise is not installed; install it with: pip install 'truthound[apprise]'"
_BETWEEN = re.compile(r"[\s,]+(?=[A-Za-z][\w+.-]*://)")
_TYPES = {
    CheckpointStatus.SUCCESS: "success", CheckpointStatus.WARNING: "warning", CheckpointStatus.FAILURE: "failure",
    CheckpointStatus.ERROR: "failure",
}  # fmt: skip
_STATUS = re.compile(
    r"\berror=(\d{3})\b"
)  # of a service's answer; of anything else Apprise says no more than that it failed
_LONGEST = 30_000  # characters of a body, whatever a service would take


def _urls(given: Any) -> Any:
    """One URL or several, in a list or in one text, as Apprise's own tools take them."""
    texts = [given] if isinstance(given, str | SecretStr) else given
    if not isinstance(texts, list | tuple) or not all(isinstance(t, str | SecretStr) for t in texts):
        return given
    listed = [part for text in texts for part in _BETWEEN.split(_plain(text).strip())]
    for one in listed:
        if "://" not in one and "${" not in one:
            raise ValueError("each URL is of the form service://...; https://appriseit.com/services/ lists them")
    return listed


class AppriseAction(Channel):
    """Sends a message through Apprise, to as many services as there are URLs."""

    type: ClassVar[str] = "apprise"
    service: ClassVar[str] = "Apprise"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"urls": ("APPRISE_URLS",)}

    urls: Converted[
        Annotated[tuple[SecretStr, ...] | None, BeforeValidator(_urls)],
        str | SecretStr | list[str] | tuple[str | SecretStr, ...] | None,
    ] = option(default=None, min_length=1)
    """Apprise's URLs, such as `matrix://user:password@host/#room`; APPRISE_URLS, if not given."""
    title: Template = "{checkpoint_name}: {verdict}"
    """The title; may hold {checkpoint_name} and the like."""
    body: Template | None = None
    """The text; may hold {checkpoint_name}, {summary} and the like. Not given: the summary."""
    retry_count: int = Field(default=0, ge=0, le=100)
    """How often it is sent again where all services said that they did not take it (408, 425, 429, 503)."""

    @property
    def deadline(self) -> float | None:
        return self.timeout_seconds

    def check(self) -> Iterator[str]:
        yield from super().check()
        if importlib.util.find_spec("apprise") is None:
            yield _MISSING
            return
        for i, url in enumerate(self._listed()):
            if _server(url) is None:
                scheme = url.partition("://")[0] if "://" in url else "no scheme"
                yield f"urls.{i}: Apprise cannot use this URL ({escape_terminal(shorten(scheme, 20))}://...); see https://appriseit.com/services/"

    def secrets(self) -> Iterator[str]:
        """The URLs and the parts of them: most are tokens."""
        yield from super().secrets()
        for url in self._listed():
            yield from (part for part in re.split(r"[/:@?&=,#]+", url) if len(part) >= 8)

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        if importlib.util.find_spec("apprise") is None:
            raise ConfigError(_MISSING)
        sent, refused = yield from call(lambda: self._send(result, self.message(result, run)))
        total = plural(len(self._listed()), "service")
        if not refused:
            return success(f"sent to {total}", services=sent)
        line = f"{len(refused)} of {total} did not take the message: {'; '.join(refused)}"
        answers = [int(found[1]) if (found := _STATUS.search(said)) else 0 for said in refused]
        unsure = not all(400 <= answer < 500 or answer in NOT_TAKEN for answer in answers)
        again = self.at_least_once or all(answer in NOT_TAKEN for answer in answers)
        if sent or not again:  # whoever has it must not get it again
            raise PermanentDeliveryError(line, uncertain=unsure, services=sent, refused=refused)
        error = TransientDeliveryError(line, refused=refused)
        error.uncertain = unsure
        raise error

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        message = self.message(result, run)
        yield f"to {plural(len(self._listed()), 'service')} of Apprise\n{self.text(result, message)}"

    def _send(self, result: CheckpointResult, message: Message) -> tuple[list[str], list[str]]:
        """The services that took the message, and those that did not with what they said."""
        sent: list[str] = []
        refused: list[str] = []
        for url in self._listed():
            server = _server(url)
            if server is None:
                raise ConfigError(list(self.check()))
            name = str(server.service_name)
            title, body = self._parts(result, message, server.body_maxlen, server.title_maxlen)
            with _LogCapture() as told:
                fine = server.notify(body=body, title=title, notify_type=_TYPES[message.status], body_format="text")
            if fine:
                sent.append(name)
            else:
                said = self.redact_and_truncate(str(told), 300)
                refused.append(f"{name} ({said})" if said else name)
        return sent, refused

    def text(self, result: CheckpointResult, message: Message) -> str:
        """Title and body as they are sent where no service has a lower limit."""
        return "\n".join(filter(None, self._parts(result, message, _LONGEST, 250)))

    def _parts(self, result: CheckpointResult, message: Message, longest: int, title: int) -> tuple[str, str]:
        """Title and body within a service's limits. One without titles gets it as the body's first line."""
        head = templates.render(self.title, messages.template_values(result, message), escape)
        room = min(longest, _LONGEST) - (0 if title else len(head) + 2)

        def render(one: Message) -> str:
            if self.body is None:
                return "\n".join(
                    [escape(line) for line in messages.lines(one)][1:]
                )  # the first is the headline: the title says it
            return filled(self.body, messages.template_values(result, one), escape)

        body = fit_to_limits(message, render, lambda text: len(text) <= room)
        return shorten(head, title or 250), shorten(body, max(room, 20))

    def _listed(self) -> list[str]:
        given: Any = self.urls or ()
        listed: Iterable[Any] = _urls(given) if isinstance(given, SecretStr) else given  # as the environment has it
        return [_plain(url) for url in listed]


class _LogCapture(logging.Filter):
    """Keeps what is logged in this thread while Apprise works: its warnings are the only place where it says what went
    wrong, and its other lines hold whole URLs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread, self._said = threading.get_ident(), list[str]()
        self._loggers = [logging.getLogger(name) for name in ("apprise", "urllib3.connectionpool")]

    def filter(self, record: logging.LogRecord) -> bool:
        if record.thread != self._thread:
            return True
        if record.levelno >= logging.WARNING:
            self._said.append(record.getMessage())
        return False

    def __enter__(self) -> Self:
        for logger in self._loggers:
            logger.addFilter(self)
        return self

    def __exit__(self, *_: object) -> None:
        for logger in self._loggers:
            logger.removeFilter(self)

    def __str__(self) -> str:
        return " ".join(" ".join(self._said).split())


def _plain(text: str | SecretStr) -> str:
    return text.get_secret_value() if isinstance(text, SecretStr) else text


def _server(url: str) -> Any:
    """What sends to this URL, or None."""
    with _LogCapture():
        import apprise

        return apprise.Apprise.instantiate(url, suppress_exceptions=True)
