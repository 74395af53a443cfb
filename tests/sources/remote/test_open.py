"""Files behind URLs: a real S3 server and a real HTTP server, both on this machine; nothing leaves it."""

import datetime as dt
import functools
import gzip
import http.server
import re
import threading
from pathlib import Path

import polars as pl
import pytest

import truthound as th
from helpers.support import need
from truthound.errors import ConfigError, SourceError
from truthound.sources import open_source

FRAME = pl.DataFrame({"id": [1, 2], "name": ["ann", "bob"]})
FAILURES = (pl.exceptions.PolarsError, OSError)


def told(spec):
    try:
        source = open_source(spec)
    except SourceError as error:
        return str(error)
    with pytest.raises(FAILURES) as caught:
        source.frame.collect(engine="streaming")
    return str(source.explain(caught.value))


# --- https ---------------------------------------------------------------------------------------------------------


class Files(http.server.SimpleHTTPRequestHandler):
    """Serves parts of files, asks for a password below /private, and sends whole files only below /whole."""

    def do_GET(self):
        if self.path.startswith("/private"):
            self.send_error(403)
            return
        if self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/moved"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if asked and "whole" not in self.path:
            start = int(asked[1]) if asked[1] else max(len(data) - int(asked[2]), 0)
            end = min(int(asked[2]), len(data) - 1) if asked[1] and asked[2] else len(data) - 1
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
            data = data[start : end + 1]
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data[:100] if self.path == "/cut.csv" else data)

    do_HEAD = do_GET  # noqa: N815 the server looks for this name

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def web(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=tmp_path))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_http(web, tmp_path):
    FRAME.write_parquet(tmp_path / "a.parquet")
    FRAME.write_csv(tmp_path / "a.csv")
    FRAME.write_csv(tmp_path / "a.tsv", separator="\t")
    FRAME.write_ndjson(tmp_path / "a.ndjson")
    FRAME.write_ipc(tmp_path / "a.arrow")
    for name in ("a.parquet", "a.csv", "a.tsv", "a.ndjson", "a.arrow", "a.csv?token=hunter2"):
        source = open_source(f"{web}/{name}")
        assert "hunter2" not in source.name
        assert source.frame.collect(engine="streaming").equals(FRAME)
    spec = {"url": f"{web}/a.csv", "where": "id = 2", "options": {"columns": ["id", "name"], "separator": ","}}
    assert open_source(spec).frame.collect().rows() == [(2, "bob")]
    (tmp_path / "plain").write_text("id;name\n1;x\n")
    spec = {"url": f"{web}/plain", "format": "csv", "options": {"separator": ";"}}
    assert open_source(spec).frame.collect().rows() == [(1, "x")]


def test_http_errors(web, tmp_path):
    FRAME.write_parquet(tmp_path / "whole.parquet")
    (tmp_path / "late.csv").write_text("a\n" + "1\n" * 11_000 + "N/A\n")
    assert told(f"{web}/none.csv").startswith(f"{web}/none.csv does not exist")
    assert "may not be read" in told(f"{web}/private.csv")
    assert "download it" in told(f"{web}/whole.parquet")
    assert told(f"{web}/late.csv").startswith(
        'late.csv:11002:1: "N/A" is not an int64 (column "a"); set options.null_values: ["N/A"] or '
    )
    for url in (f"{web}/none.parquet?sig=hunter2", f"{web.replace('//', '//me:hunter2@')}/none.csv"):
        assert "hunter2" not in told(url)


def test_text_is_read_as_a_local_file_is(web, tmp_path):
    """Also of a server that sends whole files only, packed, in another encoding, and behind a redirect."""
    texts = {
        "zip.csv": b"zip,n\n02139,1\n2139,2\n", "semicolon.csv": "a;b\nx;\n".encode("utf-16"), "blank.tsv": b"a\tb\n\n1\t2\n\n",
        "stray.csv": b'a,b,c\n1,5" pipe,2\n3,y,4\n', "ragged.csv": b"a,b\n1,2,3\n", "twice.csv": b"a,a\n1,2\n", "late.csv.gz": gzip.compress(b"a\n" + b"1\n" * 11_000 + b"007\n"),
        "a.ndjson": b'{"a": "00123"}\n\n{"a": 5}\n', "bad.ndjson": b'{"a": 1}\n{"a": }\n',
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text)
        (tmp_path / f"whole.{name}").write_bytes(text)
        options = {"encoding": "utf-16"} if name == "semicolon.csv" else {}
        local = said({"path": str(tmp_path / name), "options": options})
        for url in (f"{web}/{name}", f"{web}/moved/{name}"):
            assert said({"url": url, "options": options}) == local
        assert said({"url": f"{web}/whole.{name}", "options": options}) == (local.replace(name, f"whole.{name}") if isinstance(local, str) else local)  # fmt: skip


