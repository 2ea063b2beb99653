"""cdse_access.jp2.cache: what is kept is whole and its own, or is not there; and there is not too much of it."""

import os
import time
from pathlib import Path
from shutil import rmtree

import pytest

from cdse_access.jp2.cache import Cache, clear, discard_image, find_files, find_root, read_limit, trim
from cdse_access.problems import BadData, BadInput, Reason


def test_a_kept_file_is_found_by_its_name_and_again_in_another_process(tmp_path):
    kept = Cache(tmp_path, "cdse").open_folder("s3://a", "1").keep("tile", ".tif", b"pixels")
    assert kept.read_bytes() == b"pixels"
    for folder in (Cache(tmp_path, "cdse").open_folder("s3://a", "1") for _ in range(2)):
        assert folder.find("tile") == kept and folder.find("til") is None and folder.find_all("t") == [kept]


@pytest.mark.parametrize(
    ("identity", "href", "version"), [("lop-hoc", "s3://a", "1"), ("cdse", "s3://b", "1"), ("cdse", "s3://a", "2")]
)
def test_another_service_address_or_version_has_a_folder_of_its_own(tmp_path, identity, href, version):
    Cache(tmp_path, "cdse").open_folder("s3://a", "1").keep("tile", ".tif", b"pixels")
    assert Cache(tmp_path, identity).open_folder(href, version).find("tile") is None


@pytest.mark.parametrize("change", [b"", b"pixel", b"pixels!", b"Pixels"])
@pytest.mark.parametrize("in_this_process", [True, False])
def test_a_damaged_file_is_removed(tmp_path, change, in_this_process):
    owner = Cache(tmp_path, "cdse")
    kept = owner.open_folder("s3://a", "1").keep("tile", ".tif", b"pixels")
    kept.write_bytes(change)
    os.utime(kept, (time.time() + 5,) * 2)
    owner = owner if in_this_process else Cache(tmp_path, "cdse")
    assert owner.open_folder("s3://a", "1").find("tile") is None and not kept.exists()


def test_the_file_of_another_tile_or_image_is_not_taken_for_its_own(tmp_path):
    """R3: the digest covers what a file belongs to."""
    one, other = (Cache(tmp_path, "cdse").open_folder(href, "1") for href in ("s3://a", "s3://b"))
    foreign = other.keep("tile", ".tif", b"other pixels")
    one.keep("else", ".tif", b"pixels")
    foreign.rename(one.path / foreign.name)
    assert Cache(tmp_path, "cdse").open_folder("s3://a", "1").find("tile") is None
    kept = one.keep("tile.1", ".tif", b"first")
    kept.rename(kept.with_name(kept.name.replace("tile.1", "tile.2")))
    assert Cache(tmp_path, "cdse").open_folder("s3://a", "1").find("tile.2") is None


def test_a_kept_file_that_cannot_be_read_is_as_if_it_were_not_there(tmp_path, monkeypatch):
    """It is fetched and written again; where that is impossible, writing tells why."""
    Cache(tmp_path, "cdse").open_folder("s3://a", "1").keep("tile", ".tif", b"pixels")

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        folder = Cache(tmp_path, "cdse").open_folder("s3://a", "1")
        assert folder.find("tile") is None
    assert folder.keep("tile", ".tif", b"pixels").read_bytes() == b"pixels"


def test_a_disk_that_is_only_to_be_read_lends_its_files(tmp_path, monkeypatch):
    kept = Cache(tmp_path, "cdse").open_folder("s3://a", "1").keep("tile", ".tif", b"pixels")

    def fail(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", fail)
    assert Cache(tmp_path, "cdse").open_folder("s3://a", "1").find("tile") == kept


def test_a_folder_that_is_a_file_is_told_with_its_variable(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(BadData, match=r"Không đọc được.*đứng ở chỗ của thư mục.*hoặc đặt CDSE_CACHE") as caught:
        Cache(tmp_path / "file", "cdse").open_folder("s3://a", "1")
    assert caught.value.reason is Reason.DISK


def test_a_file_that_vanishes_as_soon_as_it_is_written_is_told(tmp_path, monkeypatch):
    folder = Cache(tmp_path, "cdse").open_folder("s3://a", "1")
    monkeypatch.setattr("cdse_access.jp2.cache.write_whole", lambda *_, **__: None)
    with pytest.raises(BadData, match="CDSE_CACHE"):
        folder.keep("tile", ".tif", b"pixels")


def test_where_images_are_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("CDSE_CACHE", raising=False)
    assert find_root("cdse") == find_root("lop-hoc") != find_root("")
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path))
    assert find_root("cdse") == find_root("") == tmp_path


