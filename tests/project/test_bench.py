"""bench: its files are as large and as built as ESA's, its counts are right, its results are kept while they hold."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from bench import __main__ as command
from bench import data, fullsize, jobs, measure, results, startup, ways
from cdse_access.secrets import Keys
from cdse_access.service import running
from cdse_offline import practice
from cdse_offline.product import items
from cdse_offline.simulation import lengths

MADE = {"seconds": 2.5, "memory": 240.4, "s3": 6, "bytes": 2_340_000}
CDSE: Any = SimpleNamespace(s3="127.0.0.1:1", keys=Keys.from_texts("A", "B"))


# -- files -------------------------------------------------------------------


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first date's two bands and classes, with pixels where the course's area lies."""
    folder = tmp_path_factory.mktemp("bench") / "pack"
    bands = *data.BANDS, data.CLASSES
    data.make_pack(folder, [data.Image(data.clear_dates()[0], band, data.CORNER) for band in bands])
    return folder


def test_a_file_is_full_size_and_mostly_a_hole(pack):
    path, first = pack / "eodata" / data.key(data.clear_dates()[0], "B04_10m"), data.clear_dates()[0]
    places, wanted = fullsize.index(path), lengths.tile_parts(first, "B04_10m")
    assert [end - start for start, end in places.values()] == wanted
    assert list(places) == list(range(121)) and places[0][0] == len(fullsize.header())
    size = path.stat()
    assert 80e6 < size.st_size < 140e6 and size.st_size == places[120][1] + 2
    assert path.read_bytes()[-2:] == b"\xff\xd9"
    if lengths.holes_are_free(pack):
        assert lengths.allocated(size) < 6e6


def test_pixels_are_where_they_are_wanted(pack):
    wanted = lengths.tile_parts(data.clear_dates()[0], "B04_10m")[107]
    made = fullsize.noise((1024, 1024), fullsize.level(wanted, 1024**2))[0]
    row, column = divmod(107, 11)
    with rasterio.open(pack / "eodata" / data.key(data.clear_dates()[0], "B04_10m")) as file:
        assert file.shape == (10980, 10980) and file.crs.to_epsg() == 32632 and file.transform[2] == 600000
        assert file.dtypes == ("uint16",) and file.block_shapes == [(1024, 1024)]
        read = file.read(1, window=Window(1024 * column, 1024 * row, 1024, 1024))
        assert np.array_equal(read, made) and read.min() > 0
        assert not file.read(1, window=Window(1024 * column, 1024 * row - 100, 100, 100)).any()
        assert not file.read(1, window=Window(10970, 10970, 10, 10)).any()


def test_the_tile_is_noise_for_the_most_part(pack):
    """The rest is filled up; a decoder is done with that at once."""
    wanted = lengths.tile_parts(data.clear_dates()[0], "B04_10m")[107]
    made = len(fullsize.tile_part(fullsize.level(wanted, 1024**2), False, False))
    assert 0.88 * wanted < made <= wanted


@pytest.mark.parametrize(("length", "expected"), [(589_824, 3), (1_048_576, 10), (100_000, 0)])
def test_level(length, expected):
    """4.5 bits a pixel: 1.85 above the least, in half bits. 8 bits: 5.35. Less than one bit: none."""
    assert fullsize.level(length, 1024**2) == expected


def test_small_images_are_encoded_whole(tmp_path):
    fullsize.write(tmp_path / "a.jp2", data.clear_dates()[0], "B04_60m")
    with rasterio.open(tmp_path / "a.jp2") as file:
        assert file.shape == (1830, 1830) and file.block_shapes == [(192, 192)] and file.read(1).min() > 0
    assert 2e6 < (tmp_path / "a.jp2").stat().st_size < 4e6


def test_a_map_of_classes_has_clouds(tmp_path):
    fullsize.write(tmp_path / "a.jp2", data.clear_dates()[0], "SCL_20m")
    with rasterio.open(tmp_path / "a.jp2") as file:
        assert file.shape == (5490, 5490) and file.block_shapes == [(640, 640)] and file.dtypes == ("uint8",)
        read = file.read(1, window=Window(0, 0, 640, 640))
    assert set(np.unique(read)) == {4, 9} and 0.05 < (read == 9).mean() < 0.25


def test_an_index_of_another_file_is_refused(tmp_path):
    (tmp_path / "a.jp2").write_bytes(bytes(10_000))
    with pytest.raises(ValueError, match="no tile-part"):
        fullsize.index(tmp_path / "a.jp2")


def test_the_dates_are_those_of_the_first_search():
    found = data.clear_dates()
    assert len(found) == data.DATES and found == sorted(found, key=lambda a: a.start)
    assert all(a.cloud_cover < 20 for a in found) and found[-1].start.date().isoformat() == "2023-09-28"


