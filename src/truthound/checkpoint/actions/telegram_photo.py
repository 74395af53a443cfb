"""Telegram messages with a photo: a file, a URL, or a chart of the checkpoint's last runs."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Self

from pydantic import model_validator

from truthound._internal.options import Converted, option
from truthound.checkpoint.actions.channel_options import Url
from truthound.checkpoint.actions.context import ActionContext, look_back
from truthound.checkpoint.actions.message_template import Template
from truthound.checkpoint.actions.telegram import Method, TelegramNotification
from truthound.errors import ConfigError, PermanentDeliveryError
from truthound.io.flow import Flow, call
from truthound.reporters import chart
from truthound.results import ActionResult, CheckpointResult

_CAPTION, _MAX_BYTES = 1024, 10 * 1024 * 1024
_RUNS = 30
_PILLOW_MISSING = "the package pillow, which draws the chart, is not installed; install it with: pip install 'truthound[chart]', or give photo_url or photo_path"
_PHOTO_ERROR = re.compile(r"(?i)photo|http url|image|media|dimension|file")


class TelegramNotificationWithPhoto(TelegramNotification):
    """Sends a photo with the message as its caption: a photo of yours, or a chart of the checkpoint's last runs."""

    type: ClassVar[str] = "telegram_photo"

    photo_url: Url | None = None
    """A photo that Telegram downloads."""
    photo_path: Converted[Path | None, Path | str | None] = option(default=None)
    """The photo's file."""
    caption: Template | None = None
    """Replaces the text below the photo; another name of message_template."""

    @model_validator(mode="after")
    def _check_exclusive(self) -> Self:
        for a, b in (("photo_url", "photo_path"), ("caption", "message_template")):
            if getattr(self, a) is not None and getattr(self, b) is not None:
                raise ValueError(f"give {a} or {b}, not both")
        return self

    @property
    def template(self) -> str | None:
        return self.caption or self.message_template

    def check(self) -> Iterator[str]:
        yield from super().check()
        if not self.photo_url and not self.photo_path and importlib.util.find_spec("PIL") is None:
            yield _PILLOW_MISSING

    def preview(self, result: CheckpointResult, run: ActionContext) -> Iterator[str]:
        form = "in a form (multipart/form-data) of the fields below"
        if not self.photo_path and not self.photo_url:
            yield f"with a chart of the last runs, which is drawn then, {form}"
        elif self.photo_path and _resolve(self.photo_path, run).is_file():
            yield f"with the photo {self.photo_path}, {form}"
        elif self.photo_path:
            yield f"the photo {self.photo_path} does not exist: the message would be sent without it"

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        try:
            photo = yield from self._photo(result, run)
            method = Method("sendPhoto", "caption", _CAPTION, photo, self.photo_url or "")
            return (yield from self.send(method, result, run))
        except (ConfigError, OSError) as error:
            why = str(error)
        except PermanentDeliveryError as error:
            status = error.details.get("status_code")
            if status != 413 and not (status == 400 and _PHOTO_ERROR.search(str(error))):
                raise
            why = str(error)
        # the message matters more than the photo
        return (yield from self.send(Method(), result, run, f"without the photo: {why}"))

    def _photo(self, result: CheckpointResult, run: ActionContext) -> Flow[bytes | None]:
        """The photo to upload; None where Telegram downloads it."""
        if self.photo_url:
            return None
        if self.photo_path:
            path = _resolve(self.photo_path, run)
            return (yield from call(lambda: _read(path)))
        earlier = yield from look_back(run)
        return (yield from call(lambda: _chart([*(earlier or filter(None, [run.previous])), result])))


def _read(path: Path) -> bytes:
    if path.stat().st_size > _MAX_BYTES:
        raise ConfigError(f"{path} is larger than 10 MB, which is Telegram's limit")
    return path.read_bytes()


def _chart(runs: Sequence[CheckpointResult]) -> bytes:
    if importlib.util.find_spec("PIL") is None:
        raise ConfigError(_PILLOW_MISSING)
    bars = [(run.run_time, run.status.value, _issue_rate(run)) for run in runs[-_RUNS:]]
    return chart.png(bars, runs[-1].checkpoint_name)


def _issue_rate(run: CheckpointResult) -> float | None:
    statistics = run.validation_result.statistics if run.validation_result else None
    return statistics.issue_rate if statistics and statistics.evaluated else None


def _resolve(path: Path, run: ActionContext) -> Path:
    return (run.base or Path()) / path
