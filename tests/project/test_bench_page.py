"""bench: the page says what was measured, and which targets were met, whatever the figures are."""

import re
from pathlib import Path
from typing import Any

import pytest

from bench import chart, jobs, report, startup, targets
from bench.results import Results

MADE = {"seconds": 2.5, "cpu": 1.5, "memory": 240.4, "base": 190.0, "size": 100.0, "kept": 3.0, "pixels": "aa"}
MADE |= {"s3": 6, "bytes": 2_340_000, "refused": 0}
# All targets at their limits: by the names of job and way, then of the figure.
AT_LIMITS: dict[tuple[str, str], dict[str, Any]] = {
    ("31-dates", "cold"): {"s3": 140, "bytes": 115e6, "seconds": 10.0, "memory": 300.0},
    ("31-dates", "floor"): {"s3": 62, "bytes": 100e6},
    ("31-dates", "odc-stac"): {"s3": 6398, "seconds": 150.0, "memory": 300.0},
    ("31-dates", "seed"): {"seconds": 150.0},
    ("31-dates", "warm"): {"s3": 0, "seconds": 1.0},
    ("31-dates", "again"): {"s3": 0, "seconds": 0.6},
    ("31-dates", "jp2"): {"s3": 0, "seconds": 4.8},
    ("31-dates", "truth"): {},
    ("middle", "cold"): {"s3": 180, "bytes": 80e6},
    ("middle", "floor"): {"bytes": 50e6},
    ("1-date", "cold"): {"s3": 6},
    ("corner", "warm"): {"s3": 0},
    ("corner", "again"): {"s3": 0, "seconds": 1.0},
    ("corner", "jp2"): {"seconds": 8.0},
    ("memory", "cold"): {"memory": 1600.0, "size": 1000.0},
    ("memory", "chain"): {"memory": 3000.0, "size": 40.0},
    ("pieces", "pieces"): {"kept": 30.0},
    ("32-km", "floor"): {"bytes": 20e6},
    ("startup", "imports"): {"cpu": 1.3},
    ("startup", "imports-before"): {"cpu": 2.0},
    ("startup", "map-warm"): {"seconds": 3.0},
}


def make_results(*changed: tuple[str, str, dict[str, Any]]) -> Results:
    """The targets at their limits, but for what is changed."""
    found = {pair: MADE | values for pair, values in AT_LIMITS.items()}
    for job, way, values in changed:
        found[job, way] = found[job, way] | values
    return found


# -- targets -----------------------------------------------------------------


def test_all_targets_hold_at_their_limits():
    found = list(targets.judge(make_results()))
    assert [target.promise for target in found if not target.holds] == []
    verdict = targets.make_verdict(make_results())
    assert "không đạt" not in verdict and verdict.count("| đạt |") == len(found) == 19


@pytest.mark.parametrize(
    ("job", "way", "change", "missed", "words"),
    [
        ("31-dates", "cold", {"s3": 141}, "nhiều nhất 140 yêu cầu", "2,3 yêu cầu"),
        ("31-dates", "cold", {"bytes": 116e6}, "không quá 1,15 lần", "100 MB, đã tải 116 MB"),
        ("31-dates", "cold", {"memory": 301.0, "base": 200.0}, "không hơn odc-stac", "thêm 101 MB"),
        ("31-dates", "cold", {"pixels": "bb"}, "giống hệt tệp", "`load`, lần đầu (31 ngày)"),
        ("middle", "cold", {"s3": 181}, "nhiều nhất 180 yêu cầu", "2,9 yêu cầu"),
        ("middle", "cold", {"bytes": 81e6}, "không quá 1,6 lần", "50,0 MB, đã tải 81,0 MB"),
        ("1-date", "cold", {"s3": 7}, "nhiều nhất 6 yêu cầu", "3,5 yêu cầu"),
        ("31-dates", "odc-stac", {"seconds": 140.0}, "nhanh hơn odc-stac", "1,5 giây CPU"),
        ("31-dates", "seed", {"seconds": 100.0}, "nhanh hơn cách của bài gốc", "cách của bài gốc mất 100 giây"),
        ("31-dates", "warm", {"s3": 2}, "31 ngày, đọc lại: 0 yêu cầu", "tải lại"),
        ("corner", "again", {"s3": 1}, "góc bốn ô, đọc lại: 0 yêu cầu", "tải lại"),
        ("31-dates", "jp2", {"seconds": 4.7}, "31 ngày, đọc lại trong cùng kernel: nhanh hơn", "mất 4,7 giây"),
        ("corner", "jp2", {"seconds": 7.9}, "qua góc bốn ô, đọc lại trong cùng kernel", "mất 7,9 giây"),
        ("memory", "cold", {"memory": 1610.0}, "nhiều nhất 1,6 lần kết quả", "giữ đến 1610 MB"),
        ("memory", "chain", {"memory": 3010.0}, "nhiều nhất 3 lần kết quả", "giữ đến 3010 MB"),
        ("pieces", "pieces", {"kept": 30.1}, "cất nhiều nhất 1,5 lần", "20,0 MB khi tải, và 30,1 MB"),
        ("startup", "imports", {"cpu": 1.31}, "nhiều nhất 0,65 lần", "1,3 giây CPU thay vì 2,0"),
        ("startup", "map-warm", {"seconds": 3.1}, "nhiều nhất 3 giây", "nạp thư viện đã mất 2,5 giây"),
    ],
)
def test_a_missed_target_says_why(job, way, change, missed, words):
    found = make_results((job, way, change))
    (target,) = (target for target in targets.judge(found) if target.holds is False)
    assert missed in target.promise
    said = targets.make_verdict(found)
    assert said.count("**không đạt**") == 1 and words in said.split("vì sao:")[1]


