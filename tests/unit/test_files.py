"""Files of several processes: the old one or the whole new one, and one holder of a lock."""

import errno
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from syncsweep.files import (
    NotReadableError,
    append,
    held,
    hold,
    move,
    not_written,
    open_regular,
    read_regular,
    replace_atomically,
    sync_folder,
)


def test_new_file_replaces_the_old_one_only_when_it_is_whole(tmp_path):
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")
    temporaries = []

    def write(temporary):
        temporaries.append(temporary)
        temporary.write_text("new, bu", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
        temporary.write_text("new", encoding="utf-8")

    replace_atomically(path, write)
    assert path.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]
    # In the same folder, because only there a file can be moved into place at once.
    assert temporaries[0].parent == tmp_path


def test_two_writers_have_different_temporary_files(tmp_path):
    path = tmp_path / "file"

    def write(temporary):
        temporary.write_text("outer", encoding="utf-8")
        replace_atomically(path, lambda other: other.write_text("inner", encoding="utf-8"))
        assert path.read_text(encoding="utf-8") == "inner"
        assert temporary.read_text(encoding="utf-8") == "outer"

    replace_atomically(path, write)
    assert path.read_text(encoding="utf-8") == "outer"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_failure_leaves_the_old_file_and_no_temporary_one(tmp_path, error):
    path = tmp_path / "file"
    path.write_text("old", encoding="utf-8")

    def write(temporary):
        temporary.write_text("half", encoding="utf-8")
        raise error

    with pytest.raises(error):
        replace_atomically(path, write)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_before_anything_is_written_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        replace_atomically(tmp_path / "file", lambda temporary: None)
    assert list(tmp_path.iterdir()) == []


def test_failure_to_move_into_place_leaves_no_temporary_file(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OSError, match="folder"):
        replace_atomically(path, lambda temporary: temporary.write_text("x", encoding="utf-8"))
    assert list(tmp_path.iterdir()) == [path]


def test_what_could_not_be_written_is_named_with_what_to_do(tmp_path):
    path, other = tmp_path / "in the way", tmp_path / "other"
    other.touch()
    path.mkdir()
    for write in (
        lambda: replace_atomically(path, Path.touch),
        lambda: os.replace(other, path),
        path.unlink,
    ):
        with pytest.raises(OSError) as error:
            write()
        assert not_written(error.value) == f"{path}: cannot be written (Is a directory); remove it"
    with pytest.raises(OSError) as error:
        other.mkdir()
    assert not_written(error.value) == f"{other}: cannot be written (File exists); remove it"
    full = OSError(errno.ENOSPC, "No space left on device", "a")
    assert not_written(full) == "a: cannot be written (No space left on device)"


def test_text_is_appended_to_a_file_that_need_not_be_there(tmp_path):
    append(tmp_path / "log", "η\n")
    append(tmp_path / "log", "b\n")
    assert (tmp_path / "log").read_text(encoding="utf-8") == "η\nb\n"


@pytest.mark.parametrize(
    ("make", "why"), [(os.mkfifo, "it is not a regular file"), (os.mkdir, "Is a directory")]
)
def test_what_is_no_file_is_not_appended_to_nor_waited_for(tmp_path, make, why):
    path = tmp_path / "log"
    make(path)
    with pytest.raises(OSError) as error:
        append(path, "a\n")
    assert not_written(error.value) == f"{path}: cannot be written ({why}); remove it"


def test_folder_that_is_not_there_cannot_be_synced(tmp_path):
    sync_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "gone")


def test_folder_of_a_file_system_that_syncs_none_is_no_error():
    folder = os.open("/proc/self", os.O_RDONLY)
    with pytest.raises(OSError):
        os.fsync(folder)
    os.close(folder)
    sync_folder(Path("/proc/self"))


def test_folder_that_fails_to_be_synced_is_named(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    path = tmp_path / "folder" / "file"
    fsync = os.fsync

    def fails(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.EIO, "Input/output error")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError) as error:
        replace_atomically(path, Path.touch)
    assert not_written(error.value).startswith(f"{path.parent}: cannot be written (Input/output")


HOLDER = """
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from syncsweep.files import hold
numbers = int(sys.argv[2]), int(sys.argv[3])
assert hold(Path(sys.argv[1]), *numbers, lambda: print("waits", flush=True), lambda: False)
print("holds", flush=True)
sys.stdin.read()
"""

