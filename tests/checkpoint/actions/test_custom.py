import asyncio
import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from truthound.checkpoint.actions import Action, ActionContext, ActionResult, ActionStatus, CustomAction, custom
from truthound.checkpoint.actions.custom_output import Output
from truthound.checkpoint.actions.option_values import Resolution
from truthound.checkpoint.config import load_checkpoints
from truthound.checkpoint.delivery import run_stages
from truthound.errors import ActionError, ConfigError
from truthound.io.flow import arun, run
from truthound.results import CheckOutcome, CheckpointResult, CheckStatus, ValidationResult

TIME = datetime(2024, 1, 15, 9, 30, tzinfo=UTC)


def result(checkpoint="daily", **more):
    return CheckpointResult("run-1", checkpoint, TIME, "failure", **more)


def python(code):
    return [sys.executable, "-c", code]


def gone(pid):
    """Whether a process has ended, or ends within a few seconds. A zombie has ended: its parent has yet to notice."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


# --- callbacks --------------------------------------------------------------------------------------------------------


def test_the_documents_example(capsys):
    def my_callback(result):
        print(f"Checkpoint completed: {result.status}")  # noqa: T201 the document's example
        assert result.status == "failure"
        return {"processed": True}

    made = CustomAction(callback=my_callback).execute(result())
    assert (made.status, made.details) == (ActionStatus.SUCCESS, {"processed": True, "attempts": 1})
    assert capsys.readouterr().out == "Checkpoint completed: failure\n"
    assert made.message.endswith("my_callback")


@pytest.mark.parametrize(
    ("returned", "details"), [(None, {}), ({"a": 1}, {"a": 1}), (3, {"returned": 3}), (False, {"returned": False})]
)
def test_what_a_callback_returns(returned, details):
    made = CustomAction(callback=lambda r: returned).execute(result())
    assert made.details == {**details, "attempts": 1}


def test_a_callback_may_say_itself_what_came_of_it():
    made = CustomAction(callback=lambda r: ActionResult("failure", message="no")).execute(result())
    assert (made.status, made.message) == (ActionStatus.FAILURE, "no")


def test_an_async_callback_is_awaited_on_both_faces():
    async def callback(result):
        await asyncio.sleep(0)
        return {"status": result.status.value}

    class Callable:
        async def __call__(self, result):
            return await callback(result)

    for action in (CustomAction(callback=callback), CustomAction(callback=Callable())):
        for made in (action.execute(result()), asyncio.run(action.aexecute(result()))):
            assert made.details == {"status": "failure", "attempts": 1}


def test_a_callback_that_raises():
    made = CustomAction(callback=lambda r: {}["x"]).execute(result())
    assert (made.status, made.message) == (ActionStatus.ERROR, "KeyError: 'x'")


@pytest.mark.parametrize("seconds", [None, 60])
def test_a_callback_that_finds_nothing_next_is_an_error_on_both_faces(seconds):
    action = CustomAction(callback=lambda r: next(iter(())), timeout_seconds=seconds)
    for made in (action.execute(result()), asyncio.run(action.aexecute(result()))):
        assert (made.status, made.message) == (ActionStatus.ERROR, "RuntimeError: generator raised StopIteration")


# --- commands ---------------------------------------------------------------------------------------------------------


def test_a_command_its_environment_and_its_output(monkeypatch):
    monkeypatch.setenv("TH_SECRET", "from outside")
    code = (
        "import os, sys; e = os.environ; print(e['TRUTHOUND_RESULT_STATUS'], e['TRUTHOUND_CHECKPOINT'], e['TRUTHOUND_RUN_ID'],"
        " e['PORT'], e['API_KEY'] == 'from outside', 'PATH' in e, repr(sys.stdin.read())); print('warn', file=sys.stderr)"
    )
    action = CustomAction(shell_command=python(code), environment={"API_KEY": "${TH_SECRET}", "PORT": 80})
    made = action.execute(result())
    assert made.status is ActionStatus.SUCCESS, made.message
    assert made.details == {
        "exit_code": 0,
        "stdout": "failure daily run-1 80 True True ''\n",
        "stderr": "warn\n",
        "attempts": 1,
    }
    assert made.message == f"ran {sys.executable}"


def test_the_documents_shell_command(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "s3cr3t-key")
    script = tmp_path / "scripts" / "notify.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\ncat > got.json\necho key $API_KEY in $(pwd)\n")
    script.chmod(0o755)
    action = CustomAction(
        shell_command="./scripts/notify.sh", environment={"API_KEY": "${SECRET_KEY}"}, pass_result_as_json=True
    )
    made = action.execute(result(), ActionContext(base=tmp_path))
    assert made.details["stdout"] == f"key ••• in {tmp_path}\n"
    assert CheckpointResult.from_dict(json.loads((tmp_path / "got.json").read_text())) == result()
    assert "s3cr3t" not in repr(action) + str(made)


HOSTILE = "x'; touch pwned; $(touch pwned) `touch pwned` && \"\n| %PATH%"


def test_nothing_in_a_result_becomes_part_of_a_command(tmp_path, monkeypatch):
    monkeypatch.setenv("TH_HOSTILE", HOSTILE)
    code = "import os, sys; print(repr((os.environ['TRUTHOUND_CHECKPOINT'], sys.argv[1:])))"
    text = f"{sys.executable} -c \"{code}\" ${{TRUTHOUND_CHECKPOINT}} a${{TH_HOSTILE}}b '$HOME *'"
    for command in (text, [*python(code), "${TRUTHOUND_CHECKPOINT}", "a${TH_HOSTILE}b", "$HOME *"]):
        made = CustomAction(shell_command=command).execute(result(HOSTILE), ActionContext(base=tmp_path))
        assert made.details["stdout"] == repr((HOSTILE, [HOSTILE, f"a{HOSTILE}b", "$HOME *"])) + "\n", made.message
    assert os.listdir(tmp_path) == []


def test_a_shell_only_if_wanted(tmp_path):
    made = CustomAction(
        shell_command='printf "%s" "$TRUTHOUND_CHECKPOINT" | tr a-z A-Z; printf ${NOT_SET:-d}', shell=True
    ).execute(result("a; touch pwned $(touch pwned)"), ActionContext(base=tmp_path))
    assert made.details["stdout"] == "A; TOUCH PWNED $(TOUCH PWNED)d"
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", ["a | b", "a && b", "a; b", "a > f", "a 2>&1", "a &", "a|b"])
def test_shell_syntax_without_a_shell_is_a_mistake(command):
    with pytest.raises(ConfigError, match="is for a shell: set shell: true, put it in quotes, or call a script"):
        CustomAction(shell_command=command)


def test_quoted_operators_are_ordinary_text():
    made = CustomAction(shell_command=f"{sys.executable} -c 'import sys; print(sys.argv[1:])' '|' \"a;b\" '>'").execute(
        result()
    )
    assert made.details["stdout"] == "['|', 'a;b', '>']\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give either callback or shell_command"),
        ({"callback": print, "shell_command": "x"}, "give either callback or shell_command"),
        ({"callback": print, "shell": True, "environment": {}}, "shell, environment: only a shell_command takes this"),
        ({"callback": "print"}, "callable"),
        ({"shell_command": ""}, "the command is empty"),
        ({"shell_command": []}, "the command is empty"),
        ({"shell_command": ["  "]}, "the command is empty"),
        ({"shell_command": "a 'b"}, "No closing quotation"),
        ({"shell_command": "a\0b"}, "NUL"),
        ({"shell_command": ["x"], "shell": True}, "as one text, not as a list"),
        ({"shell_command": "x", "environment": {"A=B": "1"}}, "cannot be the name of an environment variable"),
        ({"shell_command": "x", "environment": {"A": True}}, 'in quotes, such as "true"'),
        ({"shell_comand": "x"}, 'did you mean "shell_command"'),
    ],
)
def test_mistakes(options, message):
    with pytest.raises(ConfigError, match=message):
        CustomAction(**options)


def test_a_failing_command_says_why_without_its_secrets():
    code = "import os, sys; print('one\\ntwo\\n\\nthree', os.environ['API_KEY'], os.environ['LONG'], file=sys.stderr); sys.exit(3)"
    action = CustomAction(shell_command=python(code), environment={"API_KEY": "k1", "LONG": "hunter2hunter2"})
    made = action.execute(result())
    assert made.status is ActionStatus.FAILURE
    assert made.message == f"{sys.executable} ended with exit code 3: one / two / three ••• •••"
    assert made.details == {"exit_code": 3, "stdout": "", "stderr": "one\ntwo\n\nthree ••• •••\n", "attempts": 1}
    assert "hunter2" not in repr(action)


def test_secrets_that_came_with_a_file_are_hidden_too():
    action = CustomAction(shell_command=["echo", "t0ken"]).with_resolution(Resolution(secrets=frozenset({"t0ken"})))
    assert action.execute(result()).details["stdout"] == "•••\n"


def test_a_failing_command_is_tried_again_if_wanted(tmp_path):
    code = "import os, sys; n = len(os.listdir('.')); open(str(n), 'w'); sys.exit(n < 2)"
    action = CustomAction(shell_command=python(code), retry_count=3, retry_delay_seconds=0)
    made = action.execute(result(), ActionContext(base=tmp_path))
    assert (made.status, made.details["attempts"]) == (ActionStatus.SUCCESS, 3)


def test_a_command_that_is_killed():
    made = CustomAction(shell_command=python("import os; os.kill(os.getpid(), 9)")).execute(result())
    assert (made.status, made.message) == (ActionStatus.FAILURE, f"{sys.executable} was killed by SIGKILL")


def test_what_cannot_be_started(tmp_path):
    (tmp_path / "plain").write_text("echo hi\n")
    (tmp_path / "script").write_text("echo hi\n")
    (tmp_path / "script").chmod(0o755)
    for command, message in {
        "./missing --token x": f'program "./missing" not found (run from {tmp_path}); give its path, or install it',
        "./plain": '"./plain" may not be executed; make it executable: chmod +x ./plain',
        "./script": '"./script" is not a program; a script needs a first line such as #!/bin/sh, or shell: true',
    }.items():
        made = CustomAction(shell_command=command, retry_count=2).execute(result(), ActionContext(base=tmp_path))
        assert (made.status, made.message, made.details) == (ActionStatus.FAILURE, message, {"attempts": 1})


def test_working_directory(tmp_path):
    (tmp_path / "sub").mkdir()
    made = CustomAction(shell_command="pwd", working_directory="sub").execute(result(), ActionContext(base=tmp_path))
    assert made.details["stdout"].strip() == str(tmp_path / "sub")
    made = CustomAction(shell_command="pwd", working_directory="none").execute(result(), ActionContext(base=tmp_path))
    assert (made.status, made.message) == (ActionStatus.ERROR, f"working_directory {tmp_path}/none is not a folder")


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("TH_NOT_SET", raising=False)
    for options in (
        {"shell_command": "x ${TH_NOT_SET}"},
        {"shell_command": "x", "environment": {"A": "${TH_NOT_SET}"}},
    ):
        made = CustomAction(**options).execute(result())
        assert made.status is ActionStatus.ERROR
        assert "variable TH_NOT_SET is not set" in made.message


def test_output_that_is_not_captured_goes_to_standard_error(capfd):
    made = CustomAction(shell_command="echo hi", capture_output=False).execute(result())
    assert made.details == {"exit_code": 0, "attempts": 1}
    assert capfd.readouterr() == ("", "hi\n")


def test_long_and_undecodable_output_is_cut_at_its_end():
    code = "import sys; sys.stdout.buffer.write(b'x' * 5_000_000 + b'\\xff end')"
    made = CustomAction(shell_command=python(code)).execute(result())
    assert made.details["stdout"].startswith("… (")
    assert len(made.details["stdout"]) <= 10_100


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_no_part_of_a_secret_is_left_where_output_is_cut(cut):
    secret = "hunter2-hunter3-hunter4-hunter5-hunter6"
    code = "import os, sys; sys.stdout.write('y' * 50_000 + os.environ['KEY'] + 'x' * (10_000 - int(sys.argv[1])))"
    action = CustomAction(shell_command=[*python(code), str(cut)], environment={"KEY": secret})
    shown = action.execute(result()).details["stdout"]
    assert not set(shown.partition("\n")[2]) - {*"xy", "•"}


# --- time -------------------------------------------------------------------------------------------------------------


def big():
    return result(metadata={"big": [{"text": "x" * 100_000}] * 105})


def test_ten_megabytes_to_a_command_that_never_reads():
    started = time.monotonic()
    made = CustomAction(shell_command=python("print('done')"), pass_result_as_json=True, timeout_seconds=30).execute(
        big()
    )
    assert made.details["stdout"] == "done\n"
    made = CustomAction(shell_command=["sleep", "600"], pass_result_as_json=True, timeout_seconds=0.2).execute(big())
    assert made.message == "sleep did not end within 0.2 s (timeout_seconds) and was killed"
    assert time.monotonic() - started < 20


def test_numbers_that_json_cannot_hold_arrive_as_null():
    odd = CheckOutcome("c", "range", ("a",), CheckStatus.FAILED, failed=math.inf, total=1)  # its ratio is no number
    given = result(validation_result=ValidationResult("orders", (odd,)))
    code = "import json, sys; print(json.load(sys.stdin, parse_constant=lambda c: 1 / 0)['validation_result']['outcomes'][0]['ratio'])"
    made = CustomAction(shell_command=python(code), pass_result_as_json=True).execute(given)
    assert made.details["stdout"] == "None\n"


def test_ten_megabytes_arrive_whole():
    code = "import json, sys; print(len(json.load(sys.stdin)['metadata']['big']))"
    made = CustomAction(shell_command=python(code), pass_result_as_json=True).execute(big())
    assert made.details["stdout"] == "105\n"


def test_when_time_is_over_the_whole_family_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(custom, "KILL_GRACE", 0.3)
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sh', '-c', 'trap \"\" TERM; sleep 600'])\n"
        "print(os.getpid(), child.pid, flush=True); print('cause', file=sys.stderr, flush=True); time.sleep(600)"
    )
    started = time.monotonic()
    made = CustomAction(shell_command=python(code), timeout_seconds=1.0).execute(result())
    assert made.status is ActionStatus.FAILURE
    assert made.message == f"{sys.executable} did not end within 1 s (timeout_seconds) and was killed: cause"
    pids = made.details["stdout"].split()
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)
    assert time.monotonic() - started < 15


def test_a_command_is_asked_to_end_first(tmp_path):
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *a: (print('tidied', flush=True), sys.exit(0)))\n"
        "print('up', flush=True); time.sleep(600)"
    )
    made = CustomAction(shell_command=python(code), timeout_seconds=1.0).execute(result())
    assert made.details["stdout"] == "up\ntidied\n"


@pytest.mark.parametrize("seconds", [None, 1e9])
def test_a_command_is_waited_for_with_a_limit_that_every_system_can_count(monkeypatch, seconds):
    waited, wait = [], subprocess.Popen.wait

    def noted(process, timeout=None):
        waited.append(timeout)
        if len(waited) == 1:  # it ran for longer than that
            raise subprocess.TimeoutExpired(process.args, timeout)
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", noted)
    made = CustomAction(shell_command=python("pass"), timeout_seconds=seconds).execute(result())
    assert made.status is ActionStatus.SUCCESS
    assert waited == [86_400, 86_400]


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_an_interrupt_while_a_command_is_asked_to_end_ends_it(monkeypatch, number, raised):
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    process = subprocess.Popen(python(code), stdout=subprocess.PIPE, start_new_session=True)

    def interrupt(seconds):
        signal.raise_signal(number)

    monkeypatch.setattr(custom, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=interrupt))
    with process.stdout:
        process.stdout.readline()
        with pytest.raises(raised):
            custom._kill(process)
        assert process.wait() == -signal.SIGKILL


def test_a_command_ends_with_the_process_that_runs_it(monkeypatch):
    waited, wait = [], subprocess.Popen.wait

    def ended(process, timeout=None):
        waited.append(process)
        if len(waited) == 1:
            signal.raise_signal(signal.SIGTERM)
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", ended)
    with pytest.raises(SystemExit, match="143"):
        run(CustomAction(shell_command=python("import time; time.sleep(600)")).deliver(result(), ActionContext()))
    assert waited[0].poll() is not None
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_command_may_leave_something_running():
    started = time.monotonic()
    made = CustomAction(shell_command="sleep 600 & echo $!", shell=True).execute(result())
    pid = int(made.details["stdout"])
    assert made.status is ActionStatus.SUCCESS
    assert time.monotonic() - started < 10
    os.kill(pid, 9)


def test_cancelling_ends_the_command(tmp_path):
    action = CustomAction(
        shell_command=python("import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(600)")
    )

    async def main():
        task = asyncio.create_task(arun(run_stages(action, result(), ActionContext(base=tmp_path))))
        for _ in range(1000):
            await asyncio.sleep(0.01)
            if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
                break
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert gone((tmp_path / "pid").read_text())


SECRETIVE = """checkpoints:
- name: a
  data_source: {{path: x.csv}}
  validators: [{validators}]
  metadata: {{key: "${{API_KEY}}", other: plain}}
  tags: {{t: "${{MY_TOKEN}}"}}
  actions:
  - type: custom
    name: n ${{API_KEY}}
    shell_command: [sh, -c, "echo $TOKEN $1; echo $TOKEN $1 >&2; exit 3", x, "${{API_KEY}}"]
    environment: {{TOKEN: "${{MY_TOKEN}}"}}
    metadata: {{k: "${{API_KEY}}"}}
    retry_count: 1
    retry_delay_seconds: 0
  - {{type: custom, shell_command: "${{API_KEY}} --x"}}
  - {{type: custom, shell_command: "sleep 60 ${{API_KEY}}", timeout_seconds: 0.1}}
  - {{type: custom, shell_command: ls, working_directory: "/nowhere/${{API_KEY}}"}}
  - {{type: custom, shell: true, shell_command: "echo ${{API_KEY}}; echo $MY_TOKEN; exit 1"}}
  - {{type: custom, notify_on: success, name: "skipped ${{API_KEY}}", shell_command: "ls"}}
  - {{type: store_result, store_path: "x.csv/${{API_KEY}}"}}
