"""Checkpoints by name."""

import threading

import pytest

from truthound.checkpoint import Checkpoint, CheckpointRegistry, get_checkpoint, list_checkpoints, register_checkpoint
from truthound.checkpoint import registry as module
from truthound.errors import ConfigError


def made(name="daily", source="a.csv"):
    return Checkpoint(name=name, data_source=source)


def test_registries_are_their_own():
    one, other = CheckpointRegistry(), CheckpointRegistry()
    checkpoint = one.register(made())
    assert one.get("daily") is checkpoint
    assert "daily" in one
    assert "daily" not in other
    assert (len(one), len(other)) == (1, 0)


def test_names_keep_their_order():
    registry = CheckpointRegistry()
    for name in ("b", "a", "c"):
        registry.register(made(name))
    assert registry.names() == ["b", "a", "c"]
    assert [c.name for c in registry] == ["b", "a", "c"]


def test_a_name_is_taken_once():
    registry = CheckpointRegistry()
    first = registry.register(made())
    assert registry.register(first) is first
    with pytest.raises(ConfigError, match='"daily" is registered already'):
        registry.register(made())
    assert registry.get("daily") is first
    second = registry.register(made(), replace=True)
    assert registry.get("daily") is second


def test_unknown_names():
    registry = CheckpointRegistry()
    with pytest.raises(ConfigError, match=r'^no checkpoint is named "x"; none is registered$'):
        registry.get("x")
    registry.register(made())
    with pytest.raises(KeyError, match=r'^no checkpoint is named "dialy"; did you mean "daily"\?$'):
        registry.get("dialy")
    with pytest.raises(ConfigError, match="there are: daily"):
        registry.remove("something else")


def test_only_checkpoints():
    with pytest.raises(ConfigError, match="a Checkpoint is expected, not str"):
        CheckpointRegistry().register("daily")
    assert ["daily"] not in CheckpointRegistry()


def test_removing():
    registry = CheckpointRegistry()
    first = registry.register(made("a"))
    registry.register(made("b"))
    assert registry.remove("a") is first
    assert registry.names() == ["b"]
    registry.clear()
    assert not len(registry)


def test_iterating_while_others_register():
    registry = CheckpointRegistry()
    registry.register(made("a"))
    for checkpoint in registry:
        registry.register(made(f"{checkpoint.name}+"))
    assert registry.names() == ["a", "a+"]


def test_one_of_many_threads_gets_a_name():
    registry, refused = CheckpointRegistry(), []
    candidates = [made() for _ in range(16)]
    ready = threading.Barrier(len(candidates))

    def register(checkpoint):
        ready.wait()
        try:
            registry.register(checkpoint)
        except ConfigError:
            refused.append(checkpoint)

    threads = [threading.Thread(target=register, args=(c,)) for c in candidates]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 15
    assert registry.get("daily") not in refused


def test_the_process_wide_registry(monkeypatch):
    monkeypatch.setattr(module, "_default", CheckpointRegistry())
    checkpoint = register_checkpoint(made("my_check"))
    assert get_checkpoint("my_check") is checkpoint
    assert list_checkpoints() == ["my_check"]
    with pytest.raises(ConfigError, match="registered already"):
        register_checkpoint(made("my_check"))
    assert register_checkpoint(made("my_check"), replace=True) is not checkpoint
