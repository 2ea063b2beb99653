"""The results as tables, sentences and a chart: what stands between the marks of book/hieu-nang.md.

Whatever depends on a figure is written here, so that the page is right whatever was measured, or not yet.
"""

import re
from pathlib import Path

from bench import chart, jobs, measure, startup, targets
from bench.jobs import Job
from bench.results import ROOT, Result, Results, machine
from bench.targets import find_wrong_pixels
from bench.words import NOT_YET, as_megabytes, as_number, compare, find, is_usable, listed, seconds, table, title

PAGE = ROOT / "book" / "hieu-nang.md"
PICTURE = ROOT / "book" / "images" / "hieu-nang.svg"


def collect() -> Results:
    """Every result that is kept and still holds."""
    found = {(job.name, way): measure.kept(job, way) for job in jobs.ALL for way in job.ways}
    found |= {startup.pair(name): startup.kept(name) for name in startup.TITLES}
    return {pair: result for pair, result in found.items() if result}


def write() -> Path:
    """Fill the page from what was measured; its path."""
    results = collect()
    shown = jobs.MANY if (jobs.MANY.name, "cold") in results else jobs.ONE
    chart.draw(PICTURE, shown.title, make_bars(results, shown))
    blocks = {
        "may": describe_machine(results),
        "bieu-do": make_figure(results, shown),
        "31-ngay": make_table(results, jobs.MANY),
        "1-ngay": make_table(results, jobs.ONE),
        "muc-tieu": targets.make_verdict(results),
        "goc": make_table(results, jobs.CORNER),
        "giua": make_table(results, jobs.MIDDLE),
        "dien-tich": compare_areas(results),
        "bo-nho": compare_memory(results),
        "khoi-dong": compare_startup(results),
        "luong": compare_threads(results),
        "cum": compare_cluster(results),
        "xem-nhanh": compare_quicklooks(results),
        "han-ngach": compare_quota(results),
        "hong": list_trouble(results),
    }
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8"), blocks), encoding="utf-8")
    return PAGE.relative_to(ROOT)


def fill(text: str, blocks: dict[str, str]) -> str:
    """The page with new blocks. Between `% đo NAME` and `% hết` all is replaced; ValueError if one is missing."""
    marks = re.findall(r"^% đo (\S+)$", text, flags=re.MULTILINE)
    if sorted(marks) != sorted(blocks):
        raise ValueError(f"{PAGE.name} has the marks {marks}, but these are written: {list(blocks)}")
    for name, block in blocks.items():
        inside = re.compile(rf"(?<=^% đo {re.escape(name)}$\n).*?(?=^% hết$)", re.DOTALL | re.MULTILINE)
        text = inside.sub(f"\n{block}\n\n".replace("\\", r"\\"), text)
    return text


# -- the chart and what stands beside it -------------------------------------


def describe_machine(results: Results) -> str:
    if not results:
        return "Chưa có số đo nào: hãy chạy `make bench`."
    found = machine()
    days = sorted({result["made"] for result in results.values()})
    ends = dict.fromkeys((days[0], days[-1]))
    when = listed(".".join(day.split("-")[::-1]) for day in ends)
    versions = ", ".join(f"{name} {found[name]}" for name in found if name != "machine")
    return f"Máy: {found['machine']}.\nNgày đo: {when}.\nPhiên bản: {versions}."


def make_bars(results: Results, job: Job) -> list[chart.Bar]:
    bars = []
    for way in job.ways:
        result = find(results, job, way)
        if result and way != "truth":
            taken = None if "failed" in result else result["seconds"]
            bars.append(chart.Bar(title(way).replace("`", ""), result["s3"], taken, way))
    return bars


def make_figure(results: Results, job: Job) -> str:
    said = []
    for bar in make_bars(results, job):
        taken = "hỏng" if bar.seconds is None else f"{as_number(bar.seconds)} giây"
        said.append(f"{bar.title} {bar.requests} yêu cầu, {taken}")
    alt = f"Hai biểu đồ thanh ngang, thời gian và số yêu cầu của từng cách đọc {job.title}: {'; '.join(said)}."
    return "\n".join(
        [
            ":::{figure} images/hieu-nang.svg",
            ":label: hinh-hieu-nang",
            f":alt: {alt}",
            ":width: 480px",
            "",
            f"Đọc {job.title}, hai band, dưới giới hạn của CDSE: thời gian (trên) và số yêu cầu (dưới).",
            ":::",
        ]
    )


# -- tables ------------------------------------------------------------------


def make_table(results: Results, job: Job) -> str:
    """A row for each way; the truth is what they are compared with, and no way of reading."""
    lines = [make_row(way, find(results, job, way)) for way in job.ways if way != "truth"]
    return table("Cách đọc | Yêu cầu | MB | Giây | Giây CPU | Bộ nhớ", lines, "lrrrrr")


def make_row(way: str, result: Result) -> list[str]:
    if not result:
        return [title(way), "–", "–", NOT_YET, "–", "–"]
    counts = [title(way), str(result["s3"]), as_megabytes(result), seconds(result)]
    if "failed" in result:
        return [*counts, "–", "–"]
    return [*counts, as_number(result["cpu"]), f"{result['memory']:.0f}"]