"""
HIDDEN = {"API_KEY": "hunter22secret", "MY_TOKEN": "tok9876/abc"}


@pytest.mark.parametrize("source", ["x.csv", "missing"])
def test_no_secret_of_a_file_is_shown_anywhere(tmp_path, monkeypatch, caplog, capfd, source):
    for name, value in HIDDEN.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "x.csv").write_text("a,b\n,2\n1,2\n" if source == "x.csv" else "")
    (tmp_path / "truthound.yaml").write_text(SECRETIVE.format(validators="'null'"))
    (checkpoint,) = load_checkpoints(tmp_path / "truthound.yaml")
    made = checkpoint.run()
    assert [a.status.value for a in made.action_results[:5]] == ["failure", "failure", "failure", "error", "failure"]
    assert made.action_results[5].status is ActionStatus.SKIPPED
    assert "•••" in made.action_results[0].message
    assert made.metadata["other"] == "plain"
    shown = [
        checkpoint,
        checkpoint.config,
        checkpoint.actions,
        checkpoint.to_dict(),
        made,
        made.to_dict(),
        made.summary(),
    ]
    shown += [str(a) for a in checkpoint.actions] + [caplog.text, *capfd.readouterr()]
    for text in map(repr, shown):
        assert not [v for v in HIDDEN.values() if v in text], text


def test_no_secret_of_a_file_is_in_what_is_said_about_mistakes(tmp_path, monkeypatch):
    for name, value in HIDDEN.items():
        monkeypatch.setenv(name, value)
    text = SECRETIVE.format(validators='"${API_KEY}", {range: {columns: a, severity: "${MY_TOKEN}"}}')
    text += '  - {type: "${API_KEY}"}\n  - {type: store_result, store_type: "${API_KEY}"}\n'
    text += '  - {type: quarantine, bad_path: "${API_KEY}"}\n  schema: ${API_KEY}\n'
    (tmp_path / "truthound.yaml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_checkpoints(tmp_path / "truthound.yaml")
    assert len(caught.value.problems) == 6
    assert not [v for v in HIDDEN.values() if v in str(caught.value)]
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_an_output_is_kept_to_its_end():
    made = CustomAction(shell_command=python("print('x' * 20_000 + 'end', end='')")).execute(result())
    assert made.details["stdout"].startswith("… (10,103 bytes before)\nxxx")
    assert made.details["stdout"].endswith("xend")


def test_cancelling_does_not_hold_up_the_loop(tmp_path, monkeypatch):
    threads, kill = [], custom._kill
    monkeypatch.setattr(custom, "_kill", lambda process: (threads.append(threading.get_ident()), kill(process)))
    code = f"import time; open({str(tmp_path / 'started')!r}, 'w').close(); time.sleep(600)"

    async def main():
        task = asyncio.create_task(
            arun(run_stages(CustomAction(shell_command=python(code)), result(), ActionContext()))
        )
        while not (tmp_path / "started").exists():  # noqa: ASYNC110 another process makes it
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(main())
    assert threads
    assert threading.get_ident() not in threads


def test_cancelling_again_ends_the_command_at_once(monkeypatch):
    """What asks it to end has a thread that the end of the program does not wait for."""
    waiting, asked, over, processes = threading.Event(), threading.Event(), threading.Event(), []
    monkeypatch.setattr(custom, "_wait", lambda process, seconds: (waiting.set(), over.wait(60)))
    monkeypatch.setattr(custom, "_kill", lambda process: (processes.append(process), asked.set(), over.wait(60)))

    async def main():
        action = CustomAction(shell_command=python("import time; time.sleep(600)"))
        task = asyncio.create_task(arun(action.deliver(result(), ActionContext())))
        for event in (waiting, asked):
            while not event.is_set():  # noqa: ASYNC110 a thread sets it
                await asyncio.sleep(0)
            task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    try:
        assert asyncio.run(main())
        assert processes[0].wait(60) == -signal.SIGKILL
    finally:
        over.set()


def test_a_flow_that_nobody_goes_on_with_leaves_no_command():
    flow = CustomAction(shell_command=python("import time; time.sleep(600)")).deliver(result(), ActionContext())
    process = next(flow).fn()
    flow.send(process)
    flow.close()
    assert process.poll() is not None


@pytest.mark.parametrize("started_first", [True, False])
def test_an_interrupt_while_a_command_starts_leaves_none(monkeypatch, started_first):
    interrupted, started, start = threading.Event(), [], CustomAction._start

    def slow(*args):
        if not started_first:
            assert interrupted.wait(60)
        started.append(start(*args))
        return started[0]

    def work(fn):
        if interrupted.is_set():
            return fn()
        if started_first:
            fn()
        interrupted.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(CustomAction, "_start", slow)
    with pytest.raises(KeyboardInterrupt):
        run(
            CustomAction(shell_command=python("import time; time.sleep(600)")).deliver(result(), ActionContext()),
            work=work,
        )
    assert started[0].poll() is not None


def test_the_time_of_many_commands_runs_at_once(monkeypatch):
    """One that waits for a place in the loop's pool would have more time than it is given."""
    together, wait = threading.Barrier(12), custom._wait
    monkeypatch.setattr(custom, "_wait", lambda *args: (together.wait(60), wait(*args))[1])
    action = CustomAction(shell_command=python("pass"))

    async def main():
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        return await asyncio.gather(*(action.aexecute(result()) for _ in range(12)))

    assert {made.status for made in asyncio.run(main())} == {ActionStatus.SUCCESS}


