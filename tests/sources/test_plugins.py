import re

import polars as pl
import pytest

import truthound as th
from helpers.plugin_packages import install
from truthound.errors import ConfigError, SourceError
from truthound.sources import describe, open_source, parse_spec
from truthound.sources.spec import accepting_plugin

LAKE = """
import polars as pl
from truthound.sources import SourcePlugin, open_source

class Table:
    pass

class Lake(SourcePlugin):
    def accepts(self, data):
        return isinstance(data, Table)

    def open(self, spec):
        if "broken" in spec.address:
            raise RuntimeError(f"no route to {spec.address}")
        if "path" in spec.address:
            return "orders.csv"
        if "source" in spec.address:
            return open_source({"a": [1, 2, 3, 4]})
        return pl.LazyFrame({"a": [1, 2, None], "b": [str(spec.options.get("tag")), spec.table, spec.query]})

class Picky(SourcePlugin):
    def accepts(self, data):
        raise ValueError("cannot tell")

class Costly(SourcePlugin):
    def __init__(self):
        raise OSError("no licence")

plain = 5
"""


@pytest.fixture
def lake(site_packages):
    install(site_packages, "th_lake", {"lake": "th_lake:Lake"}, LAKE, "truthound.sources")
    return site_packages


def test_the_scheme_of_a_url_is_the_name_of_its_plugin(lake):
    source = open_source("lake://me:secret@host/orders?token=abc")
    assert source.name == describe("LAKE+tls://me:secret@host/orders?token=abc").replace("LAKE+tls", "lake")
    assert "secret" not in source.name
    assert "abc" not in source.name
    result = th.check("lake://host/orders", ["null"])
    assert (result.row_count, [o.failed for o in result.outcomes]) == (3, [1, 2])


def test_a_mapping_gives_a_plugin_its_options(lake):
    given = {"url": "lake://host", "options": {"tag": "x"}, "table": "t", "where": "a IS NOT NULL"}
    assert open_source(given).frame.collect().rows() == [(1, "x"), (2, "t")]


def test_a_plugin_may_return_an_opened_source(lake):
    assert open_source("lake://source").frame.collect().height == 4
    assert th.check("lake://source", ["null"]).row_count == 4


def test_an_object_that_nothing_else_takes_is_opened_by_the_plugin_that_accepts_it(lake):
    import th_lake

    data = th_lake.Table()
    assert describe(data) == "lake Table"
    assert th.check(data, ["null"]).row_count == 3
    assert parse_spec(pl.DataFrame({"a": [1]})).family == "memory"
    with pytest.raises(ConfigError, match="data_source is an object; it may be"):
        parse_spec(object())


def test_an_unknown_scheme_names_what_is_installed(lake):
    with pytest.raises(ConfigError, match=r'"lak://" is not a data source; did you mean "lake"\?'):
        parse_spec("lak://host")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            "lake://u:pass99@broken",
            r'lake://•••@broken cannot be opened by the plugin "lake": RuntimeError: no route to',
        ),
        ("lake://path", r'cannot be opened by the plugin "lake": it returned str, which is not a table'),
    ],
)
def test_an_error_of_a_plugin_names_the_plugin_and_no_secret(lake, url, words):
    with pytest.raises(SourceError, match=words) as caught:
        open_source(url)
    assert "pass99" not in str(caught.value)


@pytest.mark.parametrize(
    ("point", "words"),
    [
        ("th_lake:missing", 'plugin "lake" of th_lake 1.2 cannot be loaded (th_lake:missing): AttributeError'),
        ("th_lake:plain", 'plugin "lake" is not a subclass of truthound.sources.SourcePlugin'),
        ("th_lake:Costly", 'plugin "lake" cannot be created: OSError: no licence'),
        ("th_lake:Picky", 'plugin "lake" fails in accepts(): ValueError: cannot tell'),
    ],
)
def test_a_broken_plugin_is_an_error_that_names_it(site_packages, point, words):
    install(site_packages, "th_lake", {"lake": point}, LAKE, "truthound.sources")
    with pytest.raises(ConfigError, match=re.escape(words)):
        accepting_plugin(object())
    assert parse_spec("orders.csv").family == "file"
    if "Picky" not in point:
        with pytest.raises(ConfigError, match=re.escape(words)):
            open_source("lake://host")


def test_a_broken_plugin_does_not_hide_another(lake):
    install(lake, "th_other", {"another": "th_other:Missing"}, "", "truthound.sources")
    import th_lake

    assert accepting_plugin(th_lake.Table()) == "lake"
