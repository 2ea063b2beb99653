"""The kept images: old versions go, and what is too much, scene by scene; never what is in use, or not ours."""

import os
import shutil
import time
from pathlib import Path

import pytest

from cdse_access.problems import BadInput
from cdse_offline.server import cache
from cdse_offline.server.cache import KEEP_OLD_VERSIONS, Cache, find_cache, measure_size, read_limit
from cdse_offline.simulation import lengths
from cdse_offline.simulation.version import source_version

OLD = "0123456789abcdef"


def put(root: Path, version: str, scene: str, age: float, size: int = 100_000) -> Path:
    """A file of a scene that was used so many seconds ago."""
    path = root / version / scene / "pixels-B04_10m"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path.parent, (time.time() - age,) * 2)
    return path


def list_scenes(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("*/*") if path.is_dir())


def test_old_versions_are_removed_and_recent_ones_kept(tmp_path: Path):
    old, recent = "0123456789abcdef", "fedcba9876543210"
    for name, age in ((old, 2 * KEEP_OLD_VERSIONS), (recent, 60)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    Cache(tmp_path).clean().join()
    assert {path.name for path in tmp_path.iterdir()} == {recent, source_version()}


def test_what_else_lies_in_the_caches_folder_is_left_alone(tmp_path: Path):
    """`CDSE_OFFLINE_CACHE` may be the user's home: nothing of it is ours to remove, however old."""
    names = ("Documents", "0123456789ABCDEF", "0123456789abcdef0")
    for name in names:
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / "0123456789abcdef").symlink_to(tmp_path / "Documents")
    Cache(tmp_path).clean().join()
    assert {path.name for path in tmp_path.iterdir()} == {*names, "0123456789abcdef", source_version()}


