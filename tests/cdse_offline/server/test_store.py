"""Making files: once, whole or not at all, and again after a failure. A fake maker stands in for the scenes."""

import asyncio
import gc
import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cdse_offline.server import store
from cdse_offline.server.cache import Cache
from cdse_offline.server.line import FullError
from cdse_offline.simulation.derived import Quarter
from cdse_offline.simulation.files import AnyFile, DerivedFile, SimulatedFile
from cdse_offline.simulation.places import MEKONG, MUNICH, RED_RIVER, acquisitions
from cdse_offline.simulation.version import source_version

MUNICH_SCENE, RIVER_SCENE = acquisitions(MUNICH)[0], acquisitions(RED_RIVER)[0]
OBJECTS = {
    "a/B05.jp2": SimulatedFile(MUNICH_SCENE, "pixels", "B05_20m"),
    "a/B06.jp2": SimulatedFile(MUNICH_SCENE, "pixels", "B06_20m"),
    "a/B04.jp2": SimulatedFile(MUNICH_SCENE, "pixels", "B04_10m"),
    "b/B05.jp2": SimulatedFile(RIVER_SCENE, "pixels", "B05_20m"),
    "b/truth.jp2": SimulatedFile(RIVER_SCENE, "truth", "B05_20m"),
}


# The makers run in worker processes, which import this module anew: they are functions of the module and tell what
# happened through the files.


def by_name(wanted: AnyFile, path: Path) -> None:
    with (path.parent.parent / "log").open("a") as log:
        log.write(f"{os.getpid()} {wanted.asset}\n")
    time.sleep(0.2)
    path.write_text(f"{wanted.path.name} {os.getpid()}")


def failing_at_first(wanted: AnyFile, path: Path) -> None:
    path.write_text("half")
    if not (path.parent / "tried").exists():
        (path.parent / "tried").touch()
        raise MemoryError("too little")
    path.write_text("whole")


def dying(wanted: AnyFile, path: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def full(wanted: AnyFile, path: Path) -> None:
    path.write_text("half")
    raise OSError(28, "No space left on device")


def removing_the_folder_at_first(wanted: AnyFile, path: Path) -> None:
    if not (path.parent.parent.parent / "tried").exists():
        (path.parent.parent.parent / "tried").touch()
        shutil.rmtree(path.parent)
    path.write_text("whole")


def overtaken(wanted: AnyFile, path: Path) -> None:
    (path.parent / wanted.path.name).write_text("of the first")
    path.write_text("of the second")


def dying_at_first(wanted: AnyFile, path: Path) -> None:
    path.write_text("half")
    if not (path.parent / "tried").exists():
        (path.parent / "tried").touch()
        os._exit(9)
    path.write_text("whole")


def ask(folder: Path, make: store.Make, *keys: str) -> list[Any]:
    """What the files hold, asked for all at once; a failure stands in its place."""

    async def run() -> list[Any]:
        service = store.FileStore(OBJECTS, Cache(folder), make)
        try:
            return await asyncio.gather(*(service.find_file(key) for key in keys), return_exceptions=True)
        finally:
            service.close()

    return [found.read_text() if isinstance(found, Path) else found for found in asyncio.run(run())]


def test_many_who_ask_at_once_wait_for_one_making(tmp_path: Path):
    answers = ask(tmp_path, by_name, *["a/B05.jp2"] * 5)
    assert len(set(answers)) == 1 and answers[0].startswith("pixels-B05_20m")
    assert len((tmp_path / source_version() / "log").read_text().splitlines()) == 1


def test_bands_of_one_scene_are_made_in_one_process_and_scenes_in_two(tmp_path: Path):
    a4, a8, b4 = (answer.split()[-1] for answer in ask(tmp_path, by_name, "a/B05.jp2", "a/B06.jp2", "b/B05.jp2"))
    assert a4 == a8 != b4


def test_images_of_one_quarter_are_made_in_one_process_one_after_the_other(tmp_path: Path):
    """Also those of its other tile, and those that nobody has asked for yet; not its small file."""
    west, east = (DerivedFile(Quarter(MEKONG, tile, 2023, 1), "B08") for tile in MEKONG.tiles)
    small = replace(east, asset="userdata")

    async def run() -> set[str]:
        service = store.FileStore({"w": west, "e": east, "s": small}, Cache(tmp_path), by_name)
        await service.find_file("s")
        await asyncio.gather(service.find_file("w"), service.find_file("e"))
        await asyncio.gather(*service._making.values())
        service.close()
        folders = [tmp_path / source_version() / file.source.id for file in (west, east)]
        assert [len(list(folder.iterdir())) for folder in folders] == [5, 6]
        return {(folder / asset).read_text().split()[1] for folder in folders for asset in west.source.images}

    assert len(asyncio.run(run())) == 1


def test_quicklooks_are_drawn_when_no_image_is_wanted(tmp_path: Path):
    """Of one scene, so of one worker: it begins with the first quicklook, since nothing else is wanted yet."""
    looks = {f"q{n}": SimulatedFile(MUNICH_SCENE, "thumbnail", f"q{n}") for n in range(3)}

    async def run() -> list[str]:
        service = store.FileStore(OBJECTS | looks, Cache(tmp_path), by_name)
        drawing = [asyncio.create_task(service.find_file(key)) for key in looks]
        await asyncio.sleep(0.1)
        await asyncio.gather(service.find_file("a/B05.jp2"), service.find_file("a/B06.jp2"), *drawing)
        service.close()
        lines = (tmp_path / source_version() / "log").read_text().splitlines()
        return [line.split()[1] for line in lines]

    assert asyncio.run(run()) == ["q0", "B05_20m", "B06_20m", "q1", "q2"]


def test_too_many_quicklooks_are_refused_and_a_scene_goes_to_the_worker_that_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "MAX_QUICKLOOKS", 1)
    looks = {f"q{n}": SimulatedFile(MUNICH_SCENE, "thumbnail", f"q{n}") for n in range(3)}
    first, second = acquisitions(RED_RIVER)[1:3]
    images = {"c": SimulatedFile(first, "pixels", "B05_20m"), "d": SimulatedFile(second, "pixels", "B05_20m")}

    async def run() -> list[Any]:
        service = store.FileStore(looks | images, Cache(tmp_path), by_name)
        drawing = [asyncio.create_task(service.find_file(key)) for key in looks]
        await asyncio.sleep(0.05)
        image = await service.find_file("c")
        found = await asyncio.gather(*drawing, return_exceptions=True)
        service.close()
        return [found[0], image, found[2]]

    look, image, refused = asyncio.run(run())
    assert isinstance(refused, FullError)
    assert look.read_text().split()[-1] != image.read_text().split()[-1]


