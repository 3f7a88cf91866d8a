"""Files are written whole or not at all; folders are shown to be writable before the work."""

import os
import stat
from pathlib import Path

import pytest

from chainrule.errors import OutputError
from chainrule.train import files
from chainrule.train.files import prepare_folder, write_atomically


def test_a_text_is_written_as_utf8_and_bytes_as_they_are(tmp_path):
    write_atomically(tmp_path / "text", "größer\n")
    write_atomically(tmp_path / "bytes", b"\x00\xff")
    assert (tmp_path / "text").read_bytes() == "größer\n".encode()
    assert (tmp_path / "bytes").read_bytes() == b"\x00\xff"
    assert sorted(os.listdir(tmp_path)) == ["bytes", "text"]


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "usual").write_text("")
    write_atomically(tmp_path / "ours", "")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("usual", "ours")]
    assert modes[0] == modes[1]


def test_a_link_is_followed_and_stays_a_link(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "far" / "real")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far" / "real").read_text() == "new"


def test_a_device_is_written_and_not_replaced():
    write_atomically("/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_failure_at_any_moment_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call):
    path = tmp_path / "file"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, call, full)
    with pytest.raises(OutputError) as caught:
        write_atomically(path, "new")
    assert caught.value.short() == (
        f"{path} cannot be written: No space left on device.\n"
        "Choose a folder that exists, may be written and has room."
    )
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_text("old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_is_made_with_those_above_it(tmp_path):
    folder = prepare_folder(tmp_path / "a" / "b")
    assert folder.is_dir()
    assert prepare_folder(folder) == folder
    assert os.listdir(folder) == []


@pytest.mark.parametrize("below", ["", "run", "run/deeper"])
def test_a_file_in_the_way_is_named(tmp_path, below):
    blocked = tmp_path / "file"
    blocked.write_text("mine")
    folder = blocked / below if below else blocked
    with pytest.raises(OutputError) as caught:
        prepare_folder(folder)
    assert caught.value.short() == (
        f"the folder {folder} cannot be written: {blocked} is a file.\n"
        "Choose another folder, or one that you may write."
    )
    assert blocked.read_text() == "mine"


@pytest.mark.skipif(
    not Path("/proc/self").is_dir(), reason="needs a folder that root cannot write"
)
@pytest.mark.parametrize("folder", ["/proc/self", "/proc/self/run"])
def test_a_folder_that_cannot_be_written_is_refused(folder):
    with pytest.raises(OutputError, match=f"the folder {folder} cannot be written: "):
        prepare_folder(folder)
