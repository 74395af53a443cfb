"""Mentions in a message."""

import pytest

from truthound.checkpoint.actions import mentions
from truthound.errors import ConfigError


def parse(text):
    if not text.startswith("@"):
        raise ConfigError(f"{text} is not a mention")
    return text.lower()


def test_each_is_mentioned_once_and_as_many_as_fit():
    selected, skipped = mentions.select(["@a", "@A", "b", "@c", "@d"], parse, lambda chosen: len(chosen) <= 2)
    assert selected == ["@a", "@c"]
    assert skipped == ["b", "@d"]


def test_skipped_mentions_are_reported():
    assert mentions.describe_skipped_mentions([]) == ("", {})
    assert mentions.describe_skipped_mentions(["b"]) == ("; 1 mention left out", {"not_mentioned": ["b"]})


def test_a_variable_is_parsed_when_it_is_resolved():
    validate = mentions.parseable(parse)
    assert validate(("@a", "${WHO}")) == ("@a", "${WHO}")
    with pytest.raises(ConfigError, match="b is not a mention"):
        validate(("b",))
    assert list(mentions.problems("people", ["@a", "b"], parse)) == ["people: b is not a mention"]
