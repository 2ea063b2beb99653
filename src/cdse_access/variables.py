"""Variables of the environment: one that is empty, or blank, is not set."""

import os
from collections.abc import Iterable


def read_variable(name: str) -> str:
    """Its value without blanks around it; "" where it is not set, or empty."""
    return os.environ.get(name, "").strip()


def read_first(names: Iterable[str]) -> tuple[str, str]:
    """Name and value of the first of these that is set; two empty texts where none is."""
    for name in names:
        if value := read_variable(name):
            return name, value
    return "", ""
