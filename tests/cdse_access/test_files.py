"""write_whole: a file is there whole or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from cdse_access.files import explain_refusal, write_whole
from cdse_access.problems import BadData, Reason


@pytest.mark.parametrize(
    ("private", "mask", "mode"),
    [(False, 0o022, 0o644), (False, 0o027, 0o640), (True, 0o022, 0o600), (False, 0o777, 0o600), (True, 0o777, 0o600)],
)
def test_a_file_is_written_with_its_folder(tmp_path: Path, private, mask, mode):
    """Who may read it is the user's business, as with open(), unless it holds keys."""
    before = os.umask(mask)
    path = tmp_path / "a" / "b.tif"
    try:
        write_whole(path, b"first", private=private)
        write_whole(path, b"second", private=private)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"second"
    assert [one.name for one in path.parent.iterdir()] == ["b.tif"]
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_link_stays_a_link(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"x"


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch):
    path = tmp_path / "b.tif"
    write_whole(path, b"first")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BadData, match=r"đĩa đầy.*hãy dọn đĩa") as caught:
        write_whole(path, b"second")
    assert caught.value.reason is Reason.DISK
    assert path.read_bytes() == b"first"
    assert [one.name for one in tmp_path.iterdir()] == ["b.tif"]


def test_a_file_where_a_folder_should_be_is_told(tmp_path: Path):
    (tmp_path / "a").write_text("")
    with pytest.raises(BadData, match="Không ghi được") as caught:
        write_whole(tmp_path / "a" / "b.tif", b"")
    assert caught.value.reason is Reason.DISK


@pytest.mark.parametrize("number", [*errno.errorcode, None])
def test_only_a_full_disk_is_to_be_cleaned(number):
    """Every error of the system has a reason and a cure; that of a missing permission is another."""
    slot, why, cure = explain_refusal(OSError(number, "x") if number else OSError("x"))
    assert why and cure.startswith("hãy ")
    assert ("dọn đĩa" in cure) == (slot == "full") == (number in (errno.ENOSPC, errno.EDQUOT))


def test_the_variable_that_chooses_another_folder_is_told(tmp_path: Path):
    (tmp_path / "a").write_text("")
    with pytest.raises(BadData, match="hoặc đặt CDSE_CACHE là một thư mục khác"):
        write_whole(tmp_path / "a" / "b.tif", b"", variable="CDSE_CACHE")


def test_the_longest_name_that_a_disk_takes_is_written(tmp_path: Path):
    write_whole(tmp_path / ("ề" * 85), b"x")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"x"]