def said(spec):
    """The rows and types of a source, or what is said instead."""
    try:
        frame = open_source(spec).frame.collect()
    except SourceError as error:
        return str(error)
    return frame.schema, frame.rows()


def test_a_download_that_breaks_off(web, tmp_path):
    (tmp_path / "cut.csv").write_text("a,b\n" + "1,2\n" * 1000)
    assert "cut.csv cannot be re" in told(f"{web}/cut.csv")


def test_a_run_tells_what_is_wrong_with_a_remote_file(web, tmp_path):
    FRAME.write_parquet(tmp_path / "whole.parquet")
    for name, words in (("none.parquet", "does not exist"), ("whole.parquet", "download it")):
        for given in ({"data_source": f"{web}/{name}"}, {"data_source": {"url": f"{web}/{name}", "where": "id = 1"}}):
            with pytest.raises(SourceError, match=words):
                th.check(given["data_source"], ["null"])
        found = th.check(FRAME, [{"foreign_key": {"columns": "id", "reference": f"{web}/{name}"}}]).outcomes[0]
        assert words in found.error


def test_nothing_is_fetched_to_open():
    """Addresses without a machine behind them open; what the engine is given is the URL."""
    for url in (
        "gs://no-such-bucket/a.parquet",
        "az://no-such/a.parquet",
        "https://host.invalid/a.parquet",
    ):
        source = open_source(url)
        assert (source.name, source.kind, source.path) == (url, "parquet", None)
        assert url.split("//")[1].encode() in source.frame.serialize()
    assert b"s3://b/a.parquet" in open_source("s3a://b/a.parquet").frame.serialize()


@pytest.mark.slow
def test_a_machine_that_is_not_there():
    assert "cannot be reached" in told("http://127.0.0.1:9/a.parquet")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("https://h/data", "format: is missing"),
        ("https://h/data.json", "json is read from local files only"),
        ("s3://b/data.xlsx", "excel is read from local files only"),
        ({"url": "https://h/x.csv", "options": {"seperator": ";"}}, 'did you mean "separator"?'),
        ({"url": "https://h/x.csv", "query": "SELECT 1"}, "query: a file does not take it"),
    ],
)
def test_what_urls_do_not_take(spec, words):
    with pytest.raises(ConfigError) as caught:
        open_source(spec)
    assert words in str(caught.value)


# --- s3 ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket():
    """An S3 server of this machine; the addresses and keys come from the environment, as users set them."""
    try:
        import boto3
        from moto.server import ThreadedMotoServer
    except ImportError:
        need(False, "moto[s3,server] is not installed")
    patch = pytest.MonkeyPatch()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hunter22",
        "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        patch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    yield client
    client.close()
    server.stop()
    patch.undo()


def put(bucket, tmp_path, key, write):
    write(FRAME, tmp_path / "x")
    bucket.put_object(Bucket="bucket", Key=key, Body=(tmp_path / "x").read_bytes())


def test_s3(bucket, tmp_path):
    put(bucket, tmp_path, "a.parquet", pl.DataFrame.write_parquet)
    put(bucket, tmp_path, "a.csv", pl.DataFrame.write_csv)
    for year in (2023, 2024):
        put(bucket, tmp_path, f"hive/year={year}/a.parquet", pl.DataFrame.write_parquet)
    for name in ("a.parquet", "a.csv", "*.parquet"):
        source = open_source(f"s3://bucket/{name}")
        assert source.name == f"s3://bucket/{name}"
        assert source.frame.collect(engine="streaming").equals(FRAME)
    frame = open_source("s3://bucket/hive/year=*/*.parquet").frame.collect()
    assert frame["year"].to_list() == [2023, 2023, 2024, 2024]


def test_codes_in_names_of_folders_of_a_bucket_stay_codes(bucket, tmp_path):
    for code in ("02139", "501"):
        put(bucket, tmp_path, f"codes/zip={code}/day=2024-01-01/n=1/a.parquet", pl.DataFrame.write_parquet)
    url = "s3://bucket/codes/zip=*/*/*/*.parquet"
    frame = open_source(url).frame.collect()
    assert frame.select("zip", "day", "n").unique().sort("zip").rows() == [
        ("02139", dt.date(2024, 1, 1), 1),
        ("501", dt.date(2024, 1, 1), 1),
    ]
    asked = open_source({"url": url, "options": {"schema_overrides": {"zip": "int64"}}})
    assert set(asked.frame.collect()["zip"]) == {501, 2139}
    text = open_source({"url": "s3://bucket/a.parquet", "options": {"schema_overrides": {"name": "int64"}}})
    assert text.unreadable == {"name": "it holds values that are not int64"}
    with pytest.raises(ConfigError, match="Arrow IPC files that differ are read from local files only"):
        open_source({"url": "s3://bucket/a.arrow", "options": {"missing_columns": "insert"}})


