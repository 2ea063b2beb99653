"""The tables of the book's page on reliability, made from the cases and from what was measured."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from cdse_access.problems import Reason
from tests.faults.cases import CASES, GROUPS, LAST, WITHOUT, Case
from tests.faults.flips import RAW, REFUSED
from tests.faults.world import HANG, PARTIAL, SILENT, TRUTH

RESULTS = Path(__file__).with_name("naive.json")
CLASS = Path(__file__).with_name("students.json")
PAGE = Path(__file__).parents[2] / "book" / "do-tin-cay.md"
MARK = re.compile(r"^(% bảng (\S+)\n).*?(\n% hết)$", re.DOTALL | re.MULTILINE)
WAYS = {"plain": "chương trình thường", "course": "khóa học này"}
RIGHT, WRONG, STUCK, UNSEEN = "đúng", "**sai mà im lặng**", "treo", "không ai thấy được"


def write() -> None:
    """Put the tables between the page's marks."""
    made = tables(*(json.loads(path.read_text(encoding="utf-8")) for path in (RESULTS, CLASS)))
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")


def filled(text: str, made: dict[str, str]) -> str:
    return MARK.sub(lambda found: f"{found[1]}\n{made[found[2]]}{found[3]}", text)


def tables(results: dict[str, Any], students: dict[str, Any]) -> dict[str, str]:
    """Each table by the name in its mark."""
    pairs = list(zip(CASES, results["cases"], strict=True))
    made = {
        f"{numbers.start}-{numbers.stop - 1}": faults_table([pair for pair in pairs if pair[0].number in numbers])
        for numbers in GROUPS.values()
    }
    made |= {"tong-ket": summary(pairs), "ngau-nhien": fuzz_table(results["fuzz"])}
    made |= {"so-lan": fuzz_count(results["fuzz"]), "bit-dau-tep": flips_table(results["flips"])}
    made |= {"lop-hoc": class_table(students["rounds"]), "may-do": class_setting(students)}
    return made | {"phien-ban": setting(results), "khong-co-ca": without()}


def faults_table(pairs: Sequence[tuple[Case, dict[str, Any]]]) -> str:
    rows: dict[tuple[int, str], list[tuple[Case, dict[str, Any]]]] = {}
    for case, row in pairs:
        rows.setdefault((case.number, case.title), []).append((case, row))
    lines = ["| Số | Sự cố | Chương trình thường | Khóa học này |", "|--:|---|---|---|"]
    for (number, title), found in sorted(rows.items(), key=lambda row: row[0][0]):
        plain = [row["plain"] for _, row in found if "plain" in row]
        lines.append(f"| {number} | {title} | {plain_cell(plain)} | {course_cell(found[0][0].expects)} |")
    return "\n".join(lines) + "\n"


def course_cell(expects: frozenset[str]) -> str:
    """What the tests demand of the course."""
    reasons = [f"`{reason}`" for reason in sorted(expects - {TRUTH, SILENT})]
    ends = ([RIGHT] if TRUTH in expects else []) + ([UNSEEN] if SILENT in expects else [])
    return ", hoặc ".join(ends + ([f"báo {' hay '.join(reasons)}"] if reasons else []))


def plain_cell(outcomes: Sequence[dict[str, Any]]) -> str:
    """What was measured: every end, with how often where ends differ."""
    if not outcomes:
        return "–"
    ends = Counter(_end(outcome) for outcome in outcomes)
    if len(ends) == 1:
        (end,) = ends
        return _described(end, outcomes)
    return "; ".join(f"{_described(end, outcomes)} ({count}/{len(outcomes)})" for end, count in ends.most_common())


def _end(outcome: dict[str, Any]) -> str:
    return outcome["kind"] if outcome["kind"] in (TRUTH, SILENT, HANG) else "error"


def _described(end: str, outcomes: Sequence[dict[str, Any]]) -> str:
    found = [outcome for outcome in outcomes if _end(outcome) == end]
    if end == SILENT:
        return f"{WRONG}: {max(found, key=lambda outcome: outcome['share'])['text']}"
    if end == "error":
        return f"lỗi `{found[0]['kind']}{_shortened(found[0]['text'])}`"
    return {TRUTH: RIGHT, HANG: STUCK}[end]


def _shortened(text: str) -> str:
    text = re.sub(r"'?/vsis3/\S+|(?<=port=)\d{4,}", "…", text)
    text = re.sub(r"[`|\s]+", " ", text).strip()
    text = text if len(text) <= 70 else text[:70].rsplit(" ", 1)[0] + " …"
    return f": {text}" if text.strip("…") else ""


def summary(pairs: Sequence[tuple[Case, dict[str, Any]]]) -> str:
    """How the cases ended, both ways, by group."""
    lines = ["| Nhóm | Cách | đúng | báo lỗi | treo | sai mà im lặng |", "|---|---|--:|--:|--:|--:|"]
    for name, numbers in {**GROUPS, "**Tất cả**": range(1, LAST + 1)}.items():
        chosen = [row for case, row in pairs if case.number in numbers and "plain" in row]
        for way, group in (("plain", f"{name}, {len(chosen)} ca"), ("course", "")):
            ends = Counter(_end(row[way]) for row in chosen)
            counts = " | ".join(str(ends[end]) for end in (TRUTH, "error", HANG, SILENT))
            lines.append(f"| {group} | {WAYS[way]} | {counts} |")
    return "\n".join(lines) + "\n"


