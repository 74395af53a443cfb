"""The reference document's blocks on the core, run as they are written there."""

import textwrap

import pytest

from truthound.checkpoint.actions.base import ActionStatus
from truthound.checkpoint.checkpoint import CheckpointStatus

CSV = "id,age,price,email\n1,34,9.5,a@example.com\n2,,3,b@example.com\n2,,3,b@example.com\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a block in a folder with the files that it names; returns what it defined."""
    monkeypatch.chdir(tmp_path)
    for name in ("users.csv", "data.csv"):
        (tmp_path / name).write_text(CSV)

    def go(code, **names):
        scope = {"__name__": "block", **names}
        exec(compile(textwrap.dedent(code), "block", "exec"), scope)
        return scope

    return go


BASIC = """
    from truthound.checkpoint import Checkpoint
    from truthound.checkpoint.actions import (
        StoreValidationResult,
    )

    checkpoint = Checkpoint(
        name="daily_user_validation",
        data_source="users.csv",
        validators=["null", "duplicate", "range"],
        actions=[
            StoreValidationResult(store_path="./results"),
        ],
    )

    result = checkpoint.run()
    print(result.summary())
"""


def test_basic_usage(run, tmp_path, capsys):
    result = run(BASIC)["result"]
    assert "daily_user_validation" in capsys.readouterr().out
    outcomes = {(o.validator, o.columns): (o.status.value, o.failed) for o in result.validation_result.outcomes}
    assert outcomes["null", ("age",)][1] == 2
    assert outcomes["null", ("id",)] == ("passed", 0)
    assert outcomes["range", ()][0] == "skipped"
    assert [o.failed for o in result.validation_result.outcomes if o.validator == "duplicate"] == [2]
    assert [a.status for a in result.action_results] == [ActionStatus.SUCCESS]
    assert len(list((tmp_path / "results").rglob("*.json"))) == 1


def test_checkpoint_config(run):
    found = run("""
        from truthound.checkpoint import Checkpoint, CheckpointConfig

        config = CheckpointConfig(
            name="production_validation",
            data_source="s3://bucket/data.parquet",
            validators=["null", "duplicate", "range"],
            min_severity="medium",
            schema="schema.yaml",
            auto_schema=False,
            run_name_template="%Y%m%d_%H%M%S",
            tags={"env": "production", "team": "data-platform"},
            metadata={"owner": "data-team@company.com"},
            fail_on_critical=True,
            fail_on_high=False,
            timeout_seconds=3600,
            sample_size=100000,
        )

        checkpoint = Checkpoint(config=config)
    """)
    assert found["checkpoint"].name == "production_validation"
    assert found["checkpoint"].config.tags == {"env": "production", "team": "data-platform"}


def test_store_validation_result(run):
    action = run("""
        from truthound.checkpoint.actions import StoreValidationResult

        action = StoreValidationResult(
            store_path="./results",      # Local path, s3://, or gs://
            store_type="file",           # file, s3, gcs
            format="json",               # json, yaml
            partition_by="date",         # date, checkpoint, status
            retention_days=30,
            compress=True,
        )
    """)["action"]
    assert (action.partition_by, action.retention_days, action.compress) == ("date", 30, True)


