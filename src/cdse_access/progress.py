"""One progress bar for everything that takes a while: tqdm, quiet where nobody watches."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from typing import Any, TypeVar

from cdse_access.messages import say
from cdse_access.telling import fit, is_terminal

Item = TypeVar("Item")
DONE = "{desc} |{bar:24}| {n_fmt}/{total_fmt}, {elapsed}"


def follow(items: Iterable[Item], total: int, what: str, *, shown: bool = True) -> Iterator[Item]:
    """The same items; how many of `total` have come, since when, and how long the rest may take.

    In a terminal, or under a cell of a notebook. The stored notebooks have none: times would differ in each.
    """
    quiet = not shown or not is_watched()
    layout = fit(f"{DONE}, {say('progress-left')} {{remaining}}", sys.stdout)
    look: Any = {"desc": fit(what, sys.stdout), "bar_format": layout, "ascii": " #"}
    bar = _open_bar(total=total, file=sys.stdout, disable=quiet, leave=True, **look)
    with bar or nullcontext():
        for item in items:
            yield item
            if bar is not None:
                bar.update()
        if bar is not None:
            bar.bar_format = DONE


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
