"""cdse_access.variables: what is empty is not set."""

import pytest

from cdse_access.variables import read_first, read_variable


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, ""),
        ("", ""),
        (" \t", ""),
        (" a b ", "a b"),
        ("0", "0"),
        ('""', ""),
        (" 'a b'\r\n", "a b"),
        ("“a”", "a"),
        ("\ufeffa\u200b", "a"),
    ],
)
def test_what_is_empty_or_blank_is_not_set(monkeypatch, value, found):
    monkeypatch.delenv("A_VARIABLE", raising=False)
    if value is not None:
        monkeypatch.setenv("A_VARIABLE", value)
    assert read_variable("A_VARIABLE") == found


def test_the_first_that_is_set_counts(monkeypatch):
    monkeypatch.setenv("FIRST", " ")
    monkeypatch.setenv("SECOND", "2")
    monkeypatch.setenv("THIRD", "3")
    assert read_first(["FIRST", "SECOND", "THIRD"]) == ("SECOND", "2")
    assert read_first(["FIRST"]) == ("", "")
