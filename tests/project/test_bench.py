"""bench: its files are as large and as built as ESA's, its counts are right, and the page says what was measured."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from bench import chart, data, fullsize, jobs, measure, report, ways
from bench.__main__ import run
from cdse_offline.product import items
from cdse_offline.simulation import lengths
from cdse_offline.simulation.places import MUNICH

MADE = {"seconds": 2.5, "memory": 240.4, "base": 190.0, "pixels": "aa", "s3": 6, "bytes": 2_340_000, "refused": 0}


# -- files -------------------------------------------------------------------


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first date's two bands, with pixels where the course's area lies."""
    folder = tmp_path_factory.mktemp("bench") / "pack"
    data.make(folder, [(data.dates()[0], band, data.NEAR) for band in data.BANDS])
    return folder


def test_a_file_is_full_size_and_mostly_a_hole(pack):
    path, first = pack / "eodata" / data.key(data.dates()[0], "B04_10m"), data.dates()[0]
    places, wanted = fullsize.index(path), lengths.tile_parts(first, "B04_10m")
    assert [end - start for start, end in places.values()] == wanted
    assert list(places) == list(range(121)) and places[0][0] == len(fullsize.header())
    size = path.stat()
    assert 80e6 < size.st_size < 140e6 and size.st_size == places[120][1] + 2
    assert path.read_bytes()[-2:] == b"\xff\xd9"
    if lengths.holes_are_free(pack):
        assert lengths.allocated(size) < 3e6


def test_pixels_are_where_they_are_wanted(pack):
    wanted = lengths.tile_parts(data.dates()[0], "B04_10m")[107]
    made = fullsize.noise((1024, 1024), fullsize.level(wanted, 1024**2))[0]
    row, column = divmod(107, 11)
    with rasterio.open(pack / "eodata" / data.key(data.dates()[0], "B04_10m")) as file:
        assert file.shape == (10980, 10980) and file.crs.to_epsg() == 32632 and file.transform[2] == 600000
        assert file.dtypes == ("uint16",) and file.block_shapes == [(1024, 1024)]
        read = file.read(1, window=Window(1024 * column, 1024 * row, 1024, 1024))
        assert np.array_equal(read, made) and read.min() > 0
        assert not file.read(1, window=Window(1024 * column, 1024 * row - 100, 100, 100)).any()
        assert not file.read(1, window=Window(10970, 10970, 10, 10)).any()


def test_the_tile_is_noise_for_the_most_part(pack):
    """The rest is filled up; a decoder is done with that at once."""
    wanted = lengths.tile_parts(data.dates()[0], "B04_10m")[107]
    made = len(fullsize.tile_part(fullsize.level(wanted, 1024**2), False, False))
    assert 0.88 * wanted < made <= wanted


@pytest.mark.parametrize(("length", "expected"), [(589_824, 3), (1_048_576, 10), (100_000, 0)])
def test_level(length, expected):
    """4.5 bits a pixel: 1.85 above the least, in half bits. 8 bits: 5.35. Less than one bit: none."""
    assert fullsize.level(length, 1024**2) == expected


def test_small_images_are_encoded_whole(tmp_path):
    fullsize.write(tmp_path / "a.jp2", data.dates()[0], "B04_60m")
    with rasterio.open(tmp_path / "a.jp2") as file:
        assert file.shape == (1830, 1830) and file.block_shapes == [(192, 192)] and file.read(1).min() > 0
    assert 2e6 < (tmp_path / "a.jp2").stat().st_size < 4e6


def test_an_index_of_another_file_is_refused(tmp_path):
    (tmp_path / "a.jp2").write_bytes(bytes(10_000))
    with pytest.raises(ValueError, match="no tile-part"):
        fullsize.index(tmp_path / "a.jp2")


def test_the_dates_are_those_of_the_first_search():
    found = data.dates()
    assert len(found) == data.DATES and found == sorted(found, key=lambda a: a.start)
    assert all(a.cloud_cover < 20 for a in found) and found[-1].start.date().isoformat() == "2023-09-28"


def test_every_job_has_its_files():
    have = {(acquisition, asset): filled for acquisition, asset, filled in data.files()}
    for job in jobs.ALL:
        for acquisition in data.dates()[: job.dates]:
            for band in job.bands:
                filled = have[acquisition, band]
                assert filled is None or (job.dates > 1 and job.area["bbox"] == data.BBOX), job.name


