from dataclasses import replace
from pathlib import Path

import pytest

from made_results import EMAIL, validation
from truthound import places
from truthound.results import Example

LINED = replace(EMAIL, examples=(Example(8, {}), Example(4, {}, 9), Example(2, {}, 5)))


@pytest.mark.parametrize(
    ("file", "root", "shown"),
    [
        ("data/users.csv", "", "data/users.csv"),
        ("./data/../users.csv", "", "users.csv"),
        ("../users.csv", "", ""),
        ("..", "", ""),
        ("/repo/data/users.csv", "/repo", "data/users.csv"),
        ("/repo/data/users.csv", "", ""),
        ("/other/users.csv", "/repo", ""),
        ("/repo/../users.csv", Path("/repo"), ""),
        ("a\0b", "", ""),
        (None, "", ""),
    ],
)
def test_the_data_file_as_seen_from_the_repository(file, root, shown):
    assert places.failing(LINED, validation(LINED, file=file), root) == (shown, 5 if shown else 0)


def test_a_line_that_is_not_known():
    assert places.failing(EMAIL, validation(EMAIL, file="a.csv")) == ("a.csv", 0)
    assert places.failing(EMAIL, None) == ("", 0)


def test_the_line_that_declares_a_check():
    at = replace(EMAIL, location="/repo/truthound.yaml:31:7")
    assert places.declared(at, "/repo") == ("truthound.yaml", 31, 7)
    assert places.declared(replace(EMAIL, location="somewhere")) == ("", 0, 0)


def test_a_repository_whose_folder_is_named_by_a_link(tmp_path, monkeypatch):
    (tmp_path / "repo" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "repo")
    monkeypatch.chdir(tmp_path / "link" / "deep")
    for path in ("x.csv", tmp_path / "repo" / "deep" / "x.csv", tmp_path / "link" / "deep" / "x.csv"):
        assert places.inside(str(path), tmp_path / "link") == "deep/x.csv"
        assert places.inside(str(path), tmp_path / "repo") == "deep/x.csv"
    assert places.inside(str(tmp_path / "x.csv"), tmp_path / "link") == ""
