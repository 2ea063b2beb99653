"""Figures and names as the book writes them."""

from collections.abc import Iterable

from bench.jobs import Job
from bench.results import Result, Results
from bench.ways import WAYS

NOT_YET = "chưa đo"


def as_number(value: float, digits: int = 1) -> str:
    """With a decimal comma."""
    return f"{value:.{digits}f}".replace(".", ",")


def as_seconds(value: float) -> str:
    """As much of it as can be trusted."""
    if value >= 99.5:
        return as_number(value, 0)
    return as_number(value, 1 if value >= 0.95 else 2)


def find(results: Results, job: Job, way: str) -> Result:
    """The result of a way; an empty one where it was not measured."""
    return results.get((job.name, way), {})


def seconds(result: Result) -> str:
    """How long it took; a word where there is no figure."""
    if not result:
        return NOT_YET
    return "hỏng" if "failed" in result else as_seconds(result["seconds"])


def is_usable(*found: Result) -> bool:
    """Were all of them measured, and came to an end?"""
    return all(bool(result) and "failed" not in result for result in found)


def compare(slow: Result, fast: Result, field: str = "seconds") -> float | None:
    """How many times as much the first took; `None` unless both came to an end."""
    return slow[field] / fast[field] if is_usable(slow, fast) else None


def as_megabytes(result: Result) -> str:
    """What was sent."""
    return as_number(result["bytes"] / 1e6, 0 if result["bytes"] >= 99.5e6 else 1)


def title(way: str) -> str:
    return WAYS[way].title


def table(header: str, lines: Iterable[Iterable[str]], right: str) -> str:
    """A Markdown table; `right` has a letter for each column: l or r."""
    rule = "|".join("--:" if side == "r" else "---" for side in right)
    body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([f"| {header} |", f"|{rule}|", *body])


def listed(names: Iterable[str]) -> str:
    """With commas, and "và" before the last."""
    *first, last = names
    return f"{', '.join(first)} và {last}" if first else last