def compare_areas(results: Results) -> str:
    lines = []
    for way in jobs.AREA_WAYS:
        found = [find(results, job, way) for job in jobs.AREAS]
        if way != "truth":
            lines.append([title(way), *(f"{seconds(r)} ({r['s3']})" if r else NOT_YET for r in found)])
    header = " | ".join(["Cách đọc", *(job.title for job in jobs.AREAS)])
    drawn = table(header, lines, "lrrr")
    shares = [compare(find(results, job, "odc-stac"), find(results, job, "cold")) for job in jobs.AREAS]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return drawn
    said = listed(as_number(share) for share in known)
    return f"{drawn}\n\nThời gian của odc-stac gấp {said} lần thời gian của `load`, theo thứ tự ấy."


def compare_memory(results: Results) -> str:
    """The peak of a process beside what `load` gave it."""
    load = find(results, jobs.MEMORY, "cold")
    lines = []
    for way in jobs.MEMORY.ways:
        result = find(results, jobs.MEMORY, way)
        if is_usable(load, result):
            share = as_number(result["memory"] / load["size"])
            lines.append([title(way), f"{load['size']:.0f}", f"{result['memory']:.0f}", share, seconds(result)])
        else:
            lines.append([title(way), "–", "–", "–", seconds(result)])
    return table("Việc | Kết quả của `load` | Bộ nhớ | Gấp | Giây", lines, "lrrrr")


def compare_startup(results: Results) -> str:
    lines = []
    for name, words in startup.TITLES.items():
        result = results.get(startup.pair(name), {})
        lines.append([words, seconds(result), as_number(result["cpu"]) if result else "–"])
    return table("Việc | Giây | Giây CPU", lines, "lrr")


def compare_threads(results: Results) -> str:
    lines = []
    for job in jobs.THREADS:
        plain, ours = (find(results, job, way) for way in ("odc-stac", "threads"))
        refused = str(plain["refused"]) if plain else "–"
        lines.append([str(job.threads), seconds(plain), refused, seconds(ours)])
    drawn = table("Luồng | odc-stac | bị từ chối | `fetch` trước", lines, "rrrr")
    *_, four, eight = (find(results, job, "odc-stac") for job in jobs.THREADS)
    if compare(eight, four) is None:
        return drawn
    said = f"Với 8 luồng, odc-stac mất {seconds(eight)} giây; với 4 luồng, {seconds(four)} giây"
    return f"{drawn}\n\n{said}. Với 8 luồng, nó bị từ chối {eight['refused']} lần."


def compare_cluster(results: Results) -> str:
    four = next(job for job in jobs.THREADS if job.threads == 4)
    pairs = [(four, "odc-stac"), (jobs.CLUSTER, "cluster"), (four, "threads"), (jobs.CLUSTER, "our-cluster")]
    lines = []
    for job, way in pairs:
        result = find(results, job, way)
        name = f"{title(way)}, 4 luồng" if job is four else title(way)
        memory = f"{result['memory']:.0f}" if result and "memory" in result else "–"
        lines.append([name, seconds(result), memory])
    drawn = table("Cách đọc | Giây | Bộ nhớ", lines, "lrr")
    threads, processes = (find(results, job, way) for job, way in pairs[:2])
    share, more = compare(processes, threads), compare(processes, threads, "memory")
    if share is None or more is None:
        return drawn
    said = f"Với odc-stac, cụm Dask cần {as_number(share)} lần thời gian và {as_number(more)} lần bộ nhớ của 4 luồng."
    return f"{drawn}\n\n{said}"


QUICKLOOKS = (
    (jobs.SMALL, "cold", "ảnh 60 m, `load`"),
    (jobs.SMALL, "odc-stac", "ảnh 60 m, odc-stac"),
    (jobs.SMALL, "4-mb", "như trên, mỗi lần đọc 4 MB"),
    (jobs.COARSE, "odc-stac", "ảnh 10 m, `resolution=100`"),
)


def compare_quicklooks(results: Results) -> str:
    lines = []
    for job, way, name in QUICKLOOKS:
        result = find(results, job, way)
        counts = [str(result["s3"]), as_megabytes(result)] if result else ["–", "–"]
        lines.append([name, *counts, seconds(result)])
    drawn = table("Cách đọc | Yêu cầu | MB | Giây", lines, "lrrr")
    share = compare(find(results, jobs.COARSE, "odc-stac"), find(results, jobs.SMALL, "odc-stac"))
    if share is None:
        return drawn
    return f"{drawn}\n\nVới odc-stac, ảnh 10 m mất {as_number(share)} lần thời gian của ảnh 60 m."


def compare_quota(results: Results) -> str:
    lines = []
    for way in jobs.FREE.ways:
        limited, free = (find(results, job, way) for job in (jobs.MANY, jobs.FREE))
        requests = str(free["s3"]) if free else "–"
        lines.append([title(way), requests, seconds(free), seconds(limited)])
    return table("Cách đọc | Yêu cầu | Không hạn ngạch | 2000 mỗi phút", lines, "lrrr")


# -- what went wrong ---------------------------------------------------------


def list_trouble(results: Results) -> str:
    """Every failure, and every result that is wrong without one."""
    names = {job.name: job.title for job in jobs.ALL}
    lines = []
    for (job, way), result in results.items():
        if "failed" in result:
            words = " ".join(result["failed"].replace("`", "").split())[:160]
            after = as_number(result["seconds"], 0)
            lines.append(f"- {title(way)}, {names[job]}: hỏng sau {after} giây, `{words}`")
    for job, way in find_wrong_pixels(results):
        lines.append(f"- {title(way)}, {names[job]}: không báo lỗi nào, nhưng **điểm ảnh sai**.")
    if not lines:
        return "Trong những lần đo trên trang này, không lần nào hỏng và không lần nào cho điểm ảnh sai."
    return "\n".join(lines)