def test_pixels_and_truth_of_one_name_are_two_files(tmp_path: Path):
    assert [a.split("-")[0] for a in ask(tmp_path, by_name, "b/B05.jp2", "b/truth.jp2")] == ["pixels", "truth"]


def test_companions_are_made_along_while_the_scene_is_at_hand(tmp_path: Path):
    async def run() -> list[str]:
        service = store.FileStore(OBJECTS, Cache(tmp_path), by_name)
        path = await service.find_file("a/B04.jp2")
        await asyncio.gather(*service._making.values())
        await service.find_file("a/B04.jp2")
        service.close()
        return sorted(file.name for file in path.parent.iterdir())

    assert asyncio.run(run()) == ["pixels-B04_10m", "pixels-B08_10m", "pixels-SCL_20m"]
    assert len((tmp_path / source_version() / "log").read_text().splitlines()) == 3


def test_companions_that_fail_disturb_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / source_version() / MUNICH_SCENE.id).mkdir(parents=True)
    (tmp_path / source_version() / MUNICH_SCENE.id / "pixels-B04_10m").write_text("there")
    assert ask(tmp_path, dying_at_first, "a/B04.jp2") == ["there"]

    async def run() -> None:
        service = store.FileStore(OBJECTS, Cache(tmp_path), dying_at_first)
        making = service._start(SimulatedFile(MUNICH_SCENE, "pixels", "B08_10m"))
        await asyncio.wait([making])
        service.close()

    asyncio.run(run())
    gc.collect()  # a failure that nobody has looked at is told when it is forgotten
    assert not caplog.records


def test_a_file_that_exists_is_not_made_again(tmp_path: Path):
    first = ask(tmp_path, by_name, "a/B05.jp2")
    assert ask(tmp_path, dying_at_first, "a/B05.jp2") == first


def test_a_failure_leaves_nothing_behind_and_the_next_request_tries_again(tmp_path: Path):
    make = failing_at_first
    (failure,) = ask(tmp_path, make, "a/B05.jp2")
    assert failure.failure == ("OfflineMemory", "MemoryError: too little")
    assert [path.name for path in (tmp_path / source_version() / MUNICH_SCENE.id).iterdir()] == ["tried"]
    assert ask(tmp_path, make, "a/B05.jp2") == ["whole"]


def test_a_worker_that_died_is_replaced_and_nobody_notices(tmp_path: Path):
    assert ask(tmp_path, dying_at_first, "a/B05.jp2") == ["whole"]


def test_a_worker_without_work_ends_and_the_next_file_starts_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "IDLE", 0.05)

    async def run() -> list[str]:
        service = store.FileStore(OBJECTS, Cache(tmp_path), by_name)
        first, second = await asyncio.gather(*map(service.find_file, ("a/B05.jp2", "a/B06.jp2")))  # of one worker
        worker = service._choose_worker(MUNICH_SCENE.id)
        async with asyncio.timeout(30):
            while worker._jobs:
                await asyncio.sleep(0.02)
        assert worker._process
        await asyncio.get_running_loop().run_in_executor(worker._thread, worker._process.join, 30)
        assert worker._process.exitcode == 0  # by itself
        third = await service.find_file("a/B04.jp2")
        service.close()
        return [path.read_text().split()[-1] for path in (first, second, third)]

    first, second, third = asyncio.run(run())
    assert first == second != third


