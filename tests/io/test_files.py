import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from helpers.support import need
from truthound.errors import ConfigError, StoreError
from truthound.io import files
from truthound.io.files import LocalObjects, atomic_replacement, local_path, safe_name
from truthound.io.object_storage import open_objects


def keys(objects, **options):
    return sorted(s.key for s in objects.list(**options))


def test_put_get_list_delete(tmp_path):
    objects = open_objects(tmp_path / "new" / "store")
    assert keys(objects) == []
    assert objects.get("a/b.json") is None
    path = objects.put("a/b.json", b"1", modified=1000.5)
    assert path == tmp_path / "new/store/a/b.json"
    objects.put("c.json", b"")
    assert objects.get("a/b.json") == b"1"
    assert keys(objects) == ["a/b.json", "c.json"]
    assert keys(objects, depth=0) == ["c.json"]
    assert next(s for s in objects.list() if s.key == "a/b.json").modified == 1000.5
    objects.put("a/b.json", b"2")
    assert objects.get("a/b.json") == b"2"
    assert objects.delete("a/b.json")
    assert not objects.delete("a/b.json")


def test_files_have_the_usual_permissions_and_nothing_temporary_stays(tmp_path):
    objects = LocalObjects(tmp_path)
    before = os.umask(0o022)
    try:
        path = objects.put("a.json", b"x")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_replacement(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


KILLED = """
import sys
from pathlib import Path
from truthound.io.files import atomic_replacement
for folder in sys.argv[1:]:
    with atomic_replacement(Path(folder) / "data.csv") as temporary:
        temporary.write_text("half")
        print("written", flush=True)
        sys.stdin.readline()
"""


def half_written(folder, end):
    """Ends a process while it writes a file; its exit code and what is in the folder then."""
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "written\n"
        assert len(os.listdir(folder)) == 1
        child.send_signal(end)
        child.stdout.read()
    return child.returncode, os.listdir(folder)


def test_what_a_killed_process_leaves_is_no_data_and_goes_with_the_next_write(tmp_path):
    code, (left,) = half_written(tmp_path, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert left.startswith(".tmp-")
    assert "." not in left.removeprefix(".tmp-")
    (tmp_path / ".tmp-notes.csv").write_text("somebody else's")
    with atomic_replacement(tmp_path / "mine.csv") as living:
        living.write_text("x")
        assert sorted(os.listdir(tmp_path)) == sorted([".tmp-notes.csv", living.name])
        with atomic_replacement(tmp_path / "other.csv") as other:  # another write of this process
            other.write_text("y")
        assert living.exists()
    assert sorted(os.listdir(tmp_path)) == [".tmp-notes.csv", "mine.csv", "other.csv"]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_asked_to_end_leaves_nothing(tmp_path, end):
    code, left = half_written(tmp_path, end)
    assert code in (128 + end, -end)
    assert left == []


def test_a_living_process_is_left_alone(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        child.stdout.readline()
        (tmp_path / "a").write_text("")
        LocalObjects(tmp_path).put("b", b"")
        child.communicate("\n")
    assert child.returncode == 0
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "data.csv"]


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [
        (".tmp-00000000-1-0123456789abcdef", 3600, True),
        (".tmp-00000000-1-0123456789abcdef", 25 * 3600, False),
        (f".tmp-{files._host()}-{os.getpid()}-0123456789abcdef", 0, False),
        (f".tmp-{files._host()}-1-0123456789abcdef", 25 * 3600, True),
        (f".tmp-{files._host()}-99999999999999999999-0123456789abcdef", 0, False),
    ],
    ids=["of another machine", "of another machine, old", "of an earlier process with our id", "alive", "no process"],
)
def test_whose_files_are_left_over(tmp_path, name, age, stays):
    path = tmp_path / name
    path.write_text("")
    os.utime(path, (time.time() - age,) * 2)
    LocalObjects(tmp_path).put("b", b"")
    assert path.exists() is stays


def test_a_programs_own_way_to_end_is_kept(tmp_path):
    before = signal.signal(signal.SIGTERM, own := lambda *_: None)
    try:
        with atomic_replacement(tmp_path / "a") as temporary:
            temporary.write_text("")
            assert signal.getsignal(signal.SIGTERM) is own
    finally:
        signal.signal(signal.SIGTERM, before)
    with atomic_replacement(tmp_path / "a") as temporary:
        temporary.write_text("")
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../../x", "a\\b", "a\0b", "."])
def test_a_key_cannot_leave_the_folder(tmp_path, key):
    objects = LocalObjects(tmp_path / "in")
    for use in (lambda: objects.put(key, b""), lambda: objects.get(key), lambda: objects.delete(key)):
        with pytest.raises(StoreError, match="not a key"):
            use()


def test_links_are_neither_listed_nor_followed(tmp_path):
    outside, inside = tmp_path / "out", tmp_path / "in"
    outside.mkdir()
    inside.mkdir()
    (outside / "x.json").write_text("theirs")
    (inside / "folder").symlink_to(outside)
    (inside / "file.json").symlink_to(outside / "x.json")
    objects = LocalObjects(inside)
    assert keys(objects) == []
    for key in ("folder/x.json", "file.json"):
        for use in (objects.get, objects.delete, lambda k: objects.put(k, b"ours")):
            with pytest.raises(StoreError, match="through a link"):
                use(key)
    assert (outside / "x.json").read_text() == "theirs"


def test_a_store_that_is_itself_a_link_is_fine(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    objects = LocalObjects(tmp_path / "link")
    objects.put("a/b", b"1")
    assert objects.get("a/b") == b"1"
    assert keys(objects) == ["a/b"]


def test_a_file_in_the_way_is_a_clear_error(tmp_path):
    (tmp_path / "store").write_text("")
    objects = LocalObjects(tmp_path / "store")
    with pytest.raises(StoreError, match=r"cannot write .*store/a/b: "):
        objects.put("a/b", b"")
    with pytest.raises(StoreError, match=r"cannot list .*store: Not a directory"):
        list(objects.list())


def test_a_folder_that_may_not_be_written():
    with pytest.raises(StoreError, match="cannot write /proc/x/y: "):
        LocalObjects(__import__("pathlib").Path("/proc/x")).put("y", b"")


def test_a_full_disk_is_a_clear_error_and_leaves_nothing(tmp_path):
    code = (
        "import resource, signal, sys; from pathlib import Path; from truthound.io.files import LocalObjects\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "LocalObjects(Path(sys.argv[1])).put('a.bin', b'x' * 100_000)"
    )
    need(hasattr(resource, "RLIMIT_FSIZE"), "no limit of file sizes here")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert f"StoreError: cannot write {tmp_path}/a.bin: File too large" in done.stderr
    assert os.listdir(tmp_path) == []


WRITER = """
import sys
from pathlib import Path
from truthound.io.files import LocalObjects
objects, who = LocalObjects(Path(sys.argv[1])), int(sys.argv[2])
for i in range(50):
    objects.put(f"d{i % 3}/shared.bin", bytes([who]) * 20_000)
    objects.put(f"d{i % 3}/{who}-{i}", b"x")
"""


def test_two_processes_at_once(tmp_path):
    processes = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(who)]) for who in (1, 2)]
    assert [p.wait() for p in processes] == [0, 0]
    objects = LocalObjects(tmp_path)
    assert len(keys(objects)) == 103
    assert objects.get("d0/shared.bin") in {b"\1" * 20_000, b"\2" * 20_000}