@pytest.mark.parametrize(
    ("box", "numbers"),
    [
        ((600_000, 5_399_000, 601_000, 5_400_000), {0}),
        ((610_000, 5_389_760, 610_240, 5_390_000), {0}),  # up to the edge
        ((610_230, 5_389_750, 610_250, 5_389_770), {0, 1, 11, 12}),
        ((709_000, 5_290_200, 709_800, 5_291_000), {120}),
    ],
)
def test_tiles_under(box, numbers):
    assert data.tiles_under(*box) == numbers


@pytest.mark.parametrize(
    ("side", "x", "y"), [(2, 682_920, 5_298_510), (32, 667_920, 5_290_200), (64, 645_800, 5_290_200)]
)
def test_squares_lie_in_the_tile(side, x, y):
    area = jobs.square(side)
    assert area["x"] == (x, x + 1000 * side) and area["y"] == (y, y + 1000 * side)
    assert MUNICH.west <= area["x"][0] and area["x"][1] <= MUNICH.west + 109_800


def test_an_unfinished_pack_is_made_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CDSE_BENCH_CACHE", str(tmp_path))
    (tmp_path / "other").mkdir()
    (tmp_path / f"pack-{data.version()}").mkdir()
    (tmp_path / "pack-old").mkdir()
    first = data.dates()[0]
    monkeypatch.setattr(data, "files", lambda: iter([(first, "B04_10m", set())]))
    folder = data.pack()
    (item,) = json.loads((folder / "items.json").read_text())["features"]
    assert item["assets"].keys() == {"B04_10m"} and "cdse_offline:window" not in item["properties"]
    assert "cdse_offline:window" in items.build_properties(first)  # the service's own are as they were
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", folder.name]
    words = capsys.readouterr().out
    assert re.search(r"khoảng \d+ MB", words) and "1/1 tệp" in words
    stamp = (folder / "items.json").stat().st_mtime_ns
    assert data.pack() == folder and (folder / "items.json").stat().st_mtime_ns == stamp


# -- one measurement ---------------------------------------------------------


@pytest.fixture(scope="module")
def measured(pack, tmp_path_factory) -> dict[str, measure.Result]:
    """One date without limits: our way as the bench runs it, the others in this process, which has all imports."""
    job, found = replace(jobs.ONE, limits=jobs.NONE), {}
    with measure.service(pack) as ready:
        found["cold"] = measure.read(job, "cold", ready, pack, str(tmp_path_factory.mktemp("cache")))
        for way in ("floor", "odc-stac", "truth"):
            os.environ.update(measure.environment(way, ready, ""))
            measure.practice.usage(reset=True, service=ready["s3"])
            answer = ways.run(ways.Task(**measure.task(job, way, ready, pack)))
            found[way] = answer | measure.practice.usage(service=ready["s3"])
    return found


def test_counts_of_one_date(measured):
    counts = {way: result["s3"] for way, result in measured.items()}
    assert 2 <= counts.pop("cold") <= 8
    assert counts.pop("odc-stac") > 200  # from tile to tile, 107 of them, in two files
    assert counts == {"floor": 2, "truth": 0}
    wanted = sum(lengths.tile_parts(data.dates()[0], band)[107] for band in data.BANDS)
    assert measured["floor"]["bytes"] == wanted
    assert wanted < measured["cold"]["bytes"] < 2 * wanted


def test_pixels_time_and_memory_of_one_date(measured):
    assert len({result["pixels"] for result in measured.values()}) == 1
    assert all(0 < result["seconds"] < 60 for result in measured.values())
    assert 50 < measured["cold"]["base"] <= measured["cold"]["memory"] < 1000


def test_a_way_that_fails_is_a_result(pack, monkeypatch):
    def fail(task: ways.Task) -> ways.Pixels:
        raise OSError(f"no {task.bands[0]}")

    monkeypatch.setitem(ways.WAYS, "bad", ways.Way(fail, "bad"))
    ready = {"s3": "127.0.0.1:1", "access_key": "A", "secret_key": "B"}
    result = ways.run(ways.Task(**measure.task(jobs.ONE, "bad", ready, pack)))
    assert result.pop("seconds") >= 0 and result == {"failed": "OSError: no B04_10m"}