def fuzz_table(fuzz: dict[str, Any]) -> str:
    """How the random runs ended, both ways, by family. A reason is the course's; other errors are of some library."""
    names = ("đúng", "thiếu ngày, có nói", "báo lý do", "lỗi thô", "treo", "sai mà im lặng")
    lines = [f"| Họ | Cách | {' | '.join(names)} |", "|---|---|" + "--:|" * len(names)]
    for name, family in {**fuzz["families"], "**Tất cả**": _sum_up(fuzz["families"].values())}.items():
        for way, group in (("plain", f"{name}, {family['count']} lần"), ("course", "")):
            ends = Counter(family[way]["ends"])
            reasons = sum(ends[reason] for reason in map(str, Reason))
            known = [ends[TRUTH], ends[PARTIAL], reasons, ends[HANG], ends[SILENT]]
            counts = " | ".join(map(str, [*known[:3], ends.total() - sum(known), *known[3:]]))
            lines.append(f"| {group} | {WAYS[way]} | {counts} |")
    return "\n".join(lines) + "\n"


def _sum_up(families: Iterable[dict[str, Any]]) -> dict[str, Any]:
    found = list(families)
    ends = {way: {"ends": sum((Counter(one[way]["ends"]) for one in found), Counter())} for way in WAYS}
    return {"count": sum(one["count"] for one in found)} | ends


def fuzz_count(fuzz: dict[str, Any]) -> str:
    slowest = max(family["course"]["slowest"] for family in fuzz["families"].values())
    return f"{fuzz['count']} lần chạy; lần lâu nhất của khóa học mất {_decimal(slowest, 0)} giây.\n"


def flips_table(flips: dict[str, Any]) -> str:
    """What came of every bit of a header."""
    ends, count = Counter(flips["ends"]), flips["count"]
    share = _decimal(100 * ends[SILENT] / count)
    lines = ["| bit | đúng như cũ | bị từ chối, có lý do | lỗi thô | không ai thấy |", "|--:|--:|--:|--:|--:|"]
    numbers = " | ".join(str(ends[end]) for end in (TRUTH, REFUSED, RAW))
    return "\n".join([*lines, f"| {count} | {numbers} | {ends[SILENT]} ({share} %) |"]) + "\n"


SERVICE_CACHE = {"cold": "chưa tạo", "warm": "đã có"}
STUDENT_CACHE = {"own": "của riêng", "shared": "dùng chung"}


def class_table(rounds: Sequence[dict[str, Any]]) -> str:
    """What became of a class that loads at once, a column for each state of the caches."""
    rows: dict[str, Callable[[dict[str, Any]], str]] = {
        "Ảnh ở dịch vụ": lambda one: SERVICE_CACHE[one["service_cache"]],
        "Bộ nhớ đệm của người học": lambda one: STUDENT_CACHE[one["student_cache"]],
        "Có đúng từng bit": lambda one: f"{one['right']}/{one['students']}",
        "Người xong đầu, giữa, cuối (giây)": lambda one: " / ".join(
            _decimal(one[name], 0) for name in ("fastest", "median", "slowest")
        ),
        "Số người xong mỗi phút": lambda one: _decimal(one["students_per_minute"]),
        "Số yêu cầu": lambda one: f"{one['requests']}",
        "… mỗi giây": lambda one: _decimal(one["requests_per_second"], 0),
        "… cùng lúc, nhiều nhất": lambda one: f"{one['peak_requests']}",
        "Dữ liệu đã gửi (MB)": lambda one: _decimal(one["megabytes"], 0),
        "Bộ nhớ của dịch vụ (MB)": lambda one: f"{one['service_mb']}",
        "… và của các tiến trình tạo ảnh (MB)": lambda one: f"{one['workers_mb']}",
        "Bộ nhớ của một người học (MB)": lambda one: f"{one['student_mb']}",
        "CPU của dịch vụ cho mỗi người (giây)": lambda one: _decimal(one["service_cpu"] / one["students"]),
        "CPU của một người học (giây)": lambda one: _decimal(one["student_cpu"]),
    }
    head, *lines = [f"| {name} | {' | '.join(cell(one) for one in rounds)} |" for name, cell in rows.items()]
    return "\n".join([head, "|---|" + "--:|" * len(rounds), *lines]) + "\n"


def class_setting(students: dict[str, Any]) -> str:
    machine = students["machine"]
    told = ", ".join(f"{name} {machine[name]}" for name in ("Python", "odc-stac", "rasterio"))
    return f"Đo ngày {_day(students['made'])} trên một máy {machine['machine']}, với {told}.\n"


def _decimal(number: float, places: int = 1) -> str:
    return f"{number:.{places}f}".replace(".", ",")


def _day(date: str) -> str:
    year, month, day = date.split("-")
    return f"{int(day)}/{int(month)}/{year}"


def setting(results: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    slowest = max(row["course"]["seconds"] for row in results["cases"])
    return f"Đo ngày {_day(results['date'])} với {versions}.\nCa chậm nhất của khóa học mất {slowest:.0f} giây.\n"


def without() -> str:
    return "".join(f"Số {number} không có ca: {reason}.\n" for number, reason in WITHOUT.items())
