"""What this course promises of its reader, and whether the measurements keep it."""

from collections.abc import Iterator
from typing import NamedTuple

from bench import jobs, measure, startup
from bench.results import Pair, Results
from bench.words import (
    NOT_YET,
    as_megabytes,
    as_number,
    as_seconds,
    compare,
    find,
    is_usable,
    listed,
    seconds,
    table,
    title,
)


class Target(NamedTuple):
    """One promise; `why` explains a miss."""

    promise: str
    measured: str = "–"
    holds: bool | None = None  # `None`: not measured
    why: str = ""


def make_verdict(results: Results) -> str:
    """The targets in a table, then a sentence for each that is missed."""
    found = list(judge(results))
    words = {True: "đạt", False: "**không đạt**", None: NOT_YET}
    lines = [[target.promise, target.measured, words[target.holds]] for target in found]
    drawn = table("Mục tiêu | Đo được | Kết quả", lines, "lrl")
    missed = [f"- {t.promise}: đo được {t.measured}.\n  {t.why}".rstrip() for t in found if t.holds is False]
    if not missed:
        return drawn
    return "\n".join([drawn, "\nMục tiêu không đạt, và vì sao:\n", *missed])


def judge(results: Results) -> Iterator[Target]:
    """All targets, in the order of the page."""
    yield _few_requests(results, jobs.MANY, 140)
    yield _few_bytes(results, jobs.MANY, 1.15)
    yield _few_requests(results, jobs.MIDDLE, 180)
    yield _few_bytes(results, jobs.MIDDLE, 1.6)
    yield _few_requests(results, jobs.ONE, 6)
    for way in ("odc-stac", "seed"):
        yield _faster_than(results, way, 15)
    for job in (jobs.MANY, jobs.CORNER):
        yield _nothing_asked_again(results, job)
        yield _decoded_once(results, job, 8)
    yield _soon_again(results, 0.6)
    yield _no_more_memory(results)
    yield _peak(results, "cold", 1.6)
    yield _peak(results, "chain", 3)
    yield _small_cache(results, 1.5)
    yield _quick_imports(results, 0.65)
    yield _first_map(results, 3)
    yield _right_pixels(results)


# -- the first time ----------------------------------------------------------


def _few_requests(results: Results, job: jobs.Job, most: int) -> Target:
    promise = f"{job.title}, lần đầu: nhiều nhất {most} yêu cầu"
    cold = find(results, job, "cold")
    if not is_usable(cold):
        return Target(promise)
    each = as_number(cold["s3"] / (job.dates * len(job.bands)))
    why = f"Trung bình mỗi tệp cần {each} yêu cầu để tìm ra ô của nó rồi tải."
    return Target(promise, str(cold["s3"]), cold["s3"] <= most, why)


def _few_bytes(results: Results, job: jobs.Job, most: float) -> Target:
    promise = f"{job.title}, lần đầu: không quá {_plain(most)} lần số byte của các ô cần đọc"
    cold, floor = (find(results, job, way) for way in ("cold", "floor"))
    share = compare(cold, floor, "bytes")
    if share is None:
        return Target(promise)
    why = (
        f"Các ô cần đọc nặng {as_megabytes(floor)} MB, đã tải {as_megabytes(cold)} MB: "
        "mỗi lần dò tìm đọc cả một đoạn dài, và phần đầu của tệp nào cũng phải đọc."
    )
    return Target(promise, f"{as_number(share, 2)} lần", share <= most, why)


def _faster_than(results: Results, way: str, least: float) -> Target:
    promise = f"31 ngày, lần đầu: nhanh hơn {title(way)} ít nhất {least} lần"
    cold, warm, other = (find(results, jobs.MANY, name) for name in ("cold", "warm", way))
    if not is_usable(cold, warm, other):
        return Target(promise)
    share = other["seconds"] / cold["seconds"]
    why = (
        f"{title(way)} mất {seconds(other)} giây, `load` mất {seconds(cold)} giây, "
        f"trong đó {as_number(cold['cpu'])} giây CPU là tìm, giải nén và kiểm tra."
    )
    return Target(promise, f"{as_number(share, 0)} lần", share >= least, why)


# -- a second look -----------------------------------------------------------


def _nothing_asked_again(results: Results, job: jobs.Job) -> Target:
    promise = f"{job.title}, đọc lại: 0 yêu cầu"
    found = [find(results, job, way) for way in ("again", "warm")]
    if not is_usable(*found):
        return Target(promise)
    asked = max(result["s3"] for result in found)
    return Target(promise, str(asked), asked == 0, "Có ô đã cất bị coi là thiếu hay hỏng, và được tải lại.")


def _decoded_once(results: Results, job: jobs.Job, least: float) -> Target:
    """Before, each reading decoded the JPEG 2000 tiles: that is what `jp2` does."""
    promise = f"{job.title}, đọc lại trong cùng kernel: nhanh hơn giải nén lại ít nhất {least} lần"
    again, jp2 = (find(results, job, way) for way in ("again", "jp2"))
    share = compare(jp2, again)
    if share is None:
        return Target(promise)
    why = f"Giải nén lại mất {seconds(jp2)} giây, đọc ô đã cất mất {seconds(again)} giây."
    return Target(promise, f"{as_number(share)} lần", share >= least, why)