def test_warm_reads_what_cold_has_left(monkeypatch):
    """With the same service, since a file of another service is another file; all others have a service each."""
    services, seen = iter("abc"), []
    monkeypatch.setattr(measure, "service", lambda folder: nullcontext(next(services)))
    monkeypatch.setattr(measure, "read", lambda job, way, ready, folder, cache: seen.append((way, ready, cache)))
    assert [way for way, _ in measure.measure(jobs.ONE, ["floor", "cold", "warm", "seed"], Path())] == [
        "cold", "warm", "floor", "seed",
    ]  # fmt: skip
    assert [ready for _, ready, _ in seen] == ["a", "a", "b", "c"] and len({cache for *_, cache in seen}) == 3


def test_limits_are_those_of_the_job(pack, monkeypatch):
    asked = []
    monkeypatch.setattr(measure.practice, "limit", lambda *limits, service: asked.append(limits))
    monkeypatch.setattr(measure.practice, "usage", lambda **_: {"s3": 3})
    monkeypatch.setattr(measure.subprocess, "run", lambda *_, **__: Finished())
    ready = {"s3": "127.0.0.1:1", "access_key": "A", "secret_key": "B"}
    assert measure.read(jobs.FREE, "cold", ready, pack, "cache") == {"seconds": 1, "s3": 3}
    assert asked == [(0.03, 20e6, 4, None)] and jobs.MANY.limits.per_minute == 2000


class Finished:
    returncode, stderr, stdout = 0, "", 'words\n{"seconds": 1}\n'


def test_each_way_sees_its_own_environment(monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "old")
    monkeypatch.setenv("GDAL_HTTP_VERSION", "2")
    ready = {"s3": "127.0.0.1:1", "access_key": "A", "secret_key": "B"}
    seed, bare, other = (measure.environment(way, ready, "c") for way in ("seed", "bare", "odc-stac"))
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
    monkeypatch.setattr(measure, "KEPT", tmp_path / "kept")
    return tmp_path / "kept"


def test_a_result_is_kept_until_something_changes(kept_folder, monkeypatch):
    assert measure.kept(jobs.ONE, "cold") is None
    measure.keep(jobs.ONE, "cold", MADE)
    assert measure.kept(jobs.ONE, "cold").items() >= MADE.items()
    assert measure.kept(jobs.MANY, "cold") is None and measure.kept(jobs.ONE, "warm") is None
    with monkeypatch.context() as context:
        context.setattr(measure, "machine", lambda: {"machine": "another"})
        assert measure.kept(jobs.ONE, "cold") is None
    assert measure.kept(replace(jobs.ONE, threads=2), "cold") is None
    assert measure.kept(jobs.ONE, "cold")


def test_only_our_results_depend_on_our_code(kept_folder, monkeypatch):
    monkeypatch.setattr(measure, "sources", lambda *packages: f"old {packages}")
    for way in ("cold", "odc-stac"):
        measure.keep(jobs.ONE, way, MADE)
    monkeypatch.setattr(measure, "sources", lambda *folders: f"changed {folders}" if folders else "old ()")
    assert measure.kept(jobs.ONE, "cold") is None and measure.kept(jobs.ONE, "odc-stac")


def test_only_what_is_missing_is_measured(kept_folder, monkeypatch, capsys):
    asked = []

    def measured(job: jobs.Job, wanted: list[str], _: Path) -> Iterator[tuple[str, measure.Result]]:
        asked.append(wanted)
        yield from ((way, MADE) for way in wanted)

    monkeypatch.setattr(measure, "measure", measured)
    monkeypatch.setattr(data, "pack", Path)
    measure.keep(jobs.ONE, "floor", MADE)
    run((jobs.ONE,), again=False)
    run((jobs.ONE,), again=False)
    run((jobs.ONE,), again=True)
    every = list(jobs.ONE.ways)
    assert asked == [[way for way in every if way != "floor"], [], every]
    assert "(đã đo)" in capsys.readouterr().out


# -- the page ----------------------------------------------------------------


