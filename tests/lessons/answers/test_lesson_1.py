"""Lesson 1's exercises: two functions and a word; they need nothing of the notebook."""

import re

import pytest

from lessons.answers.checking import judge
from lessons.answers.lesson_1 import LINES
from tests.lessons.answers.harness import Ways, make_tests


def hide_by_slices(secret):
    hidden = max(len(secret) - 4, 0) if len(secret) > 4 else len(secret)
    return "*" * hidden + secret[hidden:]


def hide_letter_by_letter(secret):
    hidden = len(secret) if len(secret) <= 4 else len(secret) - 4
    return "".join("*" if place < hidden else letter for place, letter in enumerate(secret))


def search_words(text):
    """Without a regular expression that does it all."""
    return [found[1] for found in re.finditer(r"""=\s*(?:"|')(\w{20,})(?:"|')""", text) if found[1].isalnum()]


def split_at_quotes(text):
    pieces = re.split("[\"']", text)
    return tuple(
        inside
        for before, inside in zip(pieces[::2], pieces[1::2], strict=False)
        if before.rstrip().endswith("=") and len(inside) >= 20 and inside.isascii() and inside.isalnum()
    )


WAYS = {
    "1.1": Ways(
        right=[lambda names: hide_by_slices, lambda names: hide_letter_by_letter],
        wrong=[
            ("short-shown", lambda names: lambda secret: "*" * (len(secret) - 4) + secret[-4:]),
            ("first-for-last", lambda names: lambda s: s[:4] + "*" * (len(s) - 4) if len(s) > 4 else "*" * len(s)),
            ("all-hidden", lambda names: lambda secret: "*" * len(secret)),
            ("end-hidden", lambda names: lambda secret: secret[:-4] + "*" * len(secret[-4:])),
            ("length-lost", lambda names: lambda secret: "****" + secret[-4:]),
            ("length-lost", lambda names: lambda secret: secret[-4:]),
            ("function-none", lambda names: lambda secret: None),
            ("function-raises", lambda names: lambda secret: secret[20]),
            ("function-case", lambda names: str.lower),
            ("odd-no-function", lambda names: "********1234"),
        ],
    ),
    "1.2": Ways(
        right=[lambda names: search_words, lambda names: split_at_quotes],
        wrong=[
            ("any-length", lambda names: lambda text: re.findall(r"""=\s*["'](\w+)["']""", text)),
            ("quotes-kept", lambda names: lambda text: re.findall(r"""=\s*(["']\w{20,}["'])""", text)),
            ("found-anywhere", lambda names: lambda text: re.findall(r"\w{20,}", text)),
            ("equals-forgotten", lambda names: lambda text: re.findall(r"""["'](\w{20,})["']""", text)),
            ("one-quote", lambda names: lambda text: re.findall(r'=\s*"(\w{20,})"', text)),
            ("small-letters-lost", lambda names: lambda text: re.findall(r"""=\s*["']([A-Z\d]{20,})["']""", text)),
            ("first-key-only", lambda names: lambda text: search_words(text)[:1]),
            ("twenty-lost", lambda names: lambda text: re.findall(r"""=\s*["'](\w{21,})["']""", text)),
            ("function-case", lambda names: lambda text: len(search_words(text))),
            ("function-raises", lambda names: lambda text: [search_words(text)[0]]),
            ("odd-no-function", lambda names: search_words(LINES[0][0])),
        ],
    ),
    "1.3": Ways(
        right=[lambda names: "keys", lambda names: " KEYS", lambda names: ["keys"]],
        wrong=[
            ("sent-to-service", lambda names: "key-unknown"),
            ("secret-blamed", lambda names: "secret-wrong"),
            ("network-blamed", lambda names: "network"),
            ("input-blamed", lambda names: "input"),
            ("wrong-unknown", lambda names: "không biết"),
            ("odd-number", lambda names: 403),
        ],
    ),
}
test_right_ways, test_wrong_ways = make_tests(WAYS)


@pytest.fixture(scope="module")
def names():
    return {}


def test_the_statements_example_is_right():
    assert judge("1.1", hide_by_slices, {}).slot == "right-1.1"
    assert hide_by_slices("ABCDEFGH1234") == "********1234"


def test_a_function_with_wrong_results_is_not_asked_to_be_a_function():
    verdict = judge("1.1", str.lower, {})
    assert verdict.text.endswith("chưa phải thứ đề bài muốn.")
    assert judge("1.1", "****", {}).text.endswith("không có dấu ngoặc.")
