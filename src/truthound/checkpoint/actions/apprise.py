"""More than a hundred services, through Apprise (https://appriseit.com/services/): each is given by a URL."""

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
from truthound.checkpoint.actions.channel import Channel, success
from truthound.checkpoint.actions.context import ActionContext
from truthound.checkpoint.actions.message_template import Template, render_text
from truthound.checkpoint.actions.response import NOT_ACCEPTED
from truthound.errors import ConfigError, PermanentDeliveryError, TransientDeliveryError
from truthound.io.flow import Flow, call
from truthound.reporters import message as messages
from truthound.reporters.message import Message, fit_to_limits
from truthound.results import ActionResult, CheckpointResult, CheckpointStatus

_NOT_INSTALLED = "the package apprise is not installed; install it with: pip install 'truthound[apprise]'"
_SEPARATOR = re.compile(r"[\s,]+(?=[A-Za-z][\w+.-]*://)")
_TYPES = {
    CheckpointStatus.SUCCESS: "success", CheckpointStatus.WARNING: "warning", CheckpointStatus.FAILURE: "failure",
    CheckpointStatus.ERROR: "failure",
}  # fmt: skip
_STATUS = re.compile(
    r"\berror=(\d{3})\b"
)  # the status of a service's response; for other errors Apprise logs no more than that it failed
_MAX_BODY = 30_000  # characters, whatever the limit of the service


def _split_urls(given: Any) -> Any:
    """One URL or several, in a list or in one text, as Apprise's own tools accept them."""
    texts = [given] if isinstance(given, str | SecretStr) else given
    if not isinstance(texts, list | tuple) or not all(isinstance(t, str | SecretStr) for t in texts):
        return given
    listed = [part for text in texts for part in _SEPARATOR.split(_plain(text).strip())]
    for one in listed:
        if "://" not in one and "${" not in one:
            raise ValueError("each URL is of the form service://...; https://appriseit.com/services/ lists them")
    return listed