def test_what_is_used_is_marked_and_what_is_made_is_counted(tmp_path: Path):
    cache = Cache(tmp_path)

    async def run() -> None:
        service = store.FileStore(OBJECTS, cache, by_name)
        path = await service.find_file("a/B05.jp2")
        os.utime(path.parent, (0, 0))
        before = path.stat().st_mtime_ns
        await service.find_file("a/B05.jp2")
        service.close()
        assert time.time() - path.parent.stat().st_mtime < 60
        assert path.stat().st_mtime_ns == before  # its version, to those who read it

    asyncio.run(run())
    assert cache.size > 0


def test_a_worker_that_dies_again_is_told(tmp_path: Path):
    (failure,) = ask(tmp_path, dying, "a/B05.jp2")
    assert failure.failure == ("OfflineKilled", f"B05_20m of {MUNICH_SCENE.id}, -9")


def test_a_full_disk_is_told_with_the_folder_and_leaves_nothing_behind(tmp_path: Path):
    (failure,) = ask(tmp_path, full, "a/B05.jp2")
    folder = tmp_path / source_version() / MUNICH_SCENE.id
    assert failure.failure == ("OfflineDiskFull", str(folder)) and list(folder.iterdir()) == []


def test_a_folder_that_is_removed_meanwhile_is_made_again(tmp_path: Path):
    assert ask(tmp_path, removing_the_folder_at_first, "a/B05.jp2") == ["whole"]


@pytest.mark.parametrize("spoil", [Path.touch, os.mkfifo, lambda path: path.symlink_to(path)])
def test_what_is_no_file_with_something_in_it_is_made_again(tmp_path: Path, spoil):
    path = tmp_path / source_version() / MUNICH_SCENE.id / "pixels-B05_20m"
    path.parent.mkdir(parents=True)
    spoil(path)
    assert ask(tmp_path, by_name, "a/B05.jp2")[0].startswith("pixels-B05_20m")


def test_a_folder_in_its_place_is_told(tmp_path: Path):
    path = tmp_path / source_version() / MUNICH_SCENE.id / "pixels-B05_20m"
    path.mkdir(parents=True)
    (failure,) = ask(tmp_path, by_name, "a/B05.jp2")
    assert failure.failure == ("OfflineFolder", str(path.parent))


def test_a_service_that_cannot_start_a_thread_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(store.Worker, "make", refuse)
    (failure,) = ask(tmp_path, by_name, "a/B05.jp2")
    assert failure.failure == ("OfflineFailed", "RuntimeError: can't start new thread")


def test_of_two_services_that_make_one_file_the_first_wins(tmp_path: Path):
    """Its time is its version: readers of the first would be told that it has changed."""
    assert ask(tmp_path, overtaken, "a/B05.jp2") == ["of the first"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    (tmp_path / source_version()).write_text("a file where the folder should be")
    (failure,) = ask(tmp_path, by_name, "a/B05.jp2")
    assert failure.failure == ("OfflineFolder", str(tmp_path / source_version() / MUNICH_SCENE.id))


def test_two_services_may_make_one_file(tmp_path: Path):
    async def run() -> list[str]:
        services = [store.FileStore(OBJECTS, Cache(tmp_path), by_name) for _ in range(2)]
        paths = await asyncio.gather(*(service.find_file("a/B05.jp2") for service in services))
        for service in services:
            service.close()
        return [path.read_text() for path in paths]

    first, second = asyncio.run(run())
    assert first == second
    assert len((tmp_path / source_version() / "log").read_text().splitlines()) == 2


def test_one_who_gives_up_does_not_stop_the_making(tmp_path: Path):
    async def run() -> str:
        service = store.FileStore(OBJECTS, Cache(tmp_path), by_name)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(service.find_file("a/B05.jp2"), 0.05)
        path = await service.find_file("a/B05.jp2")
        service.close()
        return path.read_text()

    assert asyncio.run(run()).startswith("pixels")
    assert len((tmp_path / source_version() / "log").read_text().splitlines()) == 1


def test_files_of_a_pack_are_served_as_they_are(tmp_path: Path):
    service = store.FileStore({"key": tmp_path / "file.jp2"}, Cache(tmp_path))
    assert asyncio.run(service.find_file("key")) == tmp_path / "file.jp2"


def test_an_unknown_object_is_a_key_error(tmp_path: Path):
    with pytest.raises(KeyError):
        asyncio.run(store.FileStore(OBJECTS, Cache(tmp_path)).find_file("../../etc/passwd"))
