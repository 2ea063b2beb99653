"""`python -m bench`: measure what has not been measured yet, then write the book's page."""

import argparse

from bench import data, jobs, measure, report


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench", description="Đo tốc độ đọc ảnh, ghi vào book/hieu-nang.md.")
    parser.add_argument("--quick", action="store_true", help="chỉ đo một ngày ảnh, chưa đến hai phút")
    parser.add_argument("--again", action="store_true", help="đo lại cả những gì đã có kết quả")
    parser.add_argument("--page", action="store_true", help="không đo gì, chỉ viết lại trang từ các kết quả đã có")
    arguments = parser.parse_args()
    try:
        if not arguments.page:
            run(jobs.QUICK if arguments.quick else jobs.ALL, again=arguments.again)
    except KeyboardInterrupt:
        raise SystemExit("\nĐã dừng. Kết quả đã đo được giữ lại: chạy lại make bench để đo tiếp.") from None
    print(f"Đã viết {report.write()}")


def run(chosen: tuple[jobs.Job, ...], *, again: bool) -> None:
    folder = data.pack()
    for job in chosen:
        print(f"\n{job.title}, {len(job.bands)} band", flush=True)
        done = {} if again else {way: result for way in job.ways if (result := measure.kept(job, way))}
        for way, result in done.items():
            show(way, result, " (đã đo)")
        for way, result in measure.measure(job, [way for way in job.ways if way not in done], folder):
            show(way, measure.keep(job, way, result))


def show(way: str, result: measure.Result, note: str = "") -> None:
    outcome = f"hỏng: {result['failed'][:60]}" if "failed" in result else f"{result['memory']:5.0f} MB bộ nhớ"
    print(
        f"  {report.title(way):32} {result['s3']:6} yêu cầu {report.megabytes(result):>6} MB "
        f"{report.number(result['seconds']):>6} giây, {outcome}{note}",
        flush=True,
    )


if __name__ == "__main__":
    main()