HOSTILE = ["", ".", "..", "../../x", "a/b", "a\\b", "CON", "con.txt", "nul", "Lpt1", "😀", "a\nb", "a b", "-rf", ".hidden", "x" * 300,
           "가" * 300, "a\0b", "\ud800", "trailing.", "~", "$(rm)", "*", "é"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_safe_name(tmp_path, text):
    name = safe_name(text)
    assert 0 < len(name.encode()) <= 80
    assert name not in {".", ".."}
    assert not set(name) & set('/\\\0\n *?"<>|:~$()')
    assert not name.startswith((".", "-"))
    assert name.partition(".")[0].upper() not in {"CON", "NUL", "LPT1"}
    (tmp_path / name).write_text("")
    assert os.listdir(tmp_path) == [name]
    assert safe_name(text) == name


def test_names_that_were_different_stay_different():
    names = [*HOSTILE, "a_b", "unnamed", "_CON", "x" * 299]
    assert len({safe_name(n) for n in names}) == len(names)


@pytest.mark.parametrize("text", ["daily_users", "20240115_093000_a1b2", "매출", "a.b-c"])
def test_plain_names_stay_as_they_are(text):
    assert safe_name(text) == text


@pytest.mark.parametrize(
    "text", ["s3://bucket/x", "gs://b", "az://c/d", "https://u:pw@h/x", "file://host/x", "S3://B/x"]
)
def test_only_local_folders_so_far(text):
    with pytest.raises(ConfigError, match="is not a local folder such as") as caught:
        local_path(text)
    assert "pw" not in str(caught.value)


def test_local_path(tmp_path):
    assert local_path("./a", tmp_path) == tmp_path / "a"
    assert local_path("/a", tmp_path) == local_path("file:///a") == tmp_path.__class__("/a")
    assert local_path("file:///a%20b") == tmp_path.__class__("/a b")
    assert str(local_path("a")) == "a"
    assert local_path("~").is_absolute()
    for bad in ("", "  ", "a\0"):
        with pytest.raises(ConfigError):
            local_path(bad)