JOINER = """
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from syncsweep.files import joined
with joined(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
    print("has joined", flush=True)
    assert input() == "leave"
print("has left", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path):
    """Start a process that takes numbers of a lock until it dies, and wait until it says that."""
    with ExitStack() as stack:

        def start(code, said, numbers=(10, 20)):
            command = [sys.executable, "-c", code, tmp_path / "lock", *map(str, numbers)]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            process = stack.enter_context(subprocess.Popen(command, text=True, **pipes))
            stack.callback(process.kill)
            assert process.stdout.readline() == f"{said}\n"
            return process

        yield start


@pytest.fixture
def holder(start):
    return start(HOLDER, "holds")


def end(process):
    process.kill()
    process.wait()


@pytest.mark.parametrize("numbers", [(10, 20), (0, 11), (19, 40), (12, 13), (0, 40)])
def test_held_numbers_are_waited_for_until_the_process_dies(tmp_path, holder, numbers):
    waits = []

    def on_wait():
        waits.append(holder.poll())
        holder.kill()

    assert hold(tmp_path / "lock", *numbers, on_wait, lambda: False)
    assert waits == [None]  # once, while the other was alive


def test_numbers_are_held_until_the_last_that_joined_dies_or_leaves(tmp_path, start, holder):
    path = tmp_path / "lock"
    first, second = (start(JOINER, "has joined") for _ in range(2))
    for process in (holder, first):
        end(process)
        assert held(path) == [(10, 20)]
    assert not hold(path, 15, 30, lambda: None, lambda: True)
    print("leave", file=second.stdin, flush=True)
    assert second.stdout.readline() == "has left\n"
    assert held(path) == []


def test_waiting_for_a_lock_can_be_given_up(tmp_path, holder):
    waits, asked = [], []

    def give_up():
        asked.append(holder.poll())
        return len(asked) == 3

    assert not hold(tmp_path / "lock", 0, 30, lambda: waits.append("waits"), give_up)
    assert waits == ["waits"]
    assert asked == [None] * 3


def test_other_numbers_are_taken_without_waiting(tmp_path, holder):
    waits = []
    for numbers in ((0, 10), (20, 40)):
        assert hold(tmp_path / "lock", *numbers, lambda: waits.append("waits"), lambda: True)
    assert waits == []
    assert holder.poll() is None


def test_free_numbers_are_taken_without_waiting(tmp_path):
    waits = []
    assert hold(tmp_path / "lock", 10, 20, lambda: waits.append("waits"), lambda: True)
    assert waits == []


def test_ranges_that_others_hold_are_told_without_taking_them(tmp_path, start, holder):
    path = tmp_path / "lock"
    other = start(HOLDER, "holds", (40, 41))
    before = path.stat()
    assert [held(path) for _ in range(2)] == [[(10, 20), (40, 41)]] * 2
    assert path.stat() == before
    end(other)
    assert held(path) == [(10, 20)]
    end(holder)
    assert held(path) == []


@pytest.mark.parametrize("ranges", [[(10, 20), (20, 30)], [(20, 30), (10, 20)]])
def test_ranges_that_touch_are_each_listed_once_whichever_was_taken_first(tmp_path, start, ranges):
    for numbers in ranges:
        start(HOLDER, "holds", numbers)
    assert held(tmp_path / "lock") == [(10, 20), (20, 30)]


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_lock_file_does_not_tell(tmp_path, kind):
    path = tmp_path / "lock"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    assert held(path) is None


def test_only_regular_files_are_opened(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError), open_regular(path):
        pass
    os.mkfifo(path)
    with pytest.raises(NotReadableError, match="not a regular file"), open_regular(path):
        pass
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(NotReadableError, match="symbolic links"), open_regular(path):
        pass
    path.unlink()
    path.write_bytes(b"abc")
    with open_regular(path) as file:
        assert file.read() == b"abc"
    assert read_regular(path, 3) == b"abc"
    with pytest.raises(NotReadableError, match="larger than 2 bytes"):
        read_regular(path, 2)
    # What may be read takes no memory.
    assert read_regular(path, 2**60) == b"abc"


@pytest.fixture
def elsewhere(tmp_path):
    """A folder on another file system than the temporary one."""
    if not os.path.isdir("/dev/shm") or os.stat("/dev/shm").st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one file system")
    with TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


def test_a_file_moves_to_another_file_system_and_replaces_none_halfway(tmp_path, elsewhere):
    path = tmp_path / "file"
    path.write_bytes(b"rows")
    move(path, elsewhere / "file")
    assert list(tmp_path.iterdir()) == []
    assert [(to.name, to.read_bytes()) for to in elsewhere.iterdir()] == [("file", b"rows")]


def test_an_unfinished_file_lies_aside_if_it_can_be_moved_from_there(tmp_path, elsewhere):
    for folder in (tmp_path / "aside", elsewhere):
        folder.mkdir(exist_ok=True)
        places = []

        def write(temporary, places=places):
            places.append(temporary.parent)
            temporary.write_bytes(b"rows")

        path = tmp_path / "rows" / folder.name
        path.parent.mkdir(exist_ok=True)
        replace_atomically(path, write, aside=folder)
        assert path.read_bytes() == b"rows" and list(folder.iterdir()) == []
        assert places == ([folder] if folder != elsewhere else [elsewhere, path.parent])
    assert len(list((tmp_path / "rows").iterdir())) == 2
