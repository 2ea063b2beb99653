"""The results as tables, sentences and a chart: what stands between the marks of book/hieu-nang.md.

Whatever depends on a figure is written here, so that the page is right whatever was measured, or not yet.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bench import chart, jobs, measure
from bench.jobs import Job
from bench.measure import ROOT, Result
from bench.ways import WAYS

PAGE = ROOT / "book" / "hieu-nang.md"
PICTURE = ROOT / "book" / "images" / "hieu-nang.svg"
NOT_YET = "chưa đo"
Results = dict[tuple[str, str], Result]  # by the names of job and way


def collect() -> Results:
    """Every result that is kept and still holds."""
    pairs = [(job, way) for job in jobs.ALL for way in job.ways]
    return {(job.name, way): result for job, way in pairs if (result := measure.kept(job, way))}


def write() -> Path:
    """Fill the page from what was measured; its path."""
    results = collect()
    shown = jobs.MANY if (jobs.MANY.name, "cold") in results else jobs.ONE
    chart.draw(PICTURE, shown.title, bars(results, shown))
    blocks = {
        "may": machine(results),
        "bieu-do": figure(results, shown),
        "31-ngay": table(results, jobs.MANY),
        "1-ngay": table(results, jobs.ONE),
        "muc-tieu": verdict(results),
        "dien-tich": areas(results),
        "luong": threads(results),
        "cum": cluster(results),
        "xem-nhanh": quicklooks(results),
        "han-ngach": without_quota(results),
        "hong": trouble(results),
    }
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), blocks), encoding="utf-8")
    return PAGE.relative_to(ROOT)


def filled(text: str, blocks: dict[str, str]) -> str:
    """The page with new blocks. Between `% đo NAME` and `% hết` all is replaced; ValueError if one is missing."""
    marks = re.findall(r"^% đo (\S+)$", text, flags=re.MULTILINE)
    if sorted(marks) != sorted(blocks):
        raise ValueError(f"{PAGE.name} has the marks {marks}, but these are written: {list(blocks)}")
    for name, block in blocks.items():
        inside = re.compile(rf"(?<=^% đo {re.escape(name)}$\n).*?(?=^% hết$)", re.DOTALL | re.MULTILINE)
        text = inside.sub(f"\n{block}\n\n".replace("\\", r"\\"), text)
    return text


# -- words and figures -------------------------------------------------------


def number(value: float, digits: int = 1) -> str:
    """With a decimal comma."""
    return f"{value:.{digits}f}".replace(".", ",")


def seconds(result: Result) -> str:
    """As much of it as can be trusted; a word where there is none."""
    if not result:
        return NOT_YET
    if "failed" in result:
        return "hỏng"
    return number(result["seconds"], 0 if result["seconds"] >= 99.5 else 1)


def ratio(slow: Result, fast: Result) -> float | None:
    """How many times as long the first took; `None` unless both came to an end."""
    return slow["seconds"] / fast["seconds"] if _usable(slow, fast) else None


def megabytes(result: Result) -> str:
    return number(result["bytes"] / 1e6, 0 if result["bytes"] >= 99.5e6 else 1)


def title(way: str) -> str:
    return WAYS[way].title


def rows(header: str, lines: Iterable[Iterable[str]], right: str) -> str:
    """A Markdown table; `right` has a letter for each column: l or r."""
    rule = "|".join("--:" if side == "r" else "---" for side in right)
    return "\n".join([f"| {header} |", f"|{rule}|", *(f"| {' | '.join(line)} |" for line in lines)])


def listed(names: Iterable[str]) -> str:
    """With commas, and "và" before the last."""
    *first, last = names
    return f"{', '.join(first)} và {last}" if first else last


# -- blocks ------------------------------------------------------------------


def machine(results: Results) -> str:
    if not results:
        return "Chưa có số đo nào: hãy chạy `make bench`."
    found, days = measure.machine(), sorted({result["made"] for result in results.values()})
    versions = ", ".join(f"{name} {found[name]}" for name in found if name != "machine")
    when = listed(".".join(day.split("-")[::-1]) for day in dict.fromkeys((days[0], days[-1])))
    return f"Máy: {found['machine']}.\nNgày đo: {when}.\nPhiên bản: {versions}."


def bars(results: Results, job: Job) -> list[chart.Bar]:
    every = ((way, results.get((job.name, way), {})) for way in job.ways if way != "truth")
    return [
        chart.Bar(title(way).replace("`", ""), result["s3"], None if "failed" in result else result["seconds"], way)
        for way, result in every
        if result
    ]


def figure(results: Results, job: Job) -> str:
    drawn = bars(results, job)
    said = (
        f"{bar.title} {bar.requests} yêu cầu, {'hỏng' if bar.seconds is None else number(bar.seconds) + ' giây'}"
        for bar in drawn
    )
    return "\n".join(
        [
            ":::{figure} images/hieu-nang.svg",
            ":label: hinh-hieu-nang",
            f":alt: Hai biểu đồ thanh ngang, thời gian và số yêu cầu của từng cách đọc {job.title}: {'; '.join(said)}.",
            ":width: 480px",
            "",
            f"Đọc {job.title}, hai band, dưới giới hạn của CDSE: thời gian (trên) và số yêu cầu (dưới).",
            ":::",
        ]
    )


def table(results: Results, job: Job) -> str:
    lines = []
    for way in job.ways:
        result = results.get((job.name, way), {})
        if way == "truth":
            continue
        if not result:
            lines.append([title(way), "–", "–", NOT_YET, "–"])
            continue
        memory = "–" if "failed" in result else f"{result['memory']:.0f}"
        lines.append([title(way), f"{result['s3']}", megabytes(result), seconds(result), memory])
    return rows("Cách đọc | Yêu cầu | MB | Giây | Bộ nhớ", lines, "lrrrr")


def areas(results: Results) -> str:
    lines = []
    for way in jobs.AREAS[0].ways:
        found = [results.get((job.name, way), {}) for job in jobs.AREAS]
        if way != "truth":
            lines.append([title(way), *(f"{seconds(r)} ({r['s3']})" if r else NOT_YET for r in found)])
    drawn = rows(" | ".join(["Cách đọc", *(job.title for job in jobs.AREAS)]), lines, "lrrr")
    shares = [ratio(results.get((job.name, "odc-stac"), {}), results.get((job.name, "cold"), {})) for job in jobs.AREAS]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return drawn
    said = f"So với odc-stac, `load` nhanh gấp {listed(number(share) for share in known)} lần, theo thứ tự ấy."
    return f"{drawn}\n\n{said}"


def threads(results: Results) -> str:
    lines = []
    for job in jobs.THREADS:
        found = [results.get((job.name, way), {}) for way in ("odc-stac", "threads")]
        refused = [str(r["refused"]) if r else "–" for r in found[:1]]
        lines.append([str(job.threads), seconds(found[0]), *refused, seconds(found[1])])
    drawn = rows("Luồng | odc-stac | bị từ chối | `fetch` trước", lines, "rrrr")
    four, eight = (results.get((f"{count}-threads", "odc-stac"), {}) for count in (4, 8))
    if ratio(eight, four) is None:
        return drawn
    said = f"Từ 4 lên 8 luồng, odc-stac mất {seconds(eight)} giây thay vì {seconds(four)} giây"
    return f"{drawn}\n\n{said}, và bị từ chối {eight['refused']} lần."


def cluster(results: Results) -> str:
    four = next(job for job in jobs.THREADS if job.threads == 4)
    pairs = [(four, "odc-stac"), (jobs.CLUSTER, "cluster"), (four, "threads"), (jobs.CLUSTER, "our-cluster")]
    lines = []
    for job, way in pairs:
        result = results.get((job.name, way), {})
        name = f"{title(way)}, 4 luồng" if job is four else title(way)
        lines.append([name, seconds(result), f"{result['memory']:.0f}" if result and "memory" in result else "–"])
    drawn = rows("Cách đọc | Giây | Bộ nhớ", lines, "lrr")
    threads, processes = (results.get((job.name, way), {}) for job, way in pairs[:2])
    if (share := ratio(processes, threads)) is None:
        return drawn
    more = processes["memory"] / threads["memory"]
    said = f"Với odc-stac, cụm Dask cần {number(share)} lần thời gian và {number(more)} lần bộ nhớ của 4 luồng."
    return f"{drawn}\n\n{said}"


def quicklooks(results: Results) -> str:
    lines = []
    for job, way, name in (
        (jobs.SMALL, "cold", "ảnh 60 m, `load`"),
        (jobs.SMALL, "odc-stac", "ảnh 60 m, odc-stac"),
        (jobs.SMALL, "4-mb", "như trên, mỗi lần đọc 4 MB"),
        (jobs.COARSE, "odc-stac", "ảnh 10 m, `resolution=100`"),
    ):
        result = results.get((job.name, way), {})
        counted = [str(result["s3"]), megabytes(result)] if result else ["–", "–"]
        lines.append([name, *counted, seconds(result)])
    drawn = rows("Cách đọc | Yêu cầu | MB | Giây", lines, "lrrr")
    share = ratio(results.get((jobs.COARSE.name, "odc-stac"), {}), results.get((jobs.SMALL.name, "odc-stac"), {}))
    said = "" if share is None else f"\n\nVới odc-stac, ảnh 60 m xong nhanh gấp {number(share)} lần."
    return drawn + said


def without_quota(results: Results) -> str:
    lines = []
    for way in jobs.FREE.ways:
        limited, free = (results.get((job.name, way), {}) for job in (jobs.MANY, jobs.FREE))
        counted = str(free["s3"]) if free else "–"
        lines.append([title(way), counted, seconds(free), seconds(limited)])
    return rows("Cách đọc | Yêu cầu | Không hạn ngạch | 2000 mỗi phút", lines, "lrrr")


# -- what went wrong ---------------------------------------------------------


def truths(results: Results) -> dict[tuple, str]:
    """The right pixels of each job that was also read from the disk."""
    every = (job for job in jobs.ALL if (job.name, "truth") in results)
    return {job.content: results[job.name, "truth"]["pixels"] for job in every}


def compared(results: Results) -> dict[tuple[str, str], bool]:
    """Job and way, and whether the pixels are right; where there is nothing to compare with, it is not listed."""
    right = truths(results)
    return {
        (job.name, way): results[job.name, way]["pixels"] == right[job.content]
        for job in jobs.ALL
        for way in job.ways
        if job.content in right and "pixels" in results.get((job.name, way), {}) and way != "truth"
    }


def trouble(results: Results) -> str:
    """Every failure, and every result that is wrong without one."""
    names = {job.name: job.title for job in jobs.ALL}
    lines = [
        f"- {title(way)}, {names[job]}: hỏng sau {number(result['seconds'], 0)} giây, "
        f"`{' '.join(result['failed'].replace('`', '').split())[:160]}`"
        for (job, way), result in results.items()
        if "failed" in result
    ]
    lines += [
        f"- {title(way)}, {names[job]}: không báo lỗi nào, nhưng **điểm ảnh sai**."
        for (job, way), right in compared(results).items()
        if not right
    ]
    return (
        "\n".join(lines) or "Trong những lần đo trên trang này, không lần nào hỏng và không lần nào cho điểm ảnh sai."
    )


# -- targets -----------------------------------------------------------------


class Target(NamedTuple):
    """One promise; `why` explains a miss."""

    promise: str
    measured: str
    holds: bool | None  # `None`: not measured
    why: str = ""


def verdict(results: Results) -> str:
    """The targets in a table, then a sentence for each that is missed."""
    found = targets(results)
    words = {True: "đạt", False: "**không đạt**", None: NOT_YET}
    lines = [[target.promise, target.measured, words[target.holds]] for target in found]
    missed = [f"- {t.promise}: đo được {t.measured}.\n  {t.why}" for t in found if t.holds is False]
    reasons = ["\nMục tiêu không đạt, và vì sao:\n", *missed] if missed else []
    return "\n".join([rows("Mục tiêu | Đo được | Kết quả", lines, "lrl"), *reasons])


def targets(results: Results) -> list[Target]:
    one, many = jobs.ONE.name, jobs.MANY.name
    return [
        _requests(results.get((many, "cold"), {}), 220, 2 * jobs.MANY.dates, "31 ngày, lần đầu"),
        _requests(results.get((one, "cold"), {}), 8, 2, "1 ngày, lần đầu"),
        _bytes(results.get((many, "cold"), {}), results.get((many, "floor"), {})),
        _again(results.get((many, "warm"), {})),
        *(_faster(results, way) for way in ("odc-stac", "seed")),
        _memory(results.get((many, "cold"), {}), results.get((many, "odc-stac"), {})),
        _identical(compared(results)),
    ]


def _usable(*found: Result) -> bool:
    return all(bool(result) and "failed" not in result for result in found)


def _requests(cold: Result, most: int, files: int, what: str) -> Target:
    promise = f"{what}: nhiều nhất {most} yêu cầu"
    if not _usable(cold):
        return Target(promise, "–", None)
    why = f"Trung bình mỗi tệp cần {number(cold['s3'] / files)} yêu cầu để tìm ra ô của nó rồi tải."
    return Target(promise, str(cold["s3"]), cold["s3"] <= most, why)


def _bytes(cold: Result, floor: Result) -> Target:
    promise = "31 ngày, lần đầu: không quá 2 lần số byte của các ô cần đọc"
    if not _usable(cold, floor):
        return Target(promise, "–", None)
    share = cold["bytes"] / floor["bytes"]
    why = (
        f"Các ô cần đọc nặng {megabytes(floor)} MB, đã tải {megabytes(cold)} MB: "
        "mỗi lần dò tìm đọc cả một đoạn dài, và phần đầu của tệp nào cũng phải đọc."
    )
    return Target(promise, f"{number(share)} lần", share <= 2, why)


def _again(warm: Result) -> Target:
    promise = "31 ngày, đọc lại: 0 yêu cầu"
    if not _usable(warm):
        return Target(promise, "–", None)
    return Target(promise, str(warm["s3"]), warm["s3"] == 0, "Có tệp nhỏ bị coi là thiếu ô hay hỏng, và được tải lại.")


def _faster(results: Results, way: str) -> Target:
    promise = f"31 ngày: nhanh hơn {title(way)} ít nhất 15 lần"
    cold, warm, other = (results.get((jobs.MANY.name, name), {}) for name in ("cold", "warm", way))
    if not _usable(cold, warm, other):
        return Target(promise, "–", None)
    ratio = other["seconds"] / cold["seconds"]
    why = (
        f"{title(way)} mất {seconds(other)} giây, `load` mất {seconds(cold)} giây. "
        f"Trong số ấy, {seconds(warm)} giây là giải nén và kiểm tra, vì đọc lại từ đĩa cũng mất chừng đó: "
        "phần này không phụ thuộc vào mạng."
    )
    return Target(promise, f"{number(ratio, 0)} lần", ratio >= 15, why)


def _memory(cold: Result, other: Result) -> Target:
    promise = "31 ngày: bộ nhớ không hơn odc-stac"
    if not _usable(cold, other):
        return Target(promise, "–", None)
    why = (
        f"Trước khi đọc byte nào, tiến trình của `load` đã giữ {cold['base']:.0f} MB, của odc-stac {other['base']:.0f} "
        "MB: khác nhau ở các thư viện để ký yêu cầu và kiểm tra kết quả. "
        f"Riêng việc đọc, `load` thêm {cold['memory'] - cold['base']:.0f} MB, "
        f"odc-stac thêm {other['memory'] - other['base']:.0f} MB."
    )
    measured = f"{cold['memory']:.0f} và {other['memory']:.0f} MB"
    return Target(promise, measured, cold["memory"] <= other["memory"], why)


def _identical(found: dict[tuple[str, str], bool]) -> Target:
    """Ours must be right; the others' faults are theirs, and listed elsewhere."""
    promise = "điểm ảnh giống hệt tệp trên đĩa"
    own = {pair: right for pair, right in found.items() if pair[1] in measure.OURS}
    if not own:
        return Target(promise, "–", None)
    good = sum(own.values())
    names = {job.name: job.title for job in jobs.ALL}
    wrong = (f"{title(way)} ({names[job]})" for (job, way), right in own.items() if not right)
    why = f"Khác ở: {listed(wrong)}." if good < len(own) else ""
    return Target(promise, f"{good} trong {len(own)} lần đo", good == len(own), why)