@pytest.mark.parametrize("face", ["thread", "loop"])
def test_what_other_code_says_has_no_secret_of_the_environment(face, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_PASSWORD", "hunter22")

    def raising(_):
        raise ValueError(f"login with {os.environ['WAREHOUSE_PASSWORD']} and token='abcdef' failed")

    def refusing(_):
        raise ActionError("no login with hunter22")

    class Own(Action):
        def execute(self, result):
            raise RuntimeError("hunter22")

    class Told(Action):
        def execute(self, result):
            return ActionResult("success", message="hunter22", details={"hunter22": ["hunter22"]})

    for action in (
        CustomAction(callback=raising), CustomAction(callback=refusing), CustomAction(callback=lambda _: {"x": "hunter22"}),
        CustomAction(shell_command="echo $WAREHOUSE_PASSWORD; env; exit 1", shell=True), Own(), Told(),
    ):  # fmt: skip
        flow = run_stages(action, result(), ActionContext())
        made = run(flow) if face == "thread" else asyncio.run(arun(flow))
        assert "•••" in repr(made)
        assert "hunter22" not in repr(made)
        assert "abcdef" not in repr(made)


# --- output without end -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_a_command_that_prints_without_end_is_ended_at_the_limit(stream, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    action = CustomAction(shell_command=f"yes {stream} & yes {stream}; wait", shell=True, max_output_bytes=5_000_000)
    began = time.monotonic()
    made = action.execute(result())
    assert made.status is ActionStatus.FAILURE
    assert made.message == "the command printed more than 5,000,000 bytes (max_output_bytes) and was killed"
    assert len(made.details["stdout" if not stream else "stderr"]) < 10_100
    assert time.monotonic() - began < 30
    assert not list(tmp_path.iterdir())


def test_any_amount_may_be_printed_where_that_is_said():
    code = "import sys; sys.stdout.write('x' * 3_000_000 + 'end')"
    made = CustomAction(shell_command=python(code), max_output_bytes=None).execute(result())
    assert made.status is ActionStatus.SUCCESS
    assert made.details["stdout"].endswith("xend")
    made = CustomAction(shell_command="yes", max_output_bytes=None, timeout_seconds=0.5).execute(result())
    assert made.message == "yes did not end within 0.5 s (timeout_seconds) and was killed"


def test_the_output_of_a_command_takes_little_memory():
    output = Output(1000, None)
    read, write = os.pipe()
    output.follow(os.fdopen(read, "rb", buffering=0), lambda: None)
    with os.fdopen(write, "wb", buffering=0) as pipe:
        most = 0
        for i in range(300):
            pipe.write(b"%06d" % i * 10_000)
            most = max(most, len(output._kept))
    output.end()
    assert output.drained()
    assert output.size == 300 * 60_000
    assert output.tail == (b"%06d" % 299 * 10_000)[-1000:]
    assert most < 300_000


def test_what_a_command_left_running_may_print_on_and_is_not_waited_for():
    made = CustomAction(shell_command="echo first; yes & echo $!", shell=True, max_output_bytes=None).execute(result())
    assert made.status is ActionStatus.SUCCESS
    assert threading.active_count() < 20