def results(**changes: dict) -> report.Results:
    """One date and 31 dates as the targets want them, with changes to ways of the 31 dates."""
    many = {
        "cold": {"s3": 220, "bytes": 200e6, "seconds": 10.0, "memory": 300.0},
        "warm": {"s3": 0, "seconds": 6.0},
        "floor": {"s3": 62, "bytes": 100e6},
        "odc-stac": {"s3": 6398, "seconds": 150.0, "memory": 300.0},
        "seed": {"seconds": 151.0},
        "truth": {},
    }
    found = {(jobs.MANY.name, way): MADE | values | changes.get(way, {}) for way, values in many.items()}
    return found | {(jobs.ONE.name, "cold"): MADE | {"s3": 8}, (jobs.ONE.name, "truth"): MADE}


def test_all_targets_hold_at_their_limits():
    found = report.targets(results())
    assert [target.holds for target in found] == [True] * 8
    assert "không đạt" not in report.verdict(results()) and report.verdict(results()).count("| đạt |") == 8


@pytest.mark.parametrize(
    ("change", "missed", "words"),
    [
        ({"cold": {"s3": 221}}, 0, "3,6 yêu cầu"),
        ({"cold": {"bytes": 206e6}}, 2, "100 MB, đã tải 206 MB"),
        ({"warm": {"s3": 2}}, 3, "tải lại"),
        ({"odc-stac": {"seconds": 140.0}}, 4, "6,0 giây là giải nén"),
        ({"seed": {"seconds": 100.0}}, 5, "cách của bài gốc mất 100 giây"),
        ({"cold": {"memory": 301.0, "base": 200.0}}, 6, "thêm 101 MB"),
        ({"cold": {"pixels": "bb"}}, 7, "`load`, lần đầu (31 ngày)"),
    ],
)
def test_a_missed_target_says_why(change, missed, words):
    found = report.targets(results(**change))
    assert [place for place, target in enumerate(found) if target.holds is False] == [missed]
    said = report.verdict(results(**change))
    assert said.count("**không đạt**") == 1 and words in said.split("vì sao:")[1]


def test_what_was_not_measured_is_not_judged():
    assert [target.holds for target in report.targets({})] == [None] * 8
    assert report.verdict({}).count("chưa đo") == 8
    failed = results(**{"odc-stac": {"failed": "RasterioIOError: x"}})
    assert report.targets(failed)[4].holds is None and report.targets(failed)[6].holds is None


def test_a_table_has_a_row_for_each_way():
    lines = report.table(results(seed={"failed": "RasterioIOError: no"}), jobs.MANY).splitlines()
    assert lines[0] == "| Cách đọc | Yêu cầu | MB | Giây | Bộ nhớ |" and lines[1] == "|---|--:|--:|--:|--:|"
    assert "| `load`, lần đầu | 220 | 200 | 10,0 | 300 |" in lines
    assert "| odc-stac | 6398 | 2,3 | 150 | 300 |" in lines
    assert "| cách của bài gốc | 6 | 2,3 | hỏng | – |" in lines
    assert "| rioxarray | – | – | chưa đo | – |" in lines
    assert len(lines) == 2 + len(jobs.MANY.ways) - 1  # the truth is not a way of reading


def test_trouble_names_failures_and_silent_errors():
    assert report.trouble(results()).startswith("Trong những lần đo trên trang này, không lần nào hỏng")
    wrong = report.trouble(
        results(seed={"pixels": "bb"}, **{"odc-stac": {"failed": "Error: `429`\n again", "seconds": 62.4}})
    )
    assert wrong.splitlines() == [
        "- odc-stac, 31 ngày: hỏng sau 62 giây, `Error: 429 again`",
        "- cách của bài gốc, 31 ngày: không báo lỗi nào, nhưng **điểm ảnh sai**.",
    ]


def test_jobs_of_the_same_content_are_compared():
    """Without the quota the same pixels are read as with it."""
    found = results() | {(jobs.FREE.name, "rasterio"): MADE | {"pixels": "bb"}}
    assert report.compared(found)[jobs.FREE.name, "rasterio"] is False
    assert report.targets(found)[7].holds  # the fault is another's


def test_every_pixel_that_is_read_is_compared():
    with_truth = {job.content for job in jobs.ALL if "truth" in job.ways}
    assert {job.name for job in jobs.ALL if job.content not in with_truth} == {"quicklook-100"}