def test_a_slow_second_look_misses_both_of_its_targets():
    found = targets.judge(make_results(("31-dates", "again", {"seconds": 0.61})))
    assert ["đọc lại trong cùng kernel" in target.promise for target in found if not target.holds] == [True, True]


def test_what_was_not_measured_is_not_judged():
    assert {target.holds for target in targets.judge({})} == {None}
    assert targets.make_verdict({}).count("chưa đo") == 19
    found = make_results(("31-dates", "odc-stac", {"failed": "RasterioIOError: x"}))
    unknown = [target.promise for target in targets.judge(found) if target.holds is None]
    assert len(unknown) == 2 and all("odc-stac" in promise for promise in unknown)


def test_jobs_of_the_same_content_are_compared():
    """Without the quota the same pixels are read as with it."""
    found = make_results() | {(jobs.FREE.name, "odc-stac"): MADE | {"pixels": "bb"}}
    assert targets.find_wrong_pixels(found) == [(jobs.FREE.name, "odc-stac")]
    (target,) = (target for target in targets.judge(found) if "điểm ảnh" in target.promise)
    assert target.holds  # the fault is another's


def test_every_pixel_that_is_read_is_compared():
    """But for an average of which there is no truth, and for the wide job, which reads the files of another."""
    with_truth = {job.content for job in jobs.ALL if "truth" in job.ways}
    assert {job.name for job in jobs.ALL if job.content not in with_truth} == {"quicklook-100", "memory"}


# -- tables ------------------------------------------------------------------


def test_a_table_has_a_row_for_each_way():
    found = make_results(("31-dates", "seed", {"failed": "RasterioIOError: no"}))
    lines = report.make_table(found, jobs.MANY).splitlines()
    assert lines[0] == "| Cách đọc | Yêu cầu | MB | Giây | Giây CPU | Bộ nhớ |" and lines[1].count("--:") == 5
    assert "| `load`, lần đầu | 140 | 115 | 10,0 | 1,5 | 300 |" in lines
    assert "| `load`, đọc lại | 0 | 2,3 | 0,60 | 1,5 | 240 |" in lines
    assert "| odc-stac | 6398 | 2,3 | 150 | 1,5 | 300 |" in lines
    assert "| cách của bài gốc | 6 | 2,3 | hỏng | – | – |" in lines
    assert "| rioxarray | – | – | chưa đo | – | – |" in lines
    assert len(lines) == 2 + len(jobs.MANY.ways) - 1  # the truth is not a way of reading


def test_trouble_names_failures_and_silent_errors():
    assert report.list_trouble(make_results()).startswith("Trong những lần đo trên trang này, không lần nào hỏng")
    failed = {"failed": "Error: `429`\n again", "seconds": 62.4}
    wrong = make_results(("31-dates", "seed", {"pixels": "bb"}), ("31-dates", "odc-stac", failed))
    assert report.list_trouble(wrong).splitlines() == [
        "- odc-stac, 31 ngày: hỏng sau 62 giây, `Error: 429 again`",
        "- cách của bài gốc, 31 ngày: không báo lỗi nào, nhưng **điểm ảnh sai**.",
    ]


