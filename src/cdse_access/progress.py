"""One progress bar for everything that takes a while: tqdm, quiet where nobody watches."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from typing import Any, TypeVar

from cdse_access.telling import fit, is_terminal

Item = TypeVar("Item")
BAR = "{desc} |{bar:24}| {n_fmt}/{total_fmt}{postfix}"  # no times: they would differ in each stored notebook
TIMED_BAR = BAR + ", {remaining}"


def follow(items: Iterable[Item], total: int, what: str, *, shown: bool = True, timed: bool = False) -> Iterator[Item]:
    """The same items, and how many of `total` have come: in a terminal, or under a cell of a notebook.

    timed: with the time that is left, for what takes minutes.
    """
    quiet = not shown or not is_watched()
    layout = TIMED_BAR if timed else BAR
    look: Any = {"desc": fit(what, sys.stdout), "bar_format": layout, "ascii": " #"}
    bar = _open_bar(total=total, file=sys.stdout, disable=quiet, leave=True, **look)
    with bar or nullcontext():
        for item in items:
            yield item
            if bar is not None:
                bar.update()


def _open_bar(**look: Any) -> Any:
    """The bar; None where tqdm cannot even be imported, for a variable `TQDM_…` that is no number."""
    with suppress(Exception):
        from tqdm import tqdm

        return tqdm(**look)
    return None


def is_watched() -> bool:
    """Is there a terminal, or a notebook that is not run by a program? `TQDM_DISABLE` says so."""
    if os.environ.get("TQDM_DISABLE") or "PYTEST_CURRENT_TEST" in os.environ:
        return False
    return is_terminal(sys.stdout) or "ipykernel" in sys.modules
