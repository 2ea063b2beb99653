"""Variables of the environment: one that is empty, or blank, is not set."""

import os
from collections.abc import Iterable

BLANKS = " \t\r\n\v\f\xa0\u200b\u200c\u200d\u2060\ufeff"
QUOTES = "\"'`“”‘’"


def read_variable(name: str) -> str:
    """Its value without blanks and quotation marks around it; "" where it is not set, or says nothing."""
    return strip_value(os.environ.get(name, ""))


def strip_value(value: str) -> str:
    """A value without the blanks and quotation marks that were copied along with it."""
    return value.strip(BLANKS + QUOTES)


def read_first(names: Iterable[str]) -> tuple[str, str]:
    """Name and value of the first of these that is set; two empty texts where none is."""
    for name in names:
        if value := read_variable(name):
            return name, value
    return "", ""