def test_blocks_replace_what_stood_there():
    text = "a\n\n% đo x\n\nold\n\n% hết\n\nb\n\n% đo y\n\n% hết\n"
    filled = report.filled(text, {"x": "new \\1", "y": "z"})
    assert filled == "a\n\n% đo x\n\nnew \\1\n\n% hết\n\nb\n\n% đo y\n\nz\n\n% hết\n"
    assert report.filled(filled, {"x": "new \\1", "y": "z"}) == filled
    with pytest.raises(ValueError, match="marks"):
        report.filled(text, {"x": "new"})


@pytest.mark.parametrize("found", [{}, results()], ids=["nothing", "some"])
def test_the_page_is_written_whatever_was_measured(found, tmp_path, monkeypatch):
    page = tmp_path / "book" / "hieu-nang.md"
    page.parent.mkdir()
    page.write_text(report.PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(report, "ROOT", tmp_path)
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "PICTURE", tmp_path / "a.svg")
    monkeypatch.setattr(report, "collect", lambda: {pair: r | {"made": "2026-01-02"} for pair, r in found.items()})
    assert report.write() == Path("book/hieu-nang.md")
    text = page.read_text(encoding="utf-8")
    assert ("chưa đo" in text) and ("Ngày đo: 02.01.2026." in text) == bool(found)
    assert ("| 31 ngày, đọc lại: 0 yêu cầu | 0 | đạt |" in text) == bool(found)
    alt = re.search(r"^:alt: (.+)$", text, flags=re.MULTILINE)[1]
    assert ("31 ngày: load, lần đầu 220 yêu cầu, 10,0 giây" in alt) == bool(found) and "_" not in alt


def test_the_chart_shows_each_way_and_is_the_same_again(tmp_path):
    bars = [chart.Bar("load, lần đầu", 210, 10.52, "cold"), chart.Bar("odc-stac", 6398, None, "odc-stac")]
    for name in ("a.svg", "b.svg"):
        chart.draw(tmp_path / name, "31 ngày", bars)
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    words = re.findall(r">([^<>\n]+)</text>", drawn)
    assert {"load, lần đầu", "10,5", "hỏng", "210", "6398", "Giây để đọc 31 ngày"} <= set(words)
    assert drawn.count(chart.OURS) == 2 and drawn == (tmp_path / "b.svg").read_text(encoding="utf-8")
    chart.draw(tmp_path / "none.svg", "31 ngày", [])


def test_sentences_follow_the_figures():
    four, eight, area = "4-threads", "8-threads", [job.name for job in jobs.AREAS]
    found = {
        (four, "odc-stac"): MADE | {"seconds": 8.0, "memory": 250.0},
        (eight, "odc-stac"): MADE | {"seconds": 9.5, "refused": 17},
        (jobs.CLUSTER.name, "cluster"): MADE | {"seconds": 12.0, "memory": 600.0},
        (jobs.COARSE.name, "odc-stac"): MADE | {"seconds": 50.0},
        (jobs.SMALL.name, "odc-stac"): MADE | {"seconds": 2.0},
    }
    found |= {(name, "odc-stac"): MADE | {"seconds": 4.0 * place} for place, name in enumerate(area, 1)}
    found |= {(name, "cold"): MADE | {"seconds": 2.0} for name in area}
    assert "odc-stac mất 9,5 giây thay vì 8,0 giây, và bị từ chối 17 lần." in report.threads(found)
    assert "| 8 | 9,5 | 17 | chưa đo |" in report.threads(found)
    assert "cần 1,5 lần thời gian và 2,4 lần bộ nhớ" in report.cluster(found)
    assert "nhanh gấp 25,0 lần" in report.quicklooks(found)
    assert "nhanh gấp 2,0, 4,0 và 6,0 lần" in report.areas(found)
    assert "| odc-stac | 4,0 (6) | 8,0 (6) | 12,0 (6) |" in report.areas(found)
    found[area[0], "cold"] = {"seconds": 1.0, "failed": "x", "s3": 1}
    for block in (report.areas(found), report.threads({}), report.cluster({}), report.quicklooks({})):
        assert "lần" not in block.splitlines()[-1].replace("lần đọc 4 MB", "")