def test_memory_is_compared_with_what_load_gives():
    lines = report.compare_memory(make_results()).splitlines()
    assert lines[2] == "| `load`, lần đầu | 1000 | 1600 | 1,6 | 2,5 |"
    assert lines[3] == "| `load` đến trung vị NDVI | 1000 | 3000 | 3,0 | 2,5 |"
    assert report.compare_memory({}).count("chưa đo") == 2


def test_the_start_is_shown():
    lines = report.compare_startup(make_results()).splitlines()
    assert lines[2] == "| nạp thư viện của Bài 4 | 2,5 | 1,3 |"
    assert len(lines) == 2 + len(startup.TITLES) and "| chưa đo | – |" in lines[4]


def test_sentences_follow_the_figures():
    four, eight, area = "4-threads", "8-threads", [job.name for job in jobs.AREAS]
    found: Results = {
        (four, "odc-stac"): MADE | {"seconds": 8.0, "memory": 250.0},
        (eight, "odc-stac"): MADE | {"seconds": 9.5, "refused": 17},
        (jobs.CLUSTER.name, "cluster"): MADE | {"seconds": 12.0, "memory": 600.0},
        (jobs.COARSE.name, "odc-stac"): MADE | {"seconds": 50.0},
        (jobs.SMALL.name, "odc-stac"): MADE | {"seconds": 2.0},
    }
    found |= {(name, "odc-stac"): MADE | {"seconds": 4.0 * place} for place, name in enumerate(area, 1)}
    found |= {(name, "cold"): MADE | {"seconds": 2.0} for name in area}
    assert "Với 8 luồng, odc-stac mất 9,5 giây; với 4 luồng, 8,0 giây." in report.compare_threads(found)
    assert "bị từ chối 17 lần" in report.compare_threads(found)
    assert "| 8 | 9,5 | 17 | chưa đo |" in report.compare_threads(found)
    assert "cần 1,5 lần thời gian và 2,4 lần bộ nhớ" in report.compare_cluster(found)
    assert "ảnh 10 m mất 25,0 lần" in report.compare_quicklooks(found)
    assert "gấp 2,0, 4,0 và 6,0 lần" in report.compare_areas(found)
    assert "| odc-stac | 4,0 (6) | 8,0 (6) | 12,0 (6) |" in report.compare_areas(found)
    found[area[0], "cold"] = {"seconds": 1.0, "failed": "x", "s3": 1}
    tables = [report.compare_areas(found), *(make({}) for make in SENTENCES)]
    assert all(table.splitlines()[-1].startswith("|") for table in tables)


SENTENCES = report.compare_threads, report.compare_cluster, report.compare_quicklooks


# -- the page ----------------------------------------------------------------


def test_blocks_replace_what_stood_there():
    text = "a\n\n% đo x\n\nold\n\n% hết\n\nb\n\n% đo y\n\n% hết\n"
    filled = report.fill(text, {"x": "new \\1", "y": "z"})
    assert filled == "a\n\n% đo x\n\nnew \\1\n\n% hết\n\nb\n\n% đo y\n\nz\n\n% hết\n"
    assert report.fill(filled, {"x": "new \\1", "y": "z"}) == filled
    with pytest.raises(ValueError, match="marks"):
        report.fill(text, {"x": "new"})


@pytest.mark.parametrize("found", [{}, make_results()], ids=["nothing", "some"])
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
    assert ("OpenJPEG 2." in text) == bool(found)
    assert ("| 31 ngày, đọc lại: 0 yêu cầu | 0 | đạt |" in text) == bool(found)
    alt = re.search(r"^:alt: (.+)$", text, flags=re.MULTILINE)
    assert alt and ("31 ngày: load, lần đầu 140 yêu cầu, 10,0 giây" in alt[1]) == bool(found) and "_" not in alt[1]


def test_the_chart_shows_each_way_and_is_the_same_again(tmp_path):
    bars = [chart.Bar("load, lần đầu", 210, 10.52, "cold"), chart.Bar("odc-stac", 6398, None, "odc-stac")]
    for name in ("a.svg", "b.svg"):
        chart.draw(tmp_path / name, "31 ngày", bars)
    drawn = (tmp_path / "a.svg").read_text(encoding="utf-8")
    words = re.findall(r">([^<>\n]+)</text>", drawn)
    assert {"load, lần đầu", "10,5", "hỏng", "210", "6398", "Giây để đọc 31 ngày"} <= set(words)
    assert drawn.count(chart.OURS) == 2 and drawn == (tmp_path / "b.svg").read_text(encoding="utf-8")
    chart.draw(tmp_path / "none.svg", "31 ngày", [])