def test_parquet_files_of_a_bucket_that_differ_are_united_as_local_ones_are(bucket, tmp_path):
    small, large, nothing = pl.Series([1], dtype=pl.Int32), pl.Series([2**40]), pl.Series([None], dtype=pl.Null)
    for key, columns in {
        "ints/code=01/a": {"v": small}, "ints/code=1/b": {"v": large}, "ints/code=1/c": {"v": nothing},
        "words/a": {"v": small, "d": small}, "words/b": {"d": small, "v": pl.Series(["x"])}, "less/a": {"v": small, "d": small}, "less/b": {"d": small},
    }.items():  # fmt: skip
        pl.DataFrame(columns).write_parquet(tmp_path / "x")
        bucket.put_object(Bucket="bucket", Key=f"united/{key}.parquet", Body=(tmp_path / "x").read_bytes())
    bucket.put_object(Bucket="bucket", Key="united/ints/_SUCCESS", Body=b"")
    for url in ("s3://bucket/united/ints/", "s3://bucket/united/ints/**/*.parquet"):
        found = open_source({"url": url, "format": "parquet"}).frame.collect()
        assert found.rows() == [(1, "01"), (2**40, "1"), (None, "1")]
    words = open_source("s3://bucket/united/words/*.parquet")
    assert "it is int32 in a.parquet and string in b.parquet; set options.schema_overrides" in words.unreadable["v"]
    assert words.frame.collect()["d"].to_list() == [1, 1]
    spec = {"url": "s3://bucket/united/words/*.parquet", "options": {"schema_overrides": {"v": "string"}}}
    assert open_source(spec).frame.collect()["v"].to_list() == ["1", "x"]
    with pytest.raises(SourceError, match=r'b.parquet lacks the column "v" .* options.missing_columns: insert'):
        open_source("s3://bucket/united/less/*.parquet")
    spec = {"url": "s3://bucket/united/less/*.parquet", "options": {"missing_columns": "insert"}}
    assert open_source(spec).frame.collect()["v"].to_list() == [1, None]


def test_text_in_a_bucket_is_read_as_a_local_file_is(bucket, tmp_path):
    for key, text in {
        "text/a.csv": b"zip;n\n02139;1\n\n2139;2\n", "text/b.csv": b"zip;n\n5;6\n", "text/.c.csv": b"no\n", "text/deep/a.csv": b"zip;n\n9;8\n",
        "text/stray.csv.gz": gzip.compress(b'a,b,c\n1,5" pipe,2\n3,y,4\n'), "text/a b%20.ndjson": b'{"a": "007"}\n',
    }.items():  # fmt: skip
        bucket.put_object(Bucket="bucket", Key=key, Body=text)
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(text)
    for name in ("a.csv", "[ab].csv", "**/*.csv", "stray.csv.gz", "a b%20.ndjson"):
        for columns in (None, ["zip"]) if "csv" in name and "stray" not in name else (None,):
            options = {"columns": columns} if columns else {}
            wanted = said({"path": str(tmp_path / "text" / name), "options": options})
            assert said({"url": f"s3://bucket/text/{name}", "options": options}) == wanted
    assert said({"url": "s3://bucket/text/deep/", "format": "csv"})[1] == [(9, 8)]


def test_an_unreadable_column_of_text_in_a_bucket(bucket):
    bucket.put_object(Bucket="bucket", Key="mixed.ndjson", Body=b'{"id": 1, "x": 1}\n{"id": 2, "x": true}\n')
    assert list(open_source("s3://bucket/mixed.ndjson").unreadable) == ["x"]


def test_pieces_of_a_large_object(bucket, monkeypatch):
    monkeypatch.setattr("truthound.io.object_storage._PIECE", 1000)
    bucket.put_object(Bucket="bucket", Key="large.csv", Body=b"a\n" + b"123456789\n" * 999)
    assert open_source("s3://bucket/large.csv").frame.select(pl.len()).collect().item() == 999


def test_s3_errors(bucket):
    assert told("s3://bucket/none.csv").startswith("s3://bucket/none.csv does not exist")
    assert told("s3://bucket/none/*.csv").startswith("s3://bucket/none/*.csv does not exist, or no file matches it")
    assert told("s3://no-such-bucket/none.csv").startswith("s3://no-such-bucket/none.csv does not exist")
    assert told("s3://bucket/none.parquet").startswith("s3://bucket/none.parquet does not exist")
    assert told("s3://bucket/none/*.parquet").startswith(
        "s3://bucket/none/*.parquet does not exist, or no file matches it"
    )
    assert "hunter22" not in told("s3://no-such-bucket/none.parquet")