def test_the_cache_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CDSE_OFFLINE_CACHE", str(tmp_path))
    assert find_cache().folder == tmp_path
    monkeypatch.delenv("CDSE_OFFLINE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    assert find_cache().folder.name == "cdse_offline"


def test_size_counts_what_all_files_take_on_disk(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(bytes(100_000))
    with (tmp_path / "c").open("wb") as file:
        file.write(bytes(50_000))
        file.truncate(100_000_000)  # the rest is a hole
    holes = lengths.holes_are_free(tmp_path)
    assert 150_000 <= measure_size(tmp_path) < (200_000 if holes else 101_000_000)


# -- the limit ---------------------------------------------------------------


def test_scenes_that_were_used_least_recently_go_until_there_is_room(tmp_path: Path):
    """Also those of another version, with all their files; a land, and whatever else lies there, stays."""
    for scene, version, age in (("a", OLD, 4000), ("b", source_version(), 3000), ("c", source_version(), 2000)):
        put(tmp_path, version, scene, age)
    put(tmp_path, source_version(), "d", 1000)
    (tmp_path / source_version() / "land-x.npz").write_bytes(bytes(100_000))
    (tmp_path / "Documents" / "mine").mkdir(parents=True)
    Cache(tmp_path, 600_000).make_room()
    assert list_scenes(tmp_path) == ["a", "b", "c", "d", "mine"]
    kept = Cache(tmp_path, 400_000)
    kept.make_room()
    assert list_scenes(tmp_path) == ["c", "d", "mine"]
    assert kept.size == sum(map(measure_size, cache.list_versions(tmp_path))) < 400_000
    assert (tmp_path / source_version() / "land-x.npz").exists()


def test_what_is_in_use_stays_however_much_there_is(tmp_path: Path):
    path = put(tmp_path, source_version(), "used", 3000)
    put(tmp_path, source_version(), "by another service", cache.IN_USE / 2)
    put(tmp_path, source_version(), "by nobody", 2 * cache.IN_USE)
    kept = Cache(tmp_path, 0)
    kept.mark_used(path)
    kept.make_room()
    assert list_scenes(tmp_path) == ["by another service", "used"]


def test_one_that_is_used_while_others_are_removed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for scene, age in (("a", 3000), ("b", 2000)):
        put(tmp_path, source_version(), scene, age)
    remove = cache.shutil.rmtree

    def remove_and_use(path: Path, *, ignore_errors: bool) -> None:
        remove(path, ignore_errors=ignore_errors)
        os.utime(tmp_path / source_version() / "b")

    monkeypatch.setattr(cache.shutil, "rmtree", remove_and_use)
    Cache(tmp_path, 0).make_room()
    assert list_scenes(tmp_path) == ["b"]


def test_a_mark_of_a_clock_that_was_ahead_keeps_nothing(tmp_path: Path):
    put(tmp_path, OLD, "a", -400 * 86400)
    Cache(tmp_path, 1).make_room()
    assert not list_scenes(tmp_path)


def test_what_cannot_be_removed_does_not_save_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for scene, age in (("a", 4000), ("b", 3000), ("c", 2000)):
        put(tmp_path, OLD, scene, age)
    remove = shutil.rmtree

    def remove_others(path: Path, *, ignore_errors: bool) -> None:
        if path.name != "a":
            remove(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", remove_others)
    kept = Cache(tmp_path, 250_000)
    kept.make_room()
    assert list_scenes(tmp_path) == ["a", "c"] and kept.size == measure_size(tmp_path)


def test_use_is_marked_on_the_scene_now_and_then(tmp_path: Path):
    path = put(tmp_path, source_version(), "a", 3000)
    version = path.parent.parent
    os.utime(version, (0, 0))
    kept = Cache(tmp_path)
    kept.mark_used(path.with_name("not-made-yet"))
    for used in (path.parent, version):  # a service that runs for days still uses its version
        assert time.time() - used.stat().st_mtime < 60
    os.utime(path.parent, (0, 0))
    kept.mark_used(path)
    assert path.parent.stat().st_mtime == 0  # a moment ago is enough
    missing = tmp_path / source_version() / "b" / "file"
    kept.mark_used(missing)
    put(tmp_path, source_version(), "b", 3000)
    kept.mark_used(missing)
    assert time.time() - missing.parent.stat().st_mtime < 60


def test_files_that_are_made_are_counted_and_looked_at_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    looked: list[str] = []
    monkeypatch.setattr(cache.Cache, "make_room", lambda self: looked.append("looked"))
    monkeypatch.setattr(cache, "_run_aside", lambda work: work())
    kept = Cache(tmp_path, 10_000_000)
    for number in range(4):
        kept.add(put(tmp_path, source_version(), f"{number}", 0))
    assert 400_000 <= kept.size < 450_000
    assert len(looked) == 1  # after a fortieth of the limit: other services add to it, too
    kept.size = kept.limit
    kept.add(put(tmp_path, source_version(), "last", 0))
    assert len(looked) == 2
    kept.add(tmp_path / "removed again")


def test_where_no_thread_can_be_started_a_file_is_kept_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(cache, "_run_aside", refuse)
    Cache(tmp_path, 0).add(put(tmp_path, source_version(), "a", 0))


def test_a_start_removes_what_is_too_much(tmp_path: Path):
    put(tmp_path, source_version(), "a", 3000)
    Cache(tmp_path, 0).clean().join()
    assert list_scenes(tmp_path) == []


def test_the_limit_is_a_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CDSE_OFFLINE_CACHE_MAX_GB", raising=False)
    assert read_limit() == 4e9
    monkeypatch.setenv("CDSE_OFFLINE_CACHE_MAX_GB", "0.5")
    assert read_limit() == 5e8
    for wrong in ("4GB", "-1", "nan", "1e400", "4,5"):
        monkeypatch.setenv("CDSE_OFFLINE_CACHE_MAX_GB", wrong)
        with pytest.raises(BadInput, match=f"CDSE_OFFLINE_CACHE_MAX_GB là '{wrong}': cần một số gigabyte, ví dụ 4"):
            read_limit()
