"""`python -m bench`: measure what has not been measured yet, then write the book's page."""

import argparse
from pathlib import Path

from bench import data, jobs, measure, report, startup
from bench.results import Result
from bench.words import as_megabytes, as_number, title


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench", description="Đo tốc độ đọc ảnh, ghi vào book/hieu-nang.md.")
    parser.add_argument("--quick", action="store_true", help="chỉ đo một ngày ảnh, chưa đến hai phút")
    parser.add_argument("--only", metavar="VIỆC", help=f"chỉ đo một việc: {', '.join(names())}")
    parser.add_argument("--again", action="store_true", help="đo lại cả những gì đã có kết quả")
    parser.add_argument("--page", action="store_true", help="không đo gì, chỉ viết lại trang từ các kết quả đã có")
    arguments = parser.parse_args()
    if arguments.only and arguments.only not in names():
        parser.error(f"không có việc {arguments.only!r}, chỉ có {', '.join(names())}")
    try:
        if not arguments.page:
            measure_all(choose(arguments), again=arguments.again)
    except KeyboardInterrupt:
        raise SystemExit("\nĐã dừng. Kết quả đã đo được giữ lại: chạy lại make bench để đo tiếp.") from None
    print(f"Đã viết {report.write()}")


def names() -> list[str]:
    return [*(job.name for job in jobs.ALL), startup.JOB]


def choose(arguments: argparse.Namespace) -> list[str]:
    """The names of what is to be measured."""
    if arguments.only:
        return [arguments.only]
    return [job.name for job in jobs.QUICK] if arguments.quick else names()


def measure_all(chosen: list[str], *, again: bool) -> None:
    if startup.JOB in chosen:
        measure_startup(again=again)
    wanted = [job for job in jobs.ALL if job.name in chosen]
    if wanted:
        packs = data.prepare_packs()
        for job in wanted:
            measure_job(job, packs, again=again)


def measure_startup(*, again: bool) -> None:
    print("\nKhởi động", flush=True)
    done = {} if again else startup.all_kept()
    for name, result in done.items():
        show_startup(name, result, " (đã đo)")
    if not done:
        for name, result in startup.measure():
            show_startup(name, startup.keep(name, result))


def show_startup(name: str, result: Result, note: str = "") -> None:
    print(f"  {startup.TITLES[name]:38} {as_number(result['seconds']):>6} giây{note}", flush=True)


def measure_job(job: jobs.Job, packs: Path, *, again: bool) -> None:
    print(f"\n{job.title}, {len(job.bands)} band", flush=True)
    done = {} if again else {way: result for way in job.ways if (result := measure.kept(job, way))}
    for way, result in done.items():
        show(way, result, " (đã đo)")
    todo = [way for way in job.ways if way not in done]
    for way, result in measure.measure(job, todo, packs):
        show(way, measure.keep(job, way, result))


def show(way: str, result: Result, note: str = "") -> None:
    outcome = f"hỏng: {result['failed'][:60]}" if "failed" in result else f"{result['memory']:5.0f} MB bộ nhớ"
    counts = f"{result['s3']:6} yêu cầu {as_megabytes(result):>6} MB"
    print(f"  {title(way):32} {counts} {as_number(result['seconds']):>6} giây, {outcome}{note}", flush=True)


if __name__ == "__main__":
    main()
