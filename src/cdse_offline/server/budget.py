"""How much a search may cost: the size of what is asked, and the time that is worked at it.

What is asked is measured before anything is made of it. Time is counted between small steps: each step must be short.
"""

import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

from stac_fastapi.types.errors import InvalidQueryParameter

# Of the processor, for one search: a page of 200 items that are new takes half of it on a busy machine, searches of the
# lessons a hundredth.
SECONDS = 0.5
MAX_DEPTH = 60  # of JSON
MAX_VALUES = 10_000  # numbers, texts and names in it
MAX_CORNERS = 2_000  # of all geometries together
MAX_NAMES = 200  # of fields, and of properties that are queried
MAX_KEYS = 20  # to sort by
MAX_TERMS = 200  # of a filter
MAX_CONSTANTS = 1_000  # in it

_Thing = TypeVar("_Thing")
_CLAUSES = {"fields": MAX_NAMES, "query": MAX_NAMES, "sortby": MAX_KEYS}


class TooMuchError(InvalidQueryParameter):
    """Whoever asks is told what to ask less of."""

    def __init__(self, what: str, most: float) -> None:
        super().__init__(f"The search is too large: {what}, at most {most} are allowed. Divide it into several.")


class Work:
    """The work at one search: it ends when its time is up, or when whoever asked has gone."""

    def __init__(self) -> None:
        self.stopped = False
        self._end: float | None = None

    def check(self) -> None:
        if self._end is None:
            self._end = time.thread_time() + SECONDS
        if self.stopped or time.thread_time() > self._end:
            raise InvalidQueryParameter(
                "The search takes too much work: ask for fewer items a page, with a simpler filter or geometry."
            )


_work: ContextVar[Work] = ContextVar("work")


def begin_work() -> Work:
    """The work that starts here, in this task and the threads it hands on to."""
    work = Work()
    _work.set(work)
    return work


def watch(things: Iterable[_Thing]) -> Iterator[_Thing]:
    """The same one by one, as long as there is time."""
    work = _work.get(None) or Work()
    for thing in things:
        work.check()
        yield thing


def check_document(document: Any) -> None:
    """TooMuchError if this JSON is too deep or too large to be looked at; breadth first, without recursion."""
    level, values = [document], 0
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _list_inner(outer)]
        values += len(level)
        if values > MAX_VALUES:
            raise TooMuchError("numbers, texts and names", MAX_VALUES)
        if not level:
            break
    else:
        raise TooMuchError("levels within each other", MAX_DEPTH)
    if _count_corners(document) > MAX_CORNERS:
        raise TooMuchError("corners of geometries", MAX_CORNERS)


def _list_inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def check_clauses(wanted: dict[str, Any]) -> None:
    """TooMuchError if one part of a search names too many things."""
    for name, most in _CLAUSES.items():
        if _count_names(wanted.get(name)) > most:
            raise TooMuchError(f"names in {name}", most)


def _count_names(clause: Any) -> int:
    """Names in a list, or in the lists of {"include": [...], "exclude": [...]}, or the keys of a query."""
    if not isinstance(clause, dict):
        return len(clause or ())
    lists = [value for value in clause.values() if isinstance(value, list)]
    return sum(map(len, lists)) if lists else len(clause)


def check_filter(expression: Any) -> None:
    """TooMuchError if a CQL2 expression, as JSON, has too many terms or constants."""
    check_document(expression)
    nodes = [*_walk(expression)]
    terms = sum(isinstance(node, dict) and "op" in node for node in nodes)
    if terms > MAX_TERMS:
        raise TooMuchError("terms in filter", MAX_TERMS)
    texts = sum(isinstance(node, str) for node in nodes)
    if texts > MAX_CONSTANTS:
        raise TooMuchError("constants in filter", MAX_CONSTANTS)


def _count_corners(document: Any) -> int:
    """Positions of geometries: lists that begin with a number."""
    return sum(isinstance(node, list | tuple) and _is_position(node) for node in _walk(document))


def _is_position(node: Any) -> bool:
    return len(node) > 0 and isinstance(node[0], int | float)


def _walk(document: Any) -> Iterator[Any]:
    """The document and all that is in it; `check_document` has bounded both depth and number."""
    yield document
    for inner in _list_inner(document):
        yield from _walk(inner)
