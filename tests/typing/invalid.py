"""Read by type checkers, never run: a line that ends in `# refused` is an error, and no other is."""

import truthound as th
from truthound.checkpoint import AsyncCheckpoint, Checkpoint, CheckpointConfig
from truthound.checkpoint.actions import (
    Action,
    EmailNotification,
    OpsGenieAction,
    Responder,
    SlackNotification,
    StoreValidationResult,
    TeamsConfig,
    TeamsNotification,
    WebhookAction,
    create_failure_alert,
    create_opsgenie_action,
)
from truthound.schema import ColumnSchema, Schema
from truthound.validators import Compare, Expression, Function, Null, Range, SqlQuery, Validator


class Own(Validator):
    type = "own"

    least: int = 0


class Count(Action):
    each: int = 1


Range("a", min_valu=3)  # refused
Range("a", min="x")  # refused
Range("a", severity="hgh")  # refused
Range("a", min_value=[3])  # refused
Range("a", inclusive="all")  # refused
Range(3, min_value=3)  # refused
Null("a", mostly="most")  # refused
Null("a", max_fail={"hgh": 3})  # refused
Compare("a", "b", operator="=>")  # refused
Expression("a > 1", columns="a")  # refused
Expression(3)  # refused
SqlQuery("SELECT 1", querry="SELECT 2")  # refused
Function(3)  # refused
Own("a", leest=1)  # refused
Own("a", least="1")  # refused
Own("a").least = "2"  # refused
Range("a").min_valeu  # noqa: B018  # refused

SlackNotification(webhok_url="https://example.com")  # refused
SlackNotification(webhook_url=3)  # refused
SlackNotification(notify_on="failures")  # refused
StoreValidationResult(partition_by="day")  # refused
EmailNotification(provider="smpt")  # refused
WebhookAction(metod="POST")  # refused
OpsGenieAction(priority="P6")  # refused
Responder(type="teem", name="data")  # refused
TeamsConfig(webhok_url="https://example.com")  # refused
TeamsNotification(theme="red")  # refused
create_failure_alert("https://example.com", teme="critical")  # refused
create_opsgenie_action("key", priorty="P1")  # refused
Count(every=1)  # refused

Checkpoint("users", "users.csv", acitons=[])  # refused
Checkpoint("users", "users.csv", actions=[3])  # refused
Checkpoint("users", "users.csv", ["null"], fail_on="hgh")  # refused
Checkpoint("users", "users.csv", validators="null", sample_size="all")  # refused
AsyncCheckpoint("users", "users.csv", execution_stratgy="pipeline")  # refused
CheckpointConfig(name="users", data_sorce="users.csv")  # refused
CheckpointConfig(name="users", data_source="users.csv", min_severity="hgh")  # refused
th.check("users.csv", smaple=3)  # refused
th.check("users.csv", fail_on="hgh")  # refused
th.check("users.csv", [3])  # refused
Schema(columns={"id": ColumnSchema(typ="int64")})  # refused
Schema(colums={})  # refused
