from dataclasses import replace
from pathlib import Path

import pytest

from helpers.made_results import EMAIL, validation
from truthound.reporters import locations
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
    assert locations.data_location(LINED, validation(LINED, file=file), root) == (shown, 5 if shown else 0)


def test_a_line_that_is_not_known():
    assert locations.data_location(EMAIL, validation(EMAIL, file="a.csv")) == ("a.csv", 0)
    assert locations.data_location(EMAIL, None) == ("", 0)


def test_the_line_that_declares_a_check():
    at = replace(EMAIL, location="/repo/truthound.yaml:31:7")
    assert locations.config_location(at, "/repo") == ("truthound.yaml", 31, 7)
    assert locations.config_location(replace(EMAIL, location="somewhere")) == ("", 0, 0)


def test_a_repository_whose_folder_is_named_by_a_link(tmp_path, monkeypatch):
    (tmp_path / "repo" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "repo")
    monkeypatch.chdir(tmp_path / "link" / "deep")
    for path in ("x.csv", tmp_path / "repo" / "deep" / "x.csv", tmp_path / "link" / "deep" / "x.csv"):
        assert locations.relative_to_root(str(path), tmp_path / "link") == "deep/x.csv"
        assert locations.relative_to_root(str(path), tmp_path / "repo") == "deep/x.csv"
    assert locations.relative_to_root(str(tmp_path / "x.csv"), tmp_path / "link") == ""


def test_a_link_that_leads_out_of_a_repository_whose_folder_is_named_by_a_link(tmp_path, monkeypatch):
    (tmp_path / "repo").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "repo" / "data").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "link").symlink_to(tmp_path / "repo")
    (tmp_path / "other").symlink_to(tmp_path / "repo")
    monkeypatch.chdir(tmp_path / "link")
    for root in ("link", "repo", "other"):
        for path in ("data/x.csv", tmp_path / "repo" / "data" / "x.csv", tmp_path / "link" / "data" / "x.csv"):
            assert locations.relative_to_root(str(path), tmp_path / root) == "data/x.csv"
        assert locations.relative_to_root(str(tmp_path / "elsewhere" / "x.csv"), tmp_path / root) == ""


def test_a_current_folder_that_has_gone(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    (tmp_path / "repo").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert locations.relative_to_root("x.csv", tmp_path / "repo") == "x.csv"
    assert locations.relative_to_root(str(tmp_path / "repo" / "x.csv"), tmp_path / "repo") == "x.csv"
    assert locations.relative_to_root(str(tmp_path / "x.csv"), "repo") == ""
