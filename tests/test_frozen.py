"""Frozen dataclasses with shared methods behave as those of the standard library."""

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest

from truthound import frozen


class Base:
    __slots__ = ()


def fields() -> dict[str, Any]:
    return {
        "__annotations__": {"a": int, "b": int, "c": list, "d": int},
        "b": 2,
        "c": dataclasses.field(default_factory=list, compare=False),
        "d": dataclasses.field(default=4, kw_only=True, repr=False),
        "__doc__": "Text.",
    }


def theirs(**options: Any) -> Any:
    return dataclasses.dataclass(frozen=True, **options)(type("Kept", (Base,), {"__module__": __name__, **fields()}))


def ours(*, instances: int = 0, **options: Any) -> Any:
    made: Any = frozen.dataclass(frozen=True, **options)(type("Kept", (Base,), {"__module__": __name__, **fields()}))
    for number in range(instances):
        made(number)
    return made


Kept: Any = None


@pytest.fixture(params=[0, frozen.MANY], ids=["shared", "compiled"])
def instances(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=[{}, {"slots": True}, {"eq": False}], ids=str)
def both(request: pytest.FixtureRequest, instances: int) -> tuple[Any, Any]:
    return ours(instances=instances, **request.param), theirs(**request.param)


def outcome(made: Any) -> Any:
    try:
        return made()
    except Exception as error:  # noqa: BLE001 whatever it raises is compared
        return type(error)


@pytest.mark.parametrize(
    ("given", "named"), [((1,), {}), ((1, 3, [5]), {"d": 6}), ((), {"a": 1}), ((), {}), ((1,), {"a": 2}), ((1,), {"e": 2}), ((1, 2, [3], 4), {})]
)  # fmt: skip
def test_constructors(both: tuple[Any, Any], given: tuple[Any, ...], named: dict[str, Any]) -> None:
    mine, other = (outcome(lambda cls=cls: repr(cls(*given, **named))) for cls in both)
    assert mine == other


def test_instances(both: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for cls in both:
        monkeypatch.setattr(f"{__name__}.Kept", cls)
        one = cls(1, c=[2])
        with pytest.raises(dataclasses.FrozenInstanceError):
            one.a = 2
        with pytest.raises(dataclasses.FrozenInstanceError):
            del one.a
        for again in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
            assert dataclasses.asdict(again) == dataclasses.asdict(one)
        assert dataclasses.replace(one, b=7).b == 7
    mine, other = ([cls(1), cls(1, c=[2]), cls(1, 3), 1] for cls in both)
    assert [[x == y for y in mine] for x in mine] == [[x == y for y in other] for x in other]
    assert [hash(x) == hash(mine[0]) for x in mine] == [hash(x) == hash(other[0]) for x in other]


def test_what_classes_tell(both: tuple[Any, Any]) -> None:
    mine, other = both
    assert [p.name for p in inspect.signature(mine).parameters.values()] == [
        p.name for p in inspect.signature(other).parameters.values()
    ]
    assert mine.__match_args__ == other.__match_args__
    assert hasattr(mine(1), "__dict__") == hasattr(other(1), "__dict__")


def test_what_a_class_defines_itself_stays() -> None:
    cls: Any = type(
        "Own", (), {"__annotations__": {"a": int}, "__repr__": lambda _: "own", "__post_init__": lambda self: seen.append(self.a)}
    )  # fmt: skip
    seen: list[int] = []
    assert repr(frozen.dataclass(frozen=True)(cls)(3)) == "own"
    assert seen == [3]