class AppriseAction(Channel):
    """Sends one message a run through Apprise, to one or more services."""

    type: ClassVar[str] = "apprise"
    service: ClassVar[str] = "Apprise"
    variables: ClassVar[Mapping[str, tuple[str, ...]]] = {"urls": ("APPRISE_URLS",)}

    urls: Converted[
        Annotated[tuple[SecretStr, ...] | None, BeforeValidator(_split_urls)],
        str | SecretStr | list[str] | tuple[str | SecretStr, ...] | None,
    ] = option(default=None, min_length=1)
    """Apprise's URLs, such as `matrix://user:password@host/#room`. Default: APPRISE_URLS."""
    title: Template = "{checkpoint_name}: {verdict}"
    """The title; may contain {checkpoint_name} and other placeholders."""
    body: Template | None = None
    """The text; may contain {checkpoint_name}, {summary} and other placeholders. Default: the summary."""
    retry_count: int = Field(default=0, ge=0, le=100)
    """The number of retries if every service refused the message temporarily (408, 425, 429, 503)."""

    @property
    def deadline(self) -> float | None:
        return self.timeout_seconds

    def check(self) -> Iterator[str]:
        yield from super().check()
        if importlib.util.find_spec("apprise") is None:
            yield _NOT_INSTALLED
            return
        for i, url in enumerate(self._url_list()):
            if _server(url) is None:
                scheme = url.partition("://")[0] if "://" in url else "no scheme"
                yield f"urls.{i}: Apprise cannot use this URL ({escape_terminal(shorten(scheme, 20))}://...); see https://appriseit.com/services/"

    def secrets(self) -> Iterator[str]:
        """The URLs and their parts, most of which are tokens."""
        yield from super().secrets()
        for url in self._url_list():
            yield from (part for part in re.split(r"[/:@?&=,#]+", url) if len(part) >= 8)

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        if importlib.util.find_spec("apprise") is None:
            raise ConfigError(_NOT_INSTALLED)
        sent, refused = yield from call(lambda: self._send(result, self.message(result, run)))
        total = plural(len(self._url_list()), "service")
        if not refused:
            return success(f"sent to {total}", services=sent)
        line = f"{len(refused)} of {total} did not take the message: {'; '.join(refused)}"
        statuses = [int(found[1]) if (found := _STATUS.search(reason)) else 0 for reason in refused]
        uncertain = not all(400 <= status < 500 or status in NOT_ACCEPTED for status in statuses)
        repeatable = self.at_least_once or all(status in NOT_ACCEPTED for status in statuses)
        if sent or not repeatable:  # a service that accepted the message must not get it twice
            raise PermanentDeliveryError(line, uncertain=uncertain, services=sent, refused=refused)
        error = TransientDeliveryError(line, refused=refused)
        error.uncertain = uncertain
        raise error

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        message = self.message(result, run)
        yield f"to {plural(len(self._url_list()), 'service')} of Apprise\n{self.text(result, message)}"

    def _send(self, result: CheckpointResult, message: Message) -> tuple[list[str], list[str]]:
        """The services that accepted the message, and those that did not with their reasons."""
        sent: list[str] = []
        refused: list[str] = []
        for url in self._url_list():
            server = _server(url)
            if server is None:
                raise ConfigError(list(self.check()))
            name = str(server.service_name)
            title, body = self._parts(result, message, server.body_maxlen, server.title_maxlen)
            with _LogCapture() as log:
                accepted = server.notify(body=body, title=title, notify_type=_TYPES[message.status], body_format="text")
            if accepted:
                sent.append(name)
            else:
                reason = self.redact_and_truncate(str(log), 300)
                refused.append(f"{name} ({reason})" if reason else name)
        return sent, refused

    def text(self, result: CheckpointResult, message: Message) -> str:
        """Title and body as they are sent to a service without lower limits."""
        return "\n".join(filter(None, self._parts(result, message, _MAX_BODY, 250)))

    def _parts(self, result: CheckpointResult, message: Message, longest: int, title: int) -> tuple[str, str]:
        """Title and body within a service's limits. A service without titles gets the title as the first line of the body."""
        head = templates.render(self.title, messages.template_values(result, message), escape)
        room = min(longest, _MAX_BODY) - (0 if title else len(head) + 2)

        def render(one: Message) -> str:
            if self.body is None:
                return "\n".join(
                    [escape(line) for line in messages.lines(one)][1:]
                )  # without the headline, which is the title
            return render_text(self.body, messages.template_values(result, one), escape)

        body = fit_to_limits(message, render, lambda text: len(text) <= room)
        return shorten(head, title or 250), shorten(body, max(room, 20))

    def _url_list(self) -> list[str]:
        given: Any = self.urls or ()
        listed: Iterable[Any] = (
            _split_urls(given) if isinstance(given, SecretStr) else given
        )  # from the environment: one text
        return [_plain(url) for url in listed]


class _LogCapture(logging.Filter):
    """Captures what Apprise logs in this thread: the reason of a failure is only in its warnings, and its other lines
    contain whole URLs, which must not be logged.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread, self._warnings = threading.get_ident(), list[str]()
        self._loggers = [logging.getLogger(name) for name in ("apprise", "urllib3.connectionpool")]

    def filter(self, record: logging.LogRecord) -> bool:
        if record.thread != self._thread:
            return True
        if record.levelno >= logging.WARNING:
            self._warnings.append(record.getMessage())
        return False

    def __enter__(self) -> Self:
        for logger in self._loggers:
            logger.addFilter(self)
        return self

    def __exit__(self, *_: object) -> None:
        for logger in self._loggers:
            logger.removeFilter(self)

    def __str__(self) -> str:
        return " ".join(" ".join(self._warnings).split())


def _plain(text: str | SecretStr) -> str:
    return text.get_secret_value() if isinstance(text, SecretStr) else text


def _server(url: str) -> Any:
    """Apprise's object for this URL; None if it is invalid."""
    with _LogCapture():
        import apprise

        return apprise.Apprise.instantiate(url, suppress_exceptions=True)
