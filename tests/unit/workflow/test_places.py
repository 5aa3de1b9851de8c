"""Folders and files of results that cannot be used are named in one line."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from syncsweep.workflow.places import (
    NotWritableError,
    check_places,
    check_usable,
    check_writable,
)


def test_output_folder_that_does_not_exist_is_accepted_and_not_made(tmp_path):
    check_writable(tmp_path)
    check_writable(str(tmp_path / "a" / "b" / "c"))
    assert list(tmp_path.iterdir()) == []


def test_relative_output_folder_is_looked_for_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_writable("results/run 1")
    Path("results").touch()
    with pytest.raises(NotWritableError):
        check_writable("results/run 1")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("file", "because {}/file is a file"),
        ("file/a/b/c", "because {}/file is a file"),
        ("link", "{}/link"),  # to nowhere
        ("x" * 300, "File name too long"),
        ("x" * 1024, "File name too long"),
    ],
    ids=len,
)
def test_what_cannot_be_an_output_folder_is_named_in_one_line(tmp_path, name, words):
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    for check in (check_usable, check_writable):
        with pytest.raises(NotWritableError) as error:
            check(tmp_path / name)
        assert str(error.value).startswith("results: ") and "\n" not in str(error.value)
        assert words.format(tmp_path) in str(error.value)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("name", ["tables", "figures", "logs"])
def test_a_file_in_place_of_a_folder_within_is_named(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(NotWritableError, match=str(tmp_path / name)):
        check_writable(tmp_path)


@pytest.mark.parametrize(
    ("flag", "words"), [(os.ST_RDONLY, "read-only file system"), (0, "no permission in ")]
)
def test_folder_that_cannot_be_written_is_usable_still(tmp_path, monkeypatch, flag, words):
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.W_OK)
    monkeypatch.setattr("os.statvfs", lambda path: SimpleNamespace(f_flag=flag))
    results = tmp_path / "results"
    assert check_usable(results) == tmp_path
    with pytest.raises(NotWritableError, match=rf"^results: {results} cannot be written \({words}"):
        check_writable(results)


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, lambda path: path.symlink_to(path)])
def test_anything_else_in_place_of_a_folder_of_a_study_is_named(tmp_path, make):
    there, missing, wrong = tmp_path / "there", tmp_path / "missing", tmp_path / "wrong"
    there.mkdir()
    check_places([there, missing, missing / "below"], [])
    make(wrong)
    with pytest.raises(NotWritableError, match=rf"^{wrong}: is not a folder, [^\n]*move it away$"):
        check_places([there, missing, wrong], [])


def test_link_that_leads_to_no_file_is_named(tmp_path):
    there, link, loop = tmp_path / "there", tmp_path / "link", tmp_path / "loop"
    there.touch()
    link.symlink_to(there)
    check_places([], [there, link, tmp_path / "missing"])
    loop.symlink_to(loop)
    with pytest.raises(NotWritableError, match=rf"^{loop}: is a link [^\n]*remove it$"):
        check_places([], [there, link, loop])
