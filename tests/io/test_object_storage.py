"""Results in buckets: a real S3 server, which is near enough to Google's, and one that answers as Azure's does, on this machine."""

import os
import re
import socket
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, unquote

import boto3
import pytest
from moto.server import ThreadedMotoServer

from helpers.loopback import Answer, serving
from helpers.made_results import HISTORY, failed_result, run
from truthound.checkpoint import Checkpoint
from truthound.checkpoint.actions import StoreValidationResult, UpdateDataDocs, load_results
from truthound.checkpoint.actions.context import ActionContext
from truthound.cli.main import main
from truthound.errors import CloudError, ConfigError, StoreError
from truthound.io import object_storage
from truthound.io.object_storage import CloudObjects, kind_of, open_objects

SECRET = "hunter22hunter22"


@pytest.fixture(scope="module")
def server():
    made = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    made.start()
    host, port = made.get_host_and_port()
    yield f"http://{host}:{port}"
    made.stop()


@pytest.fixture
def bucket(server, monkeypatch, request):
    for name, value in {
        "AWS_ENDPOINT_URL": server, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true", "STORAGE_EMULATOR_HOST": server.removeprefix("http://"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    name = f"b{abs(hash(request.node.name))}"
    boto3.client("s3", endpoint_url=server, region_name="us-east-1").create_bucket(Bucket=name)
    return name


@pytest.mark.parametrize("scheme", ["s3", "gs"])  # Google's XML interface is near enough to S3's for this server
def test_objects(bucket, scheme):
    objects = CloudObjects(f"{scheme}://{bucket}/folder/")
    assert list(objects.list()) == []
    assert objects.get("a/x.json") is None
    assert objects.put("a/x.json", b"one") == f"{scheme}://{bucket}/folder/a/x.json"
    objects.put("a/x.json", b"two")
    objects.put("y.json", b"")
    assert objects.get("a/x.json") == b"two"
    assert sorted((o.key, o.size) for o in objects.list()) == [("a/x.json", 3), ("y.json", 0)]
    assert [o.key for o in objects.list(0)] == ["y.json"]
    assert objects.delete("a/x.json")
    assert [o.key for o in objects.list()] == ["y.json"]
    for key in ("../x", "/x", "", "a/../../x"):
        with pytest.raises(StoreError, match="is not a key"):
            objects.put(key, b"")


def test_results_are_stored_and_read_back(bucket, tmp_path, capsys):
    path = f"s3://{bucket}/dq-results"
    action = StoreValidationResult(store_path=path, partition_by="date", retention_days=90, compress=True)
    checkpoint = Checkpoint(
        name="users", data_source={"a": [1, None]}, validators=["null"], actions=[action], base=tmp_path
    )
    first, second = checkpoint.run(), checkpoint.run()
    assert second.action_results[0].status == "success", second.action_results
    assert second.action_results[0].details["path"].startswith(path)
    found = load_results(path, "users")
    assert {r.run_id for r in found} == {first.run_id, second.run_id}
    assert (
        found[0].validation_result == second.validation_result or found[1].validation_result == second.validation_result
    )
    assert load_results(path, "other") == []
    assert main(["checkpoint", "history", "users", "--store", path]) == 0
    assert second.run_id in capsys.readouterr().out


def test_only_its_own_old_results_are_deleted(bucket, server):
    path = f"s3://{bucket}/kept"
    old = replace(
        failed_result(), run_id="users_20251023_013907_ab", run_time=failed_result().run_time - timedelta(days=400)
    )
    StoreValidationResult(store_path=path).execute(old)
    StoreValidationResult(store_path=path).execute(
        replace(old, checkpoint_name="others", run_id="others_20251023_013907_cd")
    )
    CloudObjects(path).put("users_note.json", b"mine")
    later = ActionContext(clock=lambda: failed_result().run_time)
    outcome = StoreValidationResult(store_path=path, retention_days=30).execute(run(run_id="users_2"), later)
    left = {o.key for o in CloudObjects(path).list()}
    # a bucket knows when an object was written, and that was just now: the name and the document say how old it is
    assert outcome.details["deleted"] == 1
    assert left == {"users_note.json", "others_20251023_013907_cd.json", "users_2.json"}


def test_the_run_before_is_known(bucket):
    path = f"s3://{bucket}/runs"
    checkpoint = Checkpoint(
        name="x", data_source={"a": [None]}, validators=["null"], actions=[StoreValidationResult(store_path=path)]
    )
    first = checkpoint.run()
    assert [r.run_id for r in checkpoint._history("")] == [first.run_id]


@pytest.mark.parametrize("there", ["no-such-bucket-here", None])
def test_errors_say_what_to_do_and_no_secret(bucket, monkeypatch, there):
    if there is None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setattr(object_storage, "_SECONDS", 1)
    outcome = StoreValidationResult(store_path=f"s3://{there or bucket}/x", retry_count=0).execute(failed_result())
    assert outcome.status in ("failure", "error")
    assert "cannot write s3://" in outcome.message
    assert SECRET not in repr(outcome)


def test_a_server_that_is_gone_is_not_called_an_absent_bucket(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_REGION": "eu-west-1", "AWS_ALLOW_HTTP": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(object_storage, "_SECONDS", 1)
    with pytest.raises(CloudError, match=r"127\.0\.0\.1:9 could not be reached: Connection refused"):
        open_objects("s3://b/404/metadata/credentials").put("404-not-found.json", b"x")


def test_without_the_package(monkeypatch):
    monkeypatch.setattr(object_storage, "installed", lambda: False)
    monkeypatch.setattr("truthound.checkpoint.actions.store.installed", lambda: False)
    action = StoreValidationResult(store_path="s3://bucket/x")
    assert action.problems(os.environ) == [object_storage.MISSING]
    assert "truthound[cloud]" in action.execute(failed_result()).message


@pytest.mark.parametrize(
    ("location", "kind"),
    [("s3://b", "s3"), ("gs://b/x", "gcs"), ("az://c/x", "azure"), ("./s3", None), ("C:/x", None), ("file:///x", None)],
)
def test_kinds(location, kind):
    assert kind_of(location) == kind


@pytest.mark.parametrize("location", ["s3://b/a#1", "gs://b/a?x=1", "az://c/../x", "s3://b/a/%2e%2e/x", "s3://b/./x"])
def test_a_path_that_a_bucket_would_take_as_another_is_refused(location):
    assert "holds what the path of a folder cannot" in object_storage.check_location(location)
    for make in (lambda: StoreValidationResult(store_path=location), lambda: UpdateDataDocs(site_path=location)):
        with pytest.raises(ConfigError, match="holds what the path of a folder cannot"):
            make()


def test_an_account_that_was_not_given_says_where_to_give_it(monkeypatch):
    for name in [n for n in os.environ if n.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    outcome = StoreValidationResult(store_path="az://container/x").execute(failed_result())
    assert "set AZURE_STORAGE_ACCOUNT_NAME with" in outcome.message


def test_the_index_of_a_site_in_a_bucket_asks_for_no_record_twice(bucket, monkeypatch):
    path = f"s3://{bucket}/site"
    for one in HISTORY:
        assert UpdateDataDocs(site_path=path).execute(one).status == "success"
    asked = []
    whole = CloudObjects.get
    monkeypatch.setattr(CloudObjects, "get", lambda self, key: asked.append(key) or whole(self, key))
    assert UpdateDataDocs(site_path=path).execute(failed_result()).status == "success"
    assert len(asked) == 3  # what was read before, the new record, the index
    assert CloudObjects(path).get("index.html").count(b"<tr><td>") == len(HISTORY) + 1


def blobs():
    """What answers as Azure's blob service does, as far as files are put, got, listed and deleted: its documented requests."""
    held = {}

    def answer(sent):
        at, _, query = sent.path.partition("?")
        key = unquote(at.removeprefix("/container/"))
        about = {"ETag": '"1"', "Last-Modified": "Mon, 23 Nov 2026 01:39:07 GMT"}
        if "comp=list" in query:
            prefix = parse_qs(query).get("prefix", [""])[0]
            listed = "".join(
                f"<Blob><Name>{k}</Name><Properties><Last-Modified>{about['Last-Modified']}</Last-Modified><Etag>1</Etag>"
                f"<Content-Length>{len(v)}</Content-Length><Content-Type>x</Content-Type></Properties></Blob>"
                for k, v in held.items() if k.startswith(prefix)
            )  # fmt: skip
            body = f"<EnumerationResults><Blobs>{listed}</Blobs><NextMarker/></EnumerationResults>"
            return Answer(200, body.encode(), {"Content-Type": "application/xml"})
        if sent.method == "PUT":
            held[key] = sent.body
            return Answer(201, b"", about)
        if "comp=batch" in query:
            parts = []
            for number, wanted in enumerate(re.findall(r"DELETE (\S+) HTTP", sent.body.decode())):
                there = held.pop(unquote(wanted.partition("?")[0].removeprefix("/container/")), None) is not None
                status = "202 Accepted" if there else "404 The specified blob does not exist."
                parts.append(
                    f"--b\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\nHTTP/1.1 {status}\r\n\r\n\r\n"
                )
            return Answer(202, ("".join(parts) + "--b--\r\n").encode(), {"Content-Type": "multipart/mixed; boundary=b"})
        if key not in held:
            return Answer(404, b"<Error><Code>BlobNotFound</Code></Error>", {"x-ms-error-code": "BlobNotFound"})
        return Answer(200, held[key], about)

    return answer


def test_results_and_pages_in_azure(monkeypatch):
    with serving(by=blobs()) as azure:
        for name, value in {
            "AZURE_STORAGE_ACCOUNT_NAME": "account", "AZURE_STORAGE_ACCOUNT_KEY": "aHVudGVyMjI=", "AZURE_STORAGE_ENDPOINT": azure.url,
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        store = StoreValidationResult(store_path="az://container/results", partition_by="status", retention_days=30)
        old = replace(HISTORY[0], run_time=HISTORY[0].run_time - timedelta(days=60), run_id="users_20260922_013907")
        assert StoreValidationResult(store_path=store.store_path, partition_by="date").execute(old).status == "success"
        made = store.execute(HISTORY[1], ActionContext(clock=lambda: HISTORY[1].run_time))
        assert made.status == "success", made
        assert made.details.get("deleted") == 1, made
        assert [r.run_id for r in load_results("az://container/results", "users")] == [HISTORY[1].run_id]
        objects = CloudObjects("az://container/results")
        assert objects.get("nothing.json") is None
        assert not objects.delete("nothing.json")
        page = UpdateDataDocs(site_path="az://container/site").execute(HISTORY[1])
        assert page.status == "success", page
        assert b"users" in CloudObjects("az://container/site").get("index.html")
