"""Opsgenie's priorities and responders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from truthound._internal.options import Converted, Model, option


class AlertPriority(StrEnum):
    """How urgent an alert is; P1 is the most."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"


class ResponderType(StrEnum):
    """The kind of a responder."""

    TEAM = "team"
    USER = "user"
    ESCALATION = "escalation"
    SCHEDULE = "schedule"


class Responder(Model):
    """Whom an alert notifies or is visible to: a user by username, others by name, or any by id."""

    type: Converted[ResponderType, ResponderType | Literal["team", "user", "escalation", "schedule"]] = option(
        default=ResponderType.TEAM
    )
    """`team`, `user`, `escalation` or `schedule`."""
    id: str | None = Field(default=None, min_length=1)
    """Its id in Opsgenie."""
    name: str | None = Field(default=None, min_length=1)
    """The name of a team, an escalation or a schedule."""
    username: str | None = Field(default=None, min_length=1)
    """A user's mail address."""

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        name = "username" if self.type is ResponderType.USER else "name"
        given = [k for k in ("id", "name", "username") if getattr(self, k) is not None]
        if given not in (["id"], [name]):
            raise ValueError(f"a {self.type.value} is given by {name} or by id: one of them, and nothing else")
        return self

    def to_dict(self) -> dict[str, str]:
        """As the API has it."""
        given = {"id": self.id, "name": self.name, "username": self.username}
        return {"type": self.type.value} | {k: v for k, v in given.items() if v is not None}


PriorityGiven = AlertPriority | Literal["P1", "P2", "P3", "P4", "P5"]
RespondersGiven = Sequence[Responder | Mapping[str, str]]
