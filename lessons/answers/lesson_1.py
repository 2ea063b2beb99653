"""Bài tập của bài 1: che khóa, tìm khóa bị lộ, đoán lời của `connect`."""

import re
from collections.abc import Callable, Iterator

from lessons.answers.exercises import Exercise, Lesson
from lessons.answers.functions import Function
from lessons.answers.names import Names

SHOWN = 4  # ký tự cuối để lộ
KEY = 20  # ký tự ít nhất của một khóa

# -- 1.1: chỉ để lộ bốn ký tự cuối -------------------------------------------------

Hide = Callable[[str], str]


def last_four(secret: str) -> str:
    """Chuỗi ngắn thì che hết."""
    if len(secret) <= SHOWN:
        return "*" * len(secret)
    return "*" * (len(secret) - SHOWN) + secret[-SHOWN:]


def show_short_ones(secret: str) -> str:
    return "*" * (len(secret) - SHOWN) + secret[-SHOWN:]


def show_first_four(secret: str) -> str:
    if len(secret) <= SHOWN:
        return "*" * len(secret)
    return secret[:SHOWN] + "*" * (len(secret) - SHOWN)


def hide_all(secret: str) -> str:
    return "*" * len(secret)


def hide_the_end(secret: str) -> str:
    return secret[:-SHOWN] + "*" * min(SHOWN, len(secret))


def lose_the_length(lesson: Lesson) -> Iterator[Hide]:
    """Số dấu sao cố định, hay không có dấu sao nào."""
    for stars in ("", "*", "***", "****", "********"):
        yield lambda secret, stars=stars: stars + secret[-SHOWN:]  # type: ignore[misc]


# -- 1.2: tìm khóa bị lộ -----------------------------------------------------------

LINES = (
    (f'secret_key = "{"A1b2" * 6}"; bucket = "eodata"',),
    ("access='ABCDEFGHIJ0123456789'",),
    ('access = "9876543210ABCDEFGHIJ"',),
    ('ngắn = "ABCDEFGHIJ012345678"',),
    ('đường dẫn = "s3://eodata/Sentinel-2/MSI/L2A"',),
    ("không có dấu bằng: 'ABCDEFGHIJ0123456789'",),
    ("a = 'ABCDEFGHIJ0123456789', b = \"abcdefghij0123456789abcdefghij\"",),
    ("khóa = ABCDEFGHIJ0123456789",),
    ("",),
)


def find_keys(text: str) -> list[str]:
    return re.findall(r"""=\s*["']([A-Za-z0-9]{20,})["']""", text)


def find_any_length(text: str) -> list[str]:
    return re.findall(r"""=\s*["']([A-Za-z0-9]+)["']""", text)


def find_with_quotes(text: str) -> list[str]:
    return re.findall(r"""=\s*(["'][A-Za-z0-9]{20,}["'])""", text)


def find_anywhere(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]{20,}", text)


def find_without_equals(text: str) -> list[str]:
    return re.findall(r"""["']([A-Za-z0-9]{20,})["']""", text)


def find_double_quotes(text: str) -> list[str]:
    return re.findall(r'=\s*"([A-Za-z0-9]{20,})"', text)


def find_capitals(text: str) -> list[str]:
    return re.findall(r"""=\s*["']([A-Z0-9]{20,})["']""", text)


def find_first(text: str) -> list[str]:
    return find_keys(text)[:1]


def find_longer(text: str) -> list[str]:
    return [key for key in find_keys(text) if len(key) > KEY]


# -- bảng --------------------------------------------------------------------------

EXERCISES: dict[str, Exercise] = {
    "1.1": Exercise(
        kind=Function(cases=(("ABCDEFGH1234",), ("1234",), ("12345",), ("ab",), ("",))),
        right=lambda lesson: last_four,
        mistakes={
            "short-shown": lambda lesson: show_short_ones,
            "first-for-last": lambda lesson: show_first_four,
            "all-hidden": lambda lesson: hide_all,
            "end-hidden": lambda lesson: hide_the_end,
            "length-lost": lose_the_length,
        },
    ),
    "1.2": Exercise(
        kind=Function(cases=LINES),
        right=lambda lesson: find_keys,
        mistakes={
            "any-length": lambda lesson: find_any_length,
            "quotes-kept": lambda lesson: find_with_quotes,
            "found-anywhere": lambda lesson: find_anywhere,
            "equals-forgotten": lambda lesson: find_without_equals,
            "one-quote": lambda lesson: find_double_quotes,
            "small-letters-lost": lambda lesson: find_capitals,
            "first-key-only": lambda lesson: find_first,
            "twenty-lost": lambda lesson: find_longer,
        },
    ),
    "1.3": Exercise(
        kind=Names(of="words"),
        right=lambda lesson: "keys",
        mistakes={
            "sent-to-service": lambda lesson: "key-unknown",
            "secret-blamed": lambda lesson: "secret-wrong",
            "network-blamed": lambda lesson: "network",
            "input-blamed": lambda lesson: "input",
        },
    ),
}