def _soon_again(results: Results, most: float) -> Target:
    promise = f"31 ngày, đọc lại trong cùng kernel: nhiều nhất {_plain(most)} giây"
    again = find(results, jobs.MANY, "again")
    if not is_usable(again):
        return Target(promise)
    why = f"Trong đó {as_number(again['cpu'], 2)} giây CPU; phần còn lại là chờ đĩa hay chờ chương trình khác."
    return Target(promise, f"{as_seconds(again['seconds'])} giây", again["seconds"] <= most, why)


# -- memory and disk ---------------------------------------------------------


def _no_more_memory(results: Results) -> Target:
    promise = "31 ngày, lần đầu: bộ nhớ không hơn odc-stac"
    cold, other = (find(results, jobs.MANY, way) for way in ("cold", "odc-stac"))
    if not is_usable(cold, other):
        return Target(promise)
    why = (
        f"Trước khi đọc byte nào, tiến trình của `load` đã giữ {cold['base']:.0f} MB, của odc-stac {other['base']:.0f} "
        "MB: khác nhau ở các thư viện để ký yêu cầu và kiểm tra kết quả. "
        f"Riêng việc đọc, `load` thêm {cold['memory'] - cold['base']:.0f} MB, "
        f"odc-stac thêm {other['memory'] - other['base']:.0f} MB."
    )
    measured = f"{cold['memory']:.0f} và {other['memory']:.0f} MB"
    return Target(promise, measured, cold["memory"] <= other["memory"], why)


def _peak(results: Results, way: str, most: float) -> Target:
    promise = f"{jobs.MEMORY.title}, {title(way)}: bộ nhớ nhiều nhất {_plain(most)} lần kết quả của `load`"
    load, result = (find(results, jobs.MEMORY, name) for name in ("cold", way))
    if not is_usable(load, result):
        return Target(promise)
    share = result["memory"] / load["size"]
    why = f"Kết quả chiếm {load['size']:.0f} MB, tiến trình giữ đến {result['memory']:.0f} MB."
    return Target(promise, f"{as_number(share, 2)} lần", share <= most, why)


def _small_cache(results: Results, most: float) -> Target:
    """The area is that of the job of 32 km, where `floor` has asked for exactly the wanted tile-parts."""
    promise = f"25 vùng liền nhau trong một ảnh: cất nhiều nhất {_plain(most)} lần số byte của các ô"
    pieces, floor = find(results, jobs.PIECES, "pieces"), find(results, jobs.AREAS[-1], "floor")
    if not is_usable(pieces, floor):
        return Target(promise)
    share = 1e6 * pieces["kept"] / floor["bytes"]
    why = f"Các ô nặng {as_megabytes(floor)} MB khi tải, và {as_number(pieces['kept'])} MB khi đã giải nén rồi cất."
    return Target(promise, f"{as_number(share, 2)} lần", share <= most, why)


# -- the start ---------------------------------------------------------------


def _quick_imports(results: Results, most: float) -> Target:
    promise = f"nạp thư viện của một bài: nhiều nhất {_plain(most)} lần thời gian CPU khi có ngữ pháp RFC 3987"
    ours, before = (results.get(startup.pair(name), {}) for name in ("imports", "imports-before"))
    share = compare(ours, before, "cpu")
    if share is None:
        return Target(promise)
    why = (
        f"Cần {as_number(ours['cpu'])} giây CPU thay vì {as_number(before['cpu'])}: phần còn lại là các thư viện khác."
    )
    return Target(promise, f"{as_number(share, 2)} lần", share <= most, why)


def _first_map(results: Results, most: float) -> Target:
    promise = f"bản đồ NDVI đầu tiên, đọc lại: nhiều nhất {_plain(most)} giây, kể cả nạp thư viện"
    found, imports = (results.get(startup.pair(name), {}) for name in ("map-warm", "imports"))
    if not is_usable(found, imports):
        return Target(promise)
    why = f"Riêng việc nạp thư viện đã mất {seconds(imports)} giây."
    return Target(promise, f"{seconds(found)} giây", found["seconds"] <= most, why)


# -- pixels ------------------------------------------------------------------


def compare_pixels(results: Results) -> dict[Pair, bool]:
    """Job and way, and whether the pixels are right; where there is nothing to compare with, it is not listed."""
    right = _right_digests(results)
    found = {}
    for job in jobs.ALL:
        for way in job.ways:
            pixels = find(results, job, way).get("pixels")
            if pixels and way != "truth" and job.content in right:
                found[job.name, way] = pixels == right[job.content]
    return found


def find_wrong_pixels(results: Results) -> list[Pair]:
    return [pair for pair, right in compare_pixels(results).items() if not right]


def _right_digests(results: Results) -> dict[tuple, str]:
    """The right pixels of each job that was also read from the disk."""
    found: dict[tuple, str] = {}
    for job in jobs.ALL:
        truth = find(results, job, "truth")
        if truth:
            found[job.content] = truth["pixels"]
    return found


def _right_pixels(results: Results) -> Target:
    """Ours must be right; the others' faults are theirs, and listed elsewhere."""
    promise = "điểm ảnh giống hệt tệp trên đĩa"
    own = {pair: right for pair, right in compare_pixels(results).items() if pair[1] in measure.OURS}
    if not own:
        return Target(promise)
    names = {job.name: job.title for job in jobs.ALL}
    wrong = [f"{title(way)} ({names[job]})" for (job, way), right in own.items() if not right]
    why = f"Khác ở: {listed(wrong)}." if wrong else ""
    return Target(promise, f"{sum(own.values())} trong {len(own)} lần đo", not wrong, why)


def _plain(value: float) -> str:
    return f"{value:g}".replace(".", ",")