def test_cloudy_dates_are_of_every_kind():
    found = data.all_dates()
    assert len(found) == data.DATES and found == sorted(found, key=lambda a: a.start)
    covers = sorted(a.cloud_cover for a in found)
    assert covers[0] < 1 and 10 < covers[15] < 50 and covers[-1] > 90


def find_tiles(area: dict[str, Any]) -> set[int]:
    """Numbers of the 10 m tiles under a job's area."""
    if "bbox" in area:
        return {107}
    return data.find_tiles(area["x"][0], area["y"][0], area["x"][1], area["y"][1])


@pytest.mark.parametrize("job", jobs.ALL, ids=lambda job: job.name)
def test_every_job_has_its_files(job):
    images = {"clear": data.clear_images, "cloudy": data.cloudy_images, "wide": data.wide_images}[job.pack]()
    held = {(image.acquisition, image.asset): image.tiles for image in images}
    dates = data.all_dates() if job.pack == "cloudy" else data.clear_dates()
    for acquisition in dates[: job.dates]:
        for band in job.bands:
            tiles = held[acquisition, band]
            assert tiles is None or find_tiles(job.area) <= set(tiles)


def test_areas_lie_in_the_tiles_they_are_named_for():
    assert find_tiles(jobs.CORNER.area) == set(data.CORNER)
    assert find_tiles(jobs.MIDDLE.area) == {data.MIDDLE}


@pytest.mark.parametrize(
    ("box", "numbers"),
    [
        ((600_000, 5_399_000, 601_000, 5_400_000), {0}),
        ((610_000, 5_389_760, 610_240, 5_390_000), {0}),  # up to the edge
        ((610_230, 5_389_750, 610_250, 5_389_770), {0, 1, 11, 12}),
        ((709_000, 5_290_200, 709_800, 5_291_000), {120}),
    ],
)
def test_find_tiles(box, numbers):
    assert data.find_tiles(*box) == numbers


@pytest.mark.parametrize(
    ("side", "x", "y"), [(2, 682_920, 5_298_510), (32, 667_920, 5_290_200), (64, 645_800, 5_290_200)]
)
def test_squares_lie_in_the_tile(side, x, y):
    area = jobs.square(side)
    assert area["x"] == (x, x + 1000 * side) and area["y"] == (y, y + 1000 * side)
    assert jobs.GRID.west <= area["x"][0] and area["x"][1] <= jobs.GRID.west + 109_800


