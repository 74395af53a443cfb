"""Read by type checkers, never run: calls that they accept, in the forms that the documentation shows."""

import asyncio
from datetime import date, timedelta
from typing import Any

import truthound as th
from truthound.checkpoint import (
    AsyncCheckpoint,
    Checkpoint,
    CheckpointConfig,
    CheckpointResult,
    register_checkpoint,
    run_checkpoints_async,
)
from truthound.checkpoint.actions import (
    Action,
    ActionResult,
    AlertPriority,
    CustomAction,
    DiscordNotification,
    EmailNotification,
    OpsGenieAction,
    PagerDutyAction,
    Responder,
    ResponderType,
    SlackNotification,
    StoreValidationResult,
    TeamsConfig,
    TeamsNotification,
    TelegramNotification,
    WebhookAction,
    create_failure_alert,
)
from truthound.results import Severity
from truthound.schema import ColumnSchema, Schema
from truthound.validators import (
    AllowedValues,
    Compare,
    Completeness,
    Duplicate,
    Expression,
    ForeignKey,
    Freshness,
    Function,
    Null,
    Range,
    RowCountMatch,
    SchemaMatch,
    SqlQuery,
    Validator,
)


class Own(Validator):
    type = "own"

    least: int = 0


class Count(Action):
    each: int = 1

    def execute(self, result: CheckpointResult) -> ActionResult:
        return ActionResult("success", message=f"{len(result.issues)} issues")


rules: list[Validator] = [
    Range("age", min_value=0),
    Range("start", max_value=date(2030, 1, 1), inclusive=False),
    Range(columns=["age"], min_value="0"),
    Range(columns={"age": {"min_value": 0}}),
    Null("email", "name", severity="high", tags="people"),
    Null(max_fail="1%", severity=Severity.LOW),
    Null(max_fail={"high": 5, "critical": "10%"}),
    Duplicate("a", "b", "c", "d", "e", "f"),
    Completeness("email", min_value="95%"),
    AllowedValues("state", values=["a", "b"]),
    Compare("a", "b", operator="<", tolerance="1d"),
    Compare(column="a", other="b", operator="lt", tolerance=timedelta(days=1)),
    ForeignKey("user", reference="users.csv", reference_columns="id"),
    RowCountMatch(reference={"path": "users.csv"}, tolerance="1%"),
    Freshness("at", max_age="36h"),
    SchemaMatch({"id": "int64"}, strict=True),
    Expression("a > 1", severity="high"),
    SqlQuery("SELECT 1", max_fail=3),
    Function(lambda frame: frame["a"] > 1, name="above one"),
    Own("a", least=1),
]
actions: list[Action] = [
    StoreValidationResult(store_path="results", partition_by="date", retention_days=30),
    SlackNotification(webhook_url="https://example.com", notify_on="failure", mention_on_failure=["U12345"]),
    EmailNotification(to_addresses="a@example.com", provider="smtp", smtp_password="secret"),
    WebhookAction(url="https://example.com", auth_type="bearer", auth_credentials={"token": "x"}, headers={"A": "b"}),
    PagerDutyAction(routing_key="x", auto_severity={"high": "critical"}),
    OpsGenieAction(
        api_key="x",
        priority=AlertPriority.P1,
        responders=[Responder(type=ResponderType.TEAM, name="data"), Responder(type="user", username="a@example.com")],
    ),
    DiscordNotification(
        webhook_url="https://example.com", embed_color="#FF0000", embed_fields=[{"name": "a", "value": "b"}]
    ),
    TelegramNotification(bot_token="x", chat_id=-100),
    TeamsNotification(config=TeamsConfig(webhook_url="https://example.com", theme="critical")),
    CustomAction(callback=print, environment={"RETRIES": 3}),
    create_failure_alert("https://example.com", mention_users=["a@example.com"]),
    Count(each=2, metadata={"team": "data"}),
]

checkpoint = Checkpoint(
    name="users",
    data_source="users.csv",
    validators=["null", {"range": {"columns": "age", "min_value": 0}}, Range("age", max_value=120), Null],
    actions=[*actions, {"type": "github"}],
    fail_on="high",
    severity_thresholds={"high": 0.5},
    tags={"env": "production"},
    primary_key="id",
    ci_examples="rows",
)
config = CheckpointConfig(name="users", data_source={"path": "users.csv"}, validators=rules, min_severity="medium")
Checkpoint(config=config, strict=True)
Checkpoint("users", "users.csv", ["null"], base=".")
background = AsyncCheckpoint("users", "users.csv", ["null"], max_concurrent_actions=2, actions=actions)
asyncio.run(run_checkpoints_async([checkpoint, background], max_concurrent=2))
register_checkpoint(checkpoint).add_action({"type": "github"}).run({"batch": 7})
result = th.check("users.csv", ["null"], fail_on="high", sample_size=100, primary_key=["id"], timeout_seconds=60)
frame: Any = None
th.check(frame, validators=[Range("age", min_value=0)], schema=Schema(columns={"id": ColumnSchema(type="int64")}))

least: int = Own("a").least
severity: Severity | None = Null("a").severity
names: tuple[str, ...] | dict[str, dict[str, Any]] | None = Null("a").columns