def test_custom_action(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "notify.sh"
    script.write_text('#!/bin/sh\ncat > received.json\nprintf %s "$API_KEY" > key\n')
    script.chmod(0o755)
    alerts = []
    found = run(
        """
        from truthound.checkpoint.actions import CustomAction

        # Python callback
        def my_callback(result):
            print(f"Checkpoint completed: {result.status}")
            if result.status == "failure":
                # Custom alerting logic
                send_custom_alert(result)
            return {"processed": True}

        action = CustomAction(callback=my_callback)

        # Shell command
        command = CustomAction(
            shell_command="./scripts/notify.sh",
            environment={"API_KEY": "${SECRET_KEY}"},
            pass_result_as_json=True,
        )
        """,
        send_custom_alert=alerts.append,
    )
    from truthound.checkpoint import Checkpoint, CheckpointResult

    result = Checkpoint(
        name="x", data_source="data.csv", validators=["null"], actions=[found["action"], found["command"]]
    ).run()
    assert [a.status.value for a in result.action_results] == ["success", "success"], result.summary()
    assert result.action_results[0].details["processed"] is True
    assert len(alerts) == (result.status == "failure") == 1
    import json

    received = CheckpointResult.from_dict(json.loads((tmp_path / "received.json").read_text()))
    assert received.checkpoint_name == "x"
    assert (tmp_path / "key").read_text() == "s3cret"


def test_registry(run, tmp_path):
    (tmp_path / "truthound.yaml").write_text(
        "checkpoints:\n- {name: from_file, data_source: data.csv, validators: ['null']}\n"
    )
    found = run("""
        from truthound.checkpoint import (
            Checkpoint,
            CheckpointRegistry,
            register_checkpoint,
            get_checkpoint,
            list_checkpoints,
            load_checkpoints,
        )

        # Create registry
        registry = CheckpointRegistry()

        # Register checkpoints
        checkpoint = Checkpoint(name="my_check", data_source="data.csv")
        registry.register(checkpoint)

        # Or use global registry
        register_checkpoint(checkpoint)

        # Retrieve
        cp = get_checkpoint("my_check")
        result = cp.run()

        # List all
        names = list_checkpoints()
        print(names)  # ['my_check', ...]

        # Load from file
        checkpoints = load_checkpoints("truthound.yaml")
        for cp in checkpoints:
            registry.register(cp)

        # Check existence
        if "my_check" in registry:
            print("Checkpoint exists")
    """)
    assert found["names"] == ["my_check"]
    assert sorted(found["registry"].names()) == ["from_file", "my_check"]
    assert found["result"].validation_result.statistics.total_checks > 3


def test_checkpoint_result(run):
    found = run(
        BASIC
        + """
    facts = [
        result.run_id,
        result.checkpoint_name,
        result.run_time,
        result.status,
        result.validation_result,
        result.action_results,
        result.duration_ms,
        result.error,
        result.metadata,
    ]
    d = result.to_dict()
    same = result.from_dict(d)
    text = result.summary()
    """
    )
    assert found["same"] == found["result"]
    assert found["result"].run_id.startswith("daily_user_validation_")


def test_checkpoint_status():
    assert [s.value for s in (CheckpointStatus.SUCCESS, CheckpointStatus.FAILURE, CheckpointStatus.WARNING, CheckpointStatus.ERROR)] == [
        "success", "failure", "warning", "error",
    ]  # fmt: skip


def test_action_result(run):
    result = run("""
        from datetime import datetime
        from truthound.checkpoint.actions.base import ActionResult, ActionStatus

        result = ActionResult(
            action_name="slack_notification",
            action_type="notification",
            status=ActionStatus.SUCCESS,
            message="Notification sent successfully",
            started_at=datetime.now(),
            completed_at=datetime.now(),
            duration_ms=150.5,
            details={"message_id": "abc123"},
        )
    """)["result"]
    assert result.details["message_id"] == "abc123"


def test_an_unknown_argument_is_an_error():
    from truthound.checkpoint import Checkpoint
    from truthound.errors import ConfigError

    with pytest.raises(ConfigError, match="unknown key"):
        Checkpoint(name="x", data_source="data.csv", rooter=None)


def test_basic_usage_with_slack(run, capsys):
    found = run("""
        from truthound.checkpoint import Checkpoint
        from truthound.checkpoint.actions import (
            StoreValidationResult,
            SlackNotification,
        )

        # Create a checkpoint
        checkpoint = Checkpoint(
            name="daily_user_validation",
            data_source="users.csv",
            validators=["null", "duplicate", "range"],
            actions=[
                StoreValidationResult(store_path="./results"),
                SlackNotification(
                    webhook_url="https://hooks.slack.com/...",
                    notify_on="success",
                    channel="#data-quality"
                ),
            ],
        )

        # Run the checkpoint
        result = checkpoint.run()
        print(result.summary())
    """)
    assert [a.status.value for a in found["result"].action_results] == ["success", "skipped"]


def test_update_data_docs(run):
    action = run("""
        from truthound.checkpoint.actions import UpdateDataDocs

        action = UpdateDataDocs(
            site_path="./docs",
            format="html",               # html, markdown
            include_history=True,
            max_history_items=100,
            template="default",          # default, minimal, detailed
        )
    """)["action"]
    assert (action.site_path, action.template) == ("./docs", "default")


def test_slack_notification(run):
    action = run("""
        from truthound.checkpoint.actions import SlackNotification

        action = SlackNotification(
            webhook_url="https://hooks.slack.com/...",
            channel="#data-quality",
            notify_on="failure",         # always, success, failure, error
            mention_on_failure=["U12345", "@here"],
            include_details=True,
            custom_message="Data quality check completed",
        )
    """)["action"]
    assert action.mention_on_failure == ("U12345", "@here")
    assert "hooks.slack.com" not in repr(action)


def test_async_execution(run, tmp_path, capsys):
    import polars as pl

    pl.DataFrame({"id": [1, 2, 2]}).write_parquet(tmp_path / "large_dataset.parquet")
    run("""
        import asyncio
        from truthound.checkpoint import AsyncCheckpoint
        from truthound.checkpoint.async_actions import AsyncSlackNotification

        # Create async checkpoint
        checkpoint = AsyncCheckpoint(
            name="async_validation",
            data_source="large_dataset.parquet",
            validators=["null", "duplicate"],
            actions=[
                AsyncSlackNotification(webhook_url="..."),
            ],
            max_concurrent_actions=5,
            execution_strategy="concurrent",  # sequential, concurrent, pipeline
        )

        # Run asynchronously
        async def main():
            result = await checkpoint.run_async()
            print(result.summary())

        asyncio.run(main())
    """)
    assert "async_validation: failure" in capsys.readouterr().out


def test_execution_strategies(run):
    found = run("""
        from truthound.checkpoint import AsyncCheckpoint
        from truthound.checkpoint.async_base import (
            SequentialStrategy,
            ConcurrentStrategy,
            PipelineStrategy,
        )

        # Sequential: One action at a time
        checkpoint = AsyncCheckpoint(
            execution_strategy=SequentialStrategy()
        )

        # Concurrent: All actions in parallel with limit
        checkpoint = AsyncCheckpoint(
            execution_strategy=ConcurrentStrategy(max_concurrency=10)
        )

        # Pipeline: Staged execution
        checkpoint = AsyncCheckpoint(
            execution_strategy=PipelineStrategy(
                stages=[[0, 1], [2]]  # Action indices
            )
        )
    """)
    assert found["checkpoint"].name == "async_checkpoint"


def test_many_checkpoints_and_callbacks(run, capsys):
    import asyncio

    found = run("""
        from truthound.checkpoint import AsyncCheckpoint, run_checkpoints_async

        async def on_complete(result):
            await send_metrics_async(result.to_dict())

        async def on_error(result):
            await alert_team_async(result.error)

        checkpoint = AsyncCheckpoint(
            name="monitored_check",
            on_complete=on_complete,
            on_error=on_error,
        )
        checkpoint1 = AsyncCheckpoint(name="one", data_source="users.csv")
        checkpoint2 = AsyncCheckpoint(name="two", data_source="data.csv")

        async def main():
            checkpoints = [checkpoint1, checkpoint2, checkpoint]

            results = await run_checkpoints_async(
                checkpoints,
                max_concurrent=5,
                context={"batch_id": "2024-01-15"},
            )

            for result in results:
                print(f"{result.checkpoint_name}: {result.status}")
            return results
    """)
    told = []

    async def tell(what):
        told.append(what)

    found["send_metrics_async"] = found["alert_team_async"] = tell
    results = asyncio.run(found["main"]())
    assert [r.metadata["batch_id"] for r in results] == ["2024-01-15"] * 3
    assert "monitored_check: error" in capsys.readouterr().out
    assert told[0].startswith("no data_source")
    assert told[1]["checkpoint_name"] == "monitored_check"


def test_best_practices(run, tmp_path, monkeypatch):
    import asyncio

    import polars as pl

    for name in ("SLACK_WEBHOOK_URL", "SLACK_WEBHOOK", "PAGERDUTY_ROUTING_KEY"):
        monkeypatch.delenv(name, raising=False)
    pl.DataFrame({"id": range(10)}).write_parquet(tmp_path / "large_dataset.parquet")
    found = run("""
        from truthound.checkpoint import AsyncCheckpoint
        from truthound.checkpoint.actions import (
            PagerDutyAction, SlackNotification, StoreValidationResult, UpdateDataDocs,
        )

        actions = [
            # Always store results for audit
            StoreValidationResult(notify_on="always"),

            # Update docs on success
            UpdateDataDocs(notify_on="success"),

            # Alert only on failures
            SlackNotification(notify_on="failure"),
            PagerDutyAction(notify_on="failure_or_error"),
        ]

        async def main():
            # For large datasets, use async execution
            checkpoint = AsyncCheckpoint(
                name="large_data_check",
                data_source="large_dataset.parquet",
                sample_size=100000,  # Sample for faster validation
                max_concurrent_actions=10,
            )

            return await checkpoint.run_async()

        store = StoreValidationResult(
            store_path="s3://bucket/dq-results",
            partition_by="date",
            retention_days=90,
        )
    """)
    assert asyncio.run(found["main"]()).status == "success"
    assert found["store"].store_path == "s3://bucket/dq-results"
    assert found["actions"][2].problems({})[0].startswith("webhook_url is not given")


def test_ci_reporters(run, tmp_path, monkeypatch, capsys):
    from truthound.checkpoint.ci import detect_ci_platform, get_ci_environment, get_ci_reporter, is_ci_environment

    result = run(BASIC)["result"]
    capsys.readouterr()
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/data",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
    }.items():
        monkeypatch.setenv(name, value)
    assert is_ci_environment()
    env = get_ci_environment()
    assert f"{detect_ci_platform()} {env.platform} {env.repository} {env.branch}" == "github github acme/data main"
    assert (env.pr_number, env.run_url) == (None, "")
    reporter = get_ci_reporter()
    reporter.report_status(result)
    reporter.set_output("total_issues", result.validation_result.statistics.total_issues)
    reporter.set_output("status", result.status.value)
    assert capsys.readouterr().out.startswith("::")
    assert "total_issues<<" in (tmp_path / "outputs").read_text()


def test_github_actions_reporter(run, tmp_path, monkeypatch, capsys):
    from truthound.ci.report.base import AnnotationLevel, CIAnnotation
    from truthound.reporters.ci import GitHubActionsReporter

    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    reporter = GitHubActionsReporter(step_summary=True, use_groups=True, emoji_enabled=True, set_output=True)
    exit_code = reporter.report_to_ci(run(BASIC)["result"])
    assert exit_code in {0, 1}
    assert (tmp_path / "summary.md").exists()
    annotation = CIAnnotation(
        message="Null values exceed threshold (15% > 5%)",
        level=AnnotationLevel.ERROR,
        file="data/users.csv",
        line=42,
        title="Data Quality Issue",
        validator_name="NullValidator",
    )
    assert reporter.format_annotation(annotation) == (
        "::error file=data/users.csv,line=42,title=Data Quality Issue::Null values exceed threshold (15% > 5%)"
    )