def test_where_the_usual_folder_cannot_be_the_user_is_told_once(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("CDSE_CACHE", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    root = find_root("cdse")
    assert root == find_root("cdse") and root.is_dir()
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("Chú ý: không cất ảnh được trong") and str(root) in line and "CDSE_CACHE" in line


def test_the_limit(monkeypatch):
    monkeypatch.delenv("CDSE_CACHE_MAX", raising=False)
    assert read_limit() == 20e9
    monkeypatch.setenv("CDSE_CACHE_MAX", "0.5")
    assert read_limit() == 5e8
    for blank in ("", " "):
        monkeypatch.setenv("CDSE_CACHE_MAX", blank)
        assert read_limit() == 20e9
    for wrong in ("20 GB", "20GB", "-1", "nan", "inf", "-inf", "1e400", "0x10", "20,5"):
        monkeypatch.setenv("CDSE_CACHE_MAX", wrong)
        with pytest.raises(BadInput, match="CDSE_CACHE_MAX"):
            read_limit()


def test_what_was_used_for_longest_is_removed_first(monkeypatch, tmp_path):
    owner = Cache(tmp_path, "cdse")
    kept = [owner.open_folder(f"s3://{number}", "1").keep("tile", ".tif", bytes(1000)) for number in range(4)]
    (tmp_path / "own-file.txt").write_bytes(bytes(5000))
    for age, path in enumerate(kept):
        os.utime(path, (time.time() - 100 * (4 - age),) * 2)
    monkeypatch.setenv("CDSE_CACHE_MAX", "2e-6")  # 2000 bytes
    trim(owner, since=time.time() - 10)
    assert [path.exists() for path in kept] == [False, False, True, True]
    trim(owner, since=time.time())  # nothing was kept since: it does not even look
    monkeypatch.setenv("CDSE_CACHE_MAX", "0")
    owner.has_grown = True
    trim(owner, since=time.time() - 150)
    assert [path.exists() for path in kept] == [False, False, False, True]
    assert (tmp_path / "own-file.txt").exists()


def test_a_folder_that_another_process_removes_meanwhile_is_passed_over(tmp_path):
    for href in ("s3://a", "s3://b"):
        Cache(tmp_path, "cdse").open_folder(href, "1").keep("tile", ".tif", bytes(1000))
    found = find_files(tmp_path)
    first = next(found).path.parent
    for folder in tmp_path.iterdir():
        if folder != first:
            rmtree(folder)
    assert list(found) == []


def test_clearing_says_how_much_was_removed_and_touches_nothing_else(tmp_path):
    folder = Cache(tmp_path, "cdse").open_folder("s3://a", "1")
    folder.keep("tile", ".tif", bytes(1000))
    folder.keep("image", ".json", bytes(10))
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "file").write_bytes(b"mine")
    assert clear(tmp_path) == (2, 1010) and clear(tmp_path) == (0, 0) and clear(tmp_path / "none") == (0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["bench"] and not list(find_files(tmp_path))


def test_discarding_an_image_takes_all_of_its_files_and_elsewhere_only_the_one(tmp_path):
    folder = Cache(tmp_path, "cdse").open_folder("s3://a", "1")
    kept = [folder.keep(name, ".tif", b"pixels") for name in ("one", "two")]
    discard_image(kept[0])
    assert not folder.path.exists()
    for name in ("mine.tif", "also-mine.tif"):
        (tmp_path / name).write_bytes(b"pixels")
    discard_image(tmp_path / "mine.tif")
    assert [path.name for path in tmp_path.iterdir()] == ["also-mine.tif"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_or_a_huge_file_in_the_place_of_a_kept_one_is_not_waited_for(tmp_path):
    kept = Cache(tmp_path, "cdse").open_folder("s3://a", "1").keep("tile", ".tif", b"pixels")
    os.truncate(kept, 1 << 40)  # takes no room
    assert Cache(tmp_path, "cdse").open_folder("s3://a", "1").find("tile") is None and not kept.exists()
    os.mkfifo(kept)
    assert Cache(tmp_path, "cdse").open_folder("s3://a", "1").find("tile") is None and not kept.exists()


def test_a_learners_own_files_in_a_folder_of_twenty_digits_stay(tmp_path):
    """A folder named by a moment, 20231231235959000000, was emptied."""
    own = tmp_path / "20231231235959000000" / "own.txt"
    own.parent.mkdir()
    own.write_text("mine")
    Cache(tmp_path, "cdse").open_folder("s3://a", "1").keep("tile", ".tif", b"pixels")
    assert clear(tmp_path) == (1, 6) and own.read_text() == "mine" and [*tmp_path.iterdir()] == [own.parent]