def test_unfinished_packs_are_made_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CDSE_BENCH_CACHE", str(tmp_path))
    (tmp_path / "other").mkdir()
    (tmp_path / f"packs-{data.version()}" / "clear").mkdir(parents=True)
    (tmp_path / "pack-old").mkdir()
    first, second = data.clear_dates()[:2]
    monkeypatch.setattr(data, "clear_images", lambda: iter([data.Image(first, "B04_10m", set())]))
    monkeypatch.setattr(data, "cloudy_images", lambda: iter([]))
    monkeypatch.setattr(data, "wide_images", lambda: iter([data.Image(second, "B04_10m", None)]))
    folder = data.prepare_packs()
    (item,) = json.loads((folder / "clear" / "items.json").read_text())["features"]
    assert item["assets"].keys() == {"B04_10m"} and "cdse_offline:window" not in item["properties"]
    file = folder / "clear" / "eodata" / data.key(first, "B04_10m")
    assert item["assets"]["B04_10m"]["file:size"] == file.stat().st_size > 80e6
    assert "cdse_offline:window" in items.build_properties(first)  # the service's own are as they were
    assert file.samefile(folder / "wide" / "eodata" / data.key(second, "B04_10m"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", folder.name]
    said = capsys.readouterr().out
    assert re.search(r"khoảng \d+ MB", said) and "1/1 tệp" in said
    stamp = (folder / "wide" / "items.json").stat().st_mtime_ns
    assert data.prepare_packs() == folder and (folder / "wide" / "items.json").stat().st_mtime_ns == stamp


# -- one measurement ---------------------------------------------------------


@pytest.fixture(scope="module")
def measured(pack, tmp_path_factory) -> dict[str, results.Result]:
    """One date without limits: our ways as the bench runs them, the others in this process, which has all imports."""
    job = replace(jobs.ONE, limits=jobs.NONE)
    found: dict[str, results.Result] = {}
    with running(data=pack) as cdse:
        for way in ("again", "cold", "pieces"):
            found[way] = measure.read(job, way, cdse, pack, str(tmp_path_factory.mktemp(way)))
        for way in ("floor", "odc-stac", "truth"):
            os.environ.update(measure.environment(way, cdse, ""))
            answer = ways.run(ways.Task(**measure.task(job, way, cdse, pack)))
            found[way] = answer | practice.usage(service=cdse.s3)
    return found


def test_counts_of_one_date(measured):
    counts = {way: result["s3"] for way, result in measured.items()}
    assert 2 <= counts.pop("cold") <= 6
    assert counts.pop("pieces") <= 6  # neighbours in one tile ask for it once
    assert counts.pop("again") == 0  # what the first time has asked for is not counted
    assert counts.pop("odc-stac") > 200  # from tile to tile, 107 of them, in two files
    assert counts == {"floor": 2, "truth": 0}
    wanted = sum(lengths.tile_parts(data.clear_dates()[0], band)[107] for band in data.BANDS)
    assert measured["floor"]["bytes"] == wanted
    assert wanted < measured["cold"]["bytes"] < 2 * wanted


def test_pixels_time_and_memory_of_one_date(measured):
    assert len({result["pixels"] for result in measured.values()}) == 1
    assert all(0 < result["seconds"] < 60 for result in measured.values())
    assert all(0 < result["cpu"] < 60 for result in measured.values())
    assert measured["cold"]["size"] == pytest.approx(2 * 2 * 205 * 276 / 1e6, rel=0.02)
    assert 1 < measured["cold"]["kept"] < 6
    assert 50 < measured["cold"]["base"] <= measured["cold"]["memory"] < 1000


def test_the_way_to_a_median(pack, tmp_path):
    """Its result is one array of NDVI; whoever compares memory takes the size of what `load` gave."""
    job = replace(jobs.MEMORY, dates=1, area=jobs.square(1))
    with running(data=pack) as cdse:
        found = measure.read(job, "chain", cdse, pack, str(tmp_path))
    assert found.get("failed") is None and found["size"] == 100 * 100 * 4 / 1e6
    assert 50 < found["base"] < found["memory"] < 1000


@pytest.mark.parametrize(("length", "pieces"), [(10, 5), (276, 5), (3, 3)])
def test_a_side_is_cut_without_gaps(length, pieces):
    found = list(ways.cut(length))
    assert len(found) == pieces and found[0].start == 0 and found[-1].stop == length
    assert all(one.stop == next_one.start for one, next_one in pairwise(found))


def test_a_way_that_fails_is_a_result(pack, monkeypatch):
    def fail(task: ways.Task) -> ways.Pixels:
        raise OSError(f"no {task.bands[0]}")

    monkeypatch.setitem(ways.WAYS, "bad", ways.Way(fail, "bad", twice=True))
    monkeypatch.setattr(ways.practice, "usage", lambda **_: {})
    result = ways.run(ways.Task(**measure.task(jobs.ONE, "bad", CDSE, pack)))
    assert result.pop("seconds") >= 0 and result == {"failed": "OSError: no B04_10m"}


def test_warm_reads_what_cold_has_left(monkeypatch):
    """With the same service, since a file of another service may be another file; all others have a service each."""
    services, seen = iter("abcd"), []
    monkeypatch.setattr(measure, "running", lambda data: nullcontext(next(services)))
    monkeypatch.setattr(measure, "read", lambda job, way, cdse, folder, cache: seen.append((cdse, cache, folder.name)))
    asked = ["floor", "cold", "warm", "seed", "again"]
    found = [way for way, _ in measure.measure(jobs.ONE, asked, Path())]
    assert found == ["cold", "warm", "floor", "seed", "again"]
    assert [cdse for cdse, *_ in seen] == ["a", "a", "b", "c", "d"]
    assert len({cache for _, cache, _ in seen}) == 4 and {pack for *_, pack in seen} == {"clear"}


def test_limits_are_those_of_the_job(pack, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(measure.practice, "limit", lambda *limits, service: asked.append(limits))
    monkeypatch.setattr(measure.practice, "usage", lambda **_: {"s3": 3})
    monkeypatch.setattr(measure.subprocess, "run", lambda *_, **__: Finished())
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "tile").write_bytes(bytes(2_000_000))
    found = measure.read(jobs.FREE, "cold", CDSE, pack, str(tmp_path))
    assert found == {"seconds": 1, "s3": 3, "kept": 2}
    assert asked == [(0.03, 20e6, 4, None)] and jobs.MANY.limits.per_minute == 2000


class Finished:
    returncode, stderr, stdout = 0, "", 'words\n{"seconds": 1}\n'


def test_each_way_sees_its_own_environment(monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "old")
    monkeypatch.setenv("GDAL_HTTP_VERSION", "2")
    seed, bare, other, ours = (measure.environment(way, CDSE, "c") for way in ("seed", "bare", "odc-stac", "cold"))
    assert ours["CDSE_CACHE"] == "c" and not [name for name in ours if name.startswith(("AWS_", "GDAL_"))]
    for found in (seed, bare, other):
        assert found["AWS_S3_ENDPOINT"] == "127.0.0.1:1" and found["AWS_ACCESS_KEY_ID"] == "A"
        assert not {"AWS_SESSION_TOKEN", "GDAL_HTTP_VERSION"} & found.keys()
    assert other["GDAL_NUM_THREADS"] == "1" and "GDAL_NUM_THREADS" not in seed
    assert [name for name in bare if name.startswith("GDAL_")] == []


def test_a_digest_knows_shape_type_and_order():
    one, other = np.arange(6, dtype="uint16").reshape(1, 2, 3), np.zeros((1, 2, 3), "uint16")
    digests = [
        ways.digest(pixels)
        for pixels in ([one, other], [other, one], [one.reshape(1, 3, 2), other], [one.astype("uint8"), other])
    ]
    assert len(set(digests)) == 4
    assert ways.digest([np.asfortranarray(one), other]) == digests[0]


@pytest.mark.parametrize("way", ways.WAYS)
def test_every_way_is_one_of_the_course_or_of_the_bench(way):
    """`make test` needs none of the packages that only the bench has."""
    only = {"stackstac", "rioxarray", "distributed"}
    assert bool(only & set(ways.WAYS[way].imports)) == (way in {"stackstac", "rioxarray", "cluster", "our-cluster"})


# -- results that are kept ---------------------------------------------------


@pytest.fixture
def kept_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(results, "KEPT", tmp_path / "kept")
    return tmp_path / "kept"


def test_a_result_is_kept_until_something_changes(kept_folder, monkeypatch):
    assert measure.kept(jobs.ONE, "cold") is None
    measure.keep(jobs.ONE, "cold", MADE)
    assert measure.kept(jobs.ONE, "cold").items() >= MADE.items()
    assert measure.kept(jobs.MANY, "cold") is None and measure.kept(jobs.ONE, "warm") is None
    with monkeypatch.context() as context:
        context.setattr(results, "machine", lambda: {"machine": "another"})
        assert measure.kept(jobs.ONE, "cold") is None
    assert measure.kept(replace(jobs.ONE, threads=2), "cold") is None
    assert measure.kept(jobs.ONE, "cold")


def test_only_our_results_depend_on_our_code(kept_folder, monkeypatch):
    monkeypatch.setattr(results, "hash_sources", lambda *folders: f"old {folders}")
    for way in ("cold", "odc-stac"):
        measure.keep(jobs.ONE, way, MADE)
    monkeypatch.setattr(results, "hash_sources", lambda *folders: f"changed {folders}" if folders else "old ()")
    assert measure.kept(jobs.ONE, "cold") is None and measure.kept(jobs.ONE, "odc-stac")


def test_only_what_is_missing_is_measured(kept_folder, monkeypatch, capsys):
    asked = []

    def measured(job: jobs.Job, wanted: list[str], _: Path) -> Iterator[tuple[str, results.Result]]:
        asked.append(wanted)
        yield from ((way, MADE) for way in wanted)

    monkeypatch.setattr(measure, "measure", measured)
    monkeypatch.setattr(data, "prepare_packs", Path)
    measure.keep(jobs.ONE, "floor", MADE)
    for again in (False, False, True):
        command.measure_all([jobs.ONE.name], again=again)
    every = list(jobs.ONE.ways)
    assert asked == [[way for way in every if way != "floor"], [], every]
    assert "(đã đo)" in capsys.readouterr().out


# -- the start ---------------------------------------------------------------


def test_the_start_is_measured_as_a_whole(kept_folder, monkeypatch, capsys):
    """With and without the grammar belong together: one of them alone is measured again with the other."""
    taken = iter(range(100))
    monkeypatch.setattr(startup, "run", lambda script, folder: {"seconds": next(taken), "cpu": 1.0})
    monkeypatch.setattr(startup, "REPEATS", 3)
    command.measure_all([startup.JOB], again=False)
    found = startup.all_kept()
    assert [found[name]["seconds"] for name in startup.TITLES] == [3, 4, 7, 9]  # medians of 1 3 5, 2 4 6, 7, 8 9 10
    command.measure_all([startup.JOB], again=False)
    assert next(taken) == 11 and capsys.readouterr().out.count("(đã đo)") == len(startup.TITLES)
    results.path(startup.pair("imports")).unlink()
    assert startup.all_kept() == {}


def test_a_process_that_fails_is_no_figure(tmp_path):
    found = startup.run("import sys", str(tmp_path))
    assert 0 < found["seconds"] < 20 and 0 < found["cpu"] < 20
    with pytest.raises(subprocess.CalledProcessError):
        startup.run("raise SystemExit(2)", str(tmp_path))


def test_the_decoder_is_named():
    """That of rasterio: here, matplotlib has loaded Pillow's, too."""
    importlib.import_module("PIL._imaging")
    assert re.fullmatch(r"\d+\.\d+\.\d+", results.decoder_version())
    code = "from bench.results import decoder_version as alone; print(alone())"
    alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert results.decoder_version() == alone.stdout.strip()
