"""Data docs: a page for each run and an index of all, in a folder or a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AliasChoices, Field

from truthound.checkpoint.actions.base import Action
from truthound.checkpoint.actions.context import ActionContext
from truthound.errors import ActionError, ConfigError
from truthound.io.files import local_path
from truthound.io.flow import Flow, call
from truthound.io.http_client import check_url
from truthound.io.object_storage import MISSING, Objects, check_location, installed, kind_of, open_objects
from truthound.reporters.site import pages, records
from truthound.reporters.site.record_cache import RecordCache
from truthound.reporters.site.records import RunRecord
from truthound.results import ActionResult, ActionStatus, CheckpointResult

_MAX_INDEX_BUILDS = 20  # the index is rebuilt if another process has added a run in the meantime
_DEPTH = 2  # folders: runs/<checkpoint> and records/<checkpoint>
_TREND = 60  # runs in a page's chart


def _check_site_path(value: str) -> str:
    if "${" in value:
        return value
    if kind_of(value):
        if why := check_location(value):
            raise ValueError(why)
    else:
        try:
            local_path(value)
        except ConfigError as error:
            raise ValueError(str(error)) from None
    return value


def _check_base_url(value: str | None) -> str | None:
    if value and "${" not in value and (why := check_url(value)):
        raise ValueError(why)
    return value


class UpdateDataDocs(Action):
    """Adds a run's page to the data docs and updates their index.

    The files are `index.html`, `runs/<checkpoint>/<time>-<run>.html` and, for the index, `records/` (`records-md/` for
    Markdown). Pages of earlier runs are not changed.
    """

    type: ClassVar[str] = "update_docs"
    action_type: ClassVar[str] = "documentation"

    site_path: Annotated[str, AfterValidator(_check_site_path)] = "./truthound_docs"
    """A local folder, which is created if it does not exist, or a bucket: s3://bucket/folder, gs://..., az://..."""
    site_name: str = "Data quality"
    """The title of the index."""
    format: Literal["html", "markdown"] = "html"
    """The format of the pages."""
    include_history: bool = True
    """Whether the index lists earlier runs and pages have a trend."""
    max_history_items: int = Field(default=100, ge=1)
    """How many runs of a checkpoint the index lists; older pages are kept."""
    template: Literal["default", "minimal", "detailed"] = "default"
    """How much a page shows. minimal: the verdict and the issues; default: failing rows, trend and other checks too; detailed:
    everything."""
    template_path: str | None = None
    """A Jinja2 file that replaces the template of a run's page."""
    base_url: Annotated[str | None, AfterValidator(_check_base_url)] = Field(
        default=None, validation_alias=AliasChoices("base_url", "site_url")
    )
    """The URL where the site is published; messages then link to the run's page."""

    def check(self) -> Iterator[str]:
        if kind_of(self.site_path) and not installed():
            yield MISSING

    def deliver(self, result: CheckpointResult, run: ActionContext) -> Flow[ActionResult]:
        source = yield from call(lambda: self._template(run.base))
        objects = open_objects(self.site_path, run.base)
        name = records.run_key(result)
        ending = "html" if self.format == "html" else "md"
        listed = open_objects(f"{self.site_path.rstrip('/')}/{records.FOLDERS[ending]}", run.base)
        kept = RecordCache(listed)
        key = f"runs/{name}.{ending}"
        yield from call(lambda: objects.sweep(_DEPTH))
        yield from call(lambda: self._adopt(name, listed, kept, ending, run))
        known = yield from call(lambda: self._known(kept, result) if self.include_history else [])
        record = yield from call(lambda: records.record(result, key))
        page_text = yield from call(lambda: self._page(result, run, [*known, record], source))
        content = page_text.encode("utf-8", "replace") + record.as_page_end()
        page = yield from call(lambda: objects.put(key, content))
        yield from call(lambda: listed.put(f"{name}.json", record.encoded()))
        yield from call(lambda: self._index(objects, kept, ending))
        details: dict[str, Any] = {
            "page": str(page),
            "index": objects.display_path(f"index.{ending}"),
            "bytes": len(content),
        }
        if self.base_url:
            details["url"] = f"{self.base_url.rstrip('/')}/{key}"
        return ActionResult(ActionStatus.SUCCESS, message=f"wrote {page}", details=details)

    def _template(self, base: Path | None) -> str | None:
        if self.template_path is None:
            return None
        path = local_path(self.template_path, base)
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"template_path {path} cannot be read: {getattr(error, 'strerror', None) or error}"
            ) from None

    def _page(self, result: CheckpointResult, run: ActionContext, history: list[RunRecord], source: str | None) -> str:
        from jinja2 import TemplateError

        previous = run.previous
        if self.format == "markdown" and source is None:
            return pages.run_markdown(result, previous, history, template=self.template)
        options: dict[str, Any] = {"site_name": self.site_name, "template": self.template, "source": source}
        if source is None:
            return pages.run_page(result, previous, history, **options)
        try:
            return pages.run_page(result, previous, history, **options)
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            number = getattr(error, "lineno", None)
            line = f" line {number}:" if number else ""
            raise ConfigError(
                f"template_path {self.template_path}:{line} {type(error).__name__}: {str(error)[:300]}"
            ) from None

    def _adopt(self, name: str, listed: Objects, kept: RecordCache, ending: str, run: ActionContext) -> None:
        """Writes the missing records of pages whose runs were killed, so that the index lists them. Each page contains its record."""
        folder = name.partition("/")[0]
        written = open_objects(f"{self.site_path.rstrip('/')}/runs/{folder}", run.base)
        have = set(kept.record_keys())
        for stored in list(written.list(0)):
            key = f"{folder}/{stored.key.removesuffix(f'.{ending}')}.json"
            if stored.key.endswith(f".{ending}") and key not in have:
                found = records.found_in(written.get(stored.key))
                if found is not None and found.page == f"runs/{folder}/{stored.key}":
                    listed.put(key, found.encoded())

    def _known(self, kept: RecordCache, result: CheckpointResult) -> list[RunRecord]:
        """The records of the checkpoint's earlier runs, oldest first, as many as a trend shows."""
        prefix, current = f"{records.run_key(result).split('/')[0]}/", f"{records.run_key(result)}.json"
        keys = [k for k in kept.record_keys() if k.startswith(prefix) and k < current]
        return kept.records(keys[1 - _TREND :])

    def _index(self, objects: Objects, kept: RecordCache, ending: str) -> None:
        """Writes the index, again if another process added a run in the meantime, so that the last version is complete."""
        existing = objects.get(f"index.{ending}")
        if existing and pages.MARK not in existing[:2000].decode("utf-8", "replace"):
            raise ActionError(
                f"{objects.display_path(f'index.{ending}')} was not written by truthound and is not replaced; choose another site_path"
            )
        keys = kept.record_keys()
        for _ in range(_MAX_INDEX_BUILDS):
            listing, shown = self._listing(kept, keys)
            objects.put(f"index.{ending}", listing.encode("utf-8", "replace"))
            written, keys = keys, kept.record_keys()
            if records.fingerprint(written) == records.fingerprint(keys):
                return kept.keep(shown)
        raise ActionError("the index could not be updated: runs were added faster than it could be written")

    def _listing(self, kept: RecordCache, keys: list[str]) -> tuple[str, list[str]]:
        """The index, and the keys of the records in it."""
        by_checkpoint: dict[str, list[str]] = {}
        for key in keys:
            by_checkpoint.setdefault(records.checkpoint_of(key), []).append(key)
        most = self.max_history_items if self.include_history else 1
        runs: list[RunRecord] = []
        shown: list[str] = []
        older: dict[str, int] = {}
        for own in by_checkpoint.values():
            shown += own[-most:]
            found = kept.records(own[-most:])
            runs += found
            if found:
                older[found[-1].name] = len(own) - len(found)
        build = pages.index_page if self.format == "html" else pages.index_markdown
        return build(runs, site_name=self.site_name, history=self.include_history, older=older), shown
