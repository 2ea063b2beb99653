"""Variables of the environment: one that is empty, or blank, is not set."""

import os
from collections.abc import Iterable
from math import inf

from cdse_access.messages import say
from cdse_access.problems import BadInput

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


def read_gigabytes(name: str, usual: float) -> float:
    """Bytes, where a variable says how many gigabytes; as many as usual where it is not set. BadInput for no number."""
    text = read_variable(name)
    try:
        gigabytes = float(text) if text else usual
    except ValueError:
        gigabytes = -1
    if not 0 <= gigabytes < inf:
        raise BadInput(say("cache-limit", example=usual, name=name, value=text))
    return gigabytes * 1e9
