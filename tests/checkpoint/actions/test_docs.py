"""Data docs: pages that open from a folder, an index that loses nothing."""

import json
import re
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from helpers.hostile import TEXTS, many_issues
from helpers.made_results import ACTIONS, AGE, CLEAN, EMAIL, FAILING, HISTORY, PASSED, UNREADABLE, failed_result, run
from truthound.checkpoint.actions import UpdateDataDocs
from truthound.checkpoint.actions.context import ActionContext
from truthound.errors import ConfigError
from truthound.io.files import LocalObjects
from truthound.reporters.site.records import run_key
from truthound.results import CheckpointStatus, Example

VOID = {"meta", "link", "rect", "br"}


class Page(HTMLParser):
    """The tags, the addresses and the text of a page; tags must be closed in order."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.text, self.open = [], [], "", []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [v for k, v in attrs if k in ("href", "src", "action", "data", "poster", "srcset") and v]
        assert not [k for k, _ in attrs if k.startswith("on")], attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


class Outline(HTMLParser):
    """What helps who does not see the page: levels of headings, headers of tables, and which wide parts a keyboard reaches."""

    def __init__(self, text):
        super().__init__()
        self.levels, self.headers, self.tables, self.reached, self._header = [], [], [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self._header = tag == "th"
        if tag in ("h1", "h2", "h3", "h4"):
            self.levels.append(int(tag[1]))
        if tag == "th":
            self.headers.append([given.get("scope"), ""])
        if tag in ("table", "thead"):
            self.tables.append(tag)
        if "tabindex" in given:
            self.reached.append((given["tabindex"], given.get("role"), bool(given.get("aria-label"))))

    def handle_endtag(self, tag):
        self._header = self._header and tag != "th"

    def handle_data(self, data):
        if self.headers and not self.headers[-1][1]:
            self.headers[-1][1] = data.strip()


def luminance(color):
    """Relative luminance of a colour as the Web Content Accessibility Guidelines define it."""
    digits = color if len(color) == 7 else "#" + "".join(c * 2 for c in color[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def write(folder, *results, previous=None, **options):
    for result in results:
        made = UpdateDataDocs(site_path=str(folder), **options).execute(result, ActionContext(previous=previous))
        assert made.status == "success", made
    return made


def pages(folder, ending="html"):
    return sorted(folder.rglob(f"*.{ending}"))


@pytest.mark.parametrize("template", ["minimal", "default", "detailed"])
@pytest.mark.parametrize(
    "result", [FAILING, CLEAN, UNREADABLE, many_issues(300)], ids=["failing", "clean", "unreadable", "hostile"]
)
def test_every_page_is_one_sound_file_that_loads_nothing(tmp_path, template, result):
    write(tmp_path, *HISTORY, result, template=template, base_url="https://dq.example.com")
    for path in pages(tmp_path):
        text = path.read_text(encoding="utf-8")
        page = Page(text)
        assert not {"script", "img", "iframe", "object", "form", "base"} & set(page.tags)
        assert "url(" not in text
        assert "@import" not in text
        for address in page.addresses:
            assert address == "data:," or (path.parent / address).resolve().is_file(), address
    assert "<script" not in "".join(p.read_text(encoding="utf-8") for p in pages(tmp_path))


def test_what_a_page_says(tmp_path):
    made = write(tmp_path, *HISTORY)
    made = write(tmp_path, replace(FAILING, action_results=list(ACTIONS)), previous=HISTORY[-1])
    page = Page((tmp_path / made.details["page"]).read_text(encoding="utf-8"))
    said = " ".join(page.text.split())
    for text in ("users FAILED · still FAILED, 2 new", "93 (1.86%)", "worse, was 45", "and 90 more rows", "did you mean", "403 invalid_token",
                 "4 passed or skipped", "2026-11-27 01:39:07 UTC"):  # fmt: skip
        assert text in said, text
    assert page.tags.count("rect") == len(HISTORY) + 1
    index = Page((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "1 checkpoint" in index.text
    assert "email: not null: 93 (1.86%)" in index.text


WIDE = tuple(Example(n, {f"c{i}": n for i in range(9)}) for n in range(3))


@pytest.mark.parametrize("template", ["minimal", "default", "detailed"])
def test_pages_can_be_heard_and_used_with_a_keyboard(tmp_path, template):
    wide = replace(run(replace(EMAIL, examples=WIDE), AGE, *PASSED), action_results=list(ACTIONS))
    write(tmp_path, *HISTORY, wide, template=template)
    for path in pages(tmp_path):
        made = Outline(path.read_text(encoding="utf-8"))
        assert made.levels[0] == 1
        assert all(b <= a + 1 for a, b in zip(made.levels, made.levels[1:], strict=False)), made.levels
        assert all(scope == "col" and said for scope, said in made.headers), made.headers
        assert made.tables == ["table", "thead"] * made.tables.count("table")
    last = Outline(max(tmp_path.glob("runs/users/*.html")).read_text(encoding="utf-8"))
    assert last.reached == ([] if template == "minimal" else [("0", "region", True)])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(scheme):
    style = files("truthound.reporters.site").joinpath("templates", "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root\{(.*?)\}", style, re.DOTALL)
    colors = dict(re.findall(r"--([a-z]+):(#[0-9a-f]+)", blocks[scheme == "dark"]))
    behind = {n: luminance(colors.pop(n)) for n in ("bg", "box", "mark")}
    del colors["line"]
    assert len(colors) > 10
    for name, color in colors.items():
        for back, shade in behind.items():
            if back != "bg" and name not in ("fg", "soft"):
                continue
            light, dark = sorted((luminance(color), shade), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, back)


def test_one_row_more_is_a_row(tmp_path):
    write(tmp_path, run(replace(EMAIL, failed=4)))
    said = pages(tmp_path / "runs")[0].read_text(encoding="utf-8")
    assert "… and 1 more row<" in said


def test_each_template_shows_more_than_the_one_before(tmp_path):
    sizes = [write(tmp_path / t, FAILING, template=t).details["bytes"] for t in ("minimal", "default", "detailed")]
    assert sizes == sorted(sizes)
    minimal = Page(next((tmp_path / "minimal" / "runs").rglob("*.html")).read_text()).text
    assert "user_id = 33" not in minimal
    assert "null:email" in Page(next((tmp_path / "detailed" / "runs").rglob("*.html")).read_text()).text


def test_a_run_adds_its_page_and_leaves_the_others_alone(tmp_path):
    write(tmp_path, HISTORY[0])
    first = next((tmp_path / "runs").rglob("*.html"))
    first.write_text("as it was")
    write(tmp_path, *HISTORY[1:])
    assert first.read_text() == "as it was"
    assert len(list((tmp_path / "runs").rglob("*.html"))) == len(HISTORY)


def test_the_index_lists_as_many_as_wanted(tmp_path):
    write(tmp_path, *HISTORY, max_history_items=4)
    index = (tmp_path / "index.html").read_text()
    assert index.count('href="runs/') == 4 + 1
    assert "2 older not listed" in index
    write(tmp_path / "now", *HISTORY, include_history=False)
    assert (tmp_path / "now" / "index.html").read_text().count('href="runs/') == 1


def test_checkpoints_that_do_not_pass_come_first(tmp_path):
    write(tmp_path, replace(CLEAN, checkpoint_name="a"), replace(FAILING, checkpoint_name="z"))
    index = (tmp_path / "index.html").read_text()
    assert index.index(">z<") < index.index(">a<")
    assert "1 not passing" in index


@pytest.mark.parametrize("name", [*TEXTS, "../../etc/passwd", "..", ".", "a/b", "CON"])
def test_hostile_names_stay_in_the_folder(tmp_path, name):
    site = tmp_path / "site"
    write(site, replace(FAILING, checkpoint_name=name, run_id=name))
    assert [p.name for p in tmp_path.iterdir()] == ["site"]
    assert len(pages(site)) == 2
    Page((site / "index.html").read_text(encoding="utf-8"))


def test_markdown(tmp_path):
    write(tmp_path, *HISTORY, FAILING, format="markdown")
    assert "## users: FAILED" in (tmp_path / "index.md").read_text()
    (page,) = [p for p in pages(tmp_path / "runs", "md") if "20261127" in p.name]
    assert "93 (1.86%)" in page.read_text()
    assert not pages(tmp_path)


@pytest.mark.parametrize(
    ("options", "held"),
    [
        ({"template": "minimal"}, (False, False, False, False)),
        ({}, (True, True, True, False)),
        ({"include_history": False}, (True, False, True, False)),
        ({"template": "detailed"}, (True, True, True, True)),
    ],
)
def test_how_much_a_page_in_markdown_shows(tmp_path, options, held):
    write(tmp_path, *HISTORY, FAILING, format="markdown", **options)
    text = pages(tmp_path / "runs", "md")[-1].read_text(encoding="utf-8")
    assert "| ✗ | critical | email | not null | 93 (1.86%) |" in text
    marks = ("3 examples of 93 rows", "### Trend", "4 passed</summary>", "- Declared in: truthound.yaml:31")
    assert tuple(mark in text for mark in marks) == held
    trend = [tmp_path / "runs" / "users" / link for link in re.findall(r"\((\.\./\.\./[^)]*)\)", text)]
    assert len(trend) == (len(HISTORY) + 1 if held[1] else 0)
    assert all(page.is_file() for page in trend)


def test_a_custom_template(tmp_path):
    (tmp_path / "mine.html").write_text("<p>{{ m.checkpoint }} {{ result.status }} {{ issues[0].subject }}</p>")
    made = write(tmp_path / "site", replace(FAILING, checkpoint_name="<b>"), template_path=str(tmp_path / "mine.html"))
    text, ours, _ = (tmp_path / made.details["page"]).read_text().partition("\n<!-- truthound:record ")
    assert (text, bool(ours)) == ("<p>&lt;b&gt; failure email</p>", True)
    for text, said in (
        ("{% if %}", "line 1"),
        ("{{ ''.__class__.__mro__ }}", ""),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
    ):
        (tmp_path / "bad.html").write_text(text)
        outcome = UpdateDataDocs(site_path=str(tmp_path / "x"), template_path=str(tmp_path / "bad.html")).execute(
            FAILING
        )
        assert said in outcome.message
        assert outcome.status == "error" or "class" not in "".join(
            p.read_text() for p in pages(tmp_path / "x" / "runs")
        )
    outcome = UpdateDataDocs(template_path="none.html").execute(FAILING, ActionContext(base=tmp_path))
    assert "cannot be read: No such file" in outcome.message


def test_foreign_and_broken_records_are_skipped(tmp_path):
    write(tmp_path, FAILING)
    folder = tmp_path / "records" / "users"
    (folder / "x.json").write_text("{not json")
    known = json.loads(next(folder.glob("2*.json")).read_text())
    for i, change in enumerate(
        ({"page": "javascript:alert(1)"}, {"page": "runs/../../x"}, {"share": "1"}, {"more": 1})
    ):
        (folder / f"y{i}.json").write_text(json.dumps(known | change))
    write(tmp_path, replace(FAILING, run_id="later", run_time=FAILING.run_time + timedelta(days=1)))
    index = (tmp_path / "index.html").read_text()
    assert "javascript" not in index
    assert "2 runs" in index


def test_two_processes_at_once_lose_nothing(tmp_path):
    code = textwrap.dedent("""
        import sys
        sys.path.insert(0, "TESTS")
        from dataclasses import replace
        from helpers.made_results import FAILING
        from truthound.checkpoint.actions import UpdateDataDocs
        for i in range(12):
            made = UpdateDataDocs(site_path=sys.argv[1]).execute(replace(FAILING, checkpoint_name=sys.argv[2], run_id=f"{sys.argv[2]}{i}"))
            assert made.status == "success", made
    """).replace("TESTS", str(__import__("pathlib").Path(__file__).parents[2]))
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("one", "two")]
    assert [p.wait() for p in running] == [0, 0]
    index = (tmp_path / "index.html").read_text()
    for name in ("one", "two"):
        assert len(re.findall(rf'href="runs/{name}/[^"]*"', index)) == 12 + 1


def test_the_link_to_the_page(tmp_path):
    made = write(tmp_path, FAILING, base_url="https://dq.example.com/site/")
    assert made.details["url"].startswith("https://dq.example.com/site/runs/users/20261127T013907-")
    assert (tmp_path / made.details["url"].removeprefix("https://dq.example.com/site/")).is_file()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"template": "fancy"}, "template"), ({"site_path": ""}, "the path is empty"), ({"base_url": "javascript:x"}, "must begin with https"),
        ({"max_history_items": 0}, "max_history_items"), ({"site_path": "ftp://x/y"}, "not a local folder"), ({"sit_path": "x"}, "did you mean"),
    ],
)  # fmt: skip
def test_mistakes(options, said):
    with pytest.raises(ConfigError, match=said):
        UpdateDataDocs(**options)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    outcome = UpdateDataDocs(site_path=str(tmp_path / "file")).execute(failed_result())
    assert outcome.status == "error"
    assert "cannot write" in outcome.message or "cannot list" in outcome.message


@pytest.mark.parametrize(("form", "ending"), [("html", "html"), ("markdown", "md")])
def test_an_index_that_was_not_written_by_truthound_is_not_replaced(tmp_path, form, ending):
    (tmp_path / f"index.{ending}").write_text("<h1>Our handbook</h1>")
    outcome = UpdateDataDocs(site_path=str(tmp_path), format=form).execute(FAILING)
    assert outcome.status == "failure"
    assert "is not replaced; choose another site_path" in outcome.message
    assert (tmp_path / f"index.{ending}").read_text() == "<h1>Our handbook</h1>"
    (tmp_path / f"index.{ending}").unlink()
    write(tmp_path, *HISTORY, format=form)


def links(path):
    return [a for a in Page(path.read_text(encoding="utf-8")).addresses if a.startswith("runs/")]


def test_a_site_may_have_both_kinds_of_pages(tmp_path):
    for result in HISTORY[:2]:
        write(tmp_path, result)
        write(tmp_path, result, format="markdown")
    write(tmp_path, HISTORY[2])
    assert len(links(tmp_path / "index.html")) == 4  # the last run stands above the list, too
    assert all(a.endswith(".html") for a in links(tmp_path / "index.html"))
    listed = re.findall(r"\((runs/[^)]*)\)", (tmp_path / "index.md").read_text(encoding="utf-8"))
    assert len(listed) == 2
    assert all(a.endswith(".md") for a in listed)


def test_a_record_is_read_once_unless_it_changes(tmp_path, monkeypatch):
    read = []
    whole = LocalObjects.get
    monkeypatch.setattr(LocalObjects, "get", lambda self, key: read.append(key) or whole(self, key))
    write(tmp_path, *HISTORY)
    read.clear()
    write(tmp_path, FAILING)
    assert sorted(read) == ["index.html", "read.json", f"{run_key(FAILING)}.json"]
    write(tmp_path, replace(HISTORY[0], validation_result=None, status=CheckpointStatus.ERROR, error="was it here?"))
    read.clear()
    write(tmp_path, FAILING)
    assert f"{run_key(HISTORY[0])}.json" not in read
    changed = tmp_path / "records" / f"{run_key(HISTORY[1])}.json"
    changed.write_text(changed.read_text().replace("FAILED", "VERY WRONG"))
    write(tmp_path, FAILING)
    said = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "VERY WRONG" in said
    assert "nothing was checked" in said


@pytest.mark.parametrize("broken", ["", "[1]", '{"a": 3}', '{"users/x.json": [1, 2, "{}"]}', "{" * 100_000])
def test_the_cache_of_records_may_be_damaged(tmp_path, broken):
    write(tmp_path, *HISTORY)
    sound = (tmp_path / "index.html").read_bytes()
    (tmp_path / "records" / "read.json").write_text(broken)
    write(tmp_path, HISTORY[-1])
    assert (tmp_path / "index.html").read_bytes() == sound
    assert len(json.loads((tmp_path / "records" / "read.json").read_text())) == len(HISTORY)
