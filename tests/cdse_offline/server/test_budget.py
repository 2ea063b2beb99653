"""What a search may cost, in size and in time."""

import time
from collections.abc import Iterator

import pytest
from stac_fastapi.types.errors import InvalidQueryParameter

from cdse_offline.server import budget
from cdse_offline.server.budget import TooMuchError, begin_work, check_clauses, check_document, check_filter, watch


def nest(depth: int) -> list:
    inner: list = []
    for _ in range(depth - 1):
        inner = [inner]
    return inner


def term(number: int) -> dict:
    return {"op": "=", "args": [{"property": "id"}, number]}


CORNERS = [[number, 1.5] for number in range(budget.MAX_CORNERS)]


@pytest.mark.parametrize(
    ("fits", "does_not"),
    [
        (nest(budget.MAX_DEPTH), nest(budget.MAX_DEPTH + 1)),
        ({"ids": ["x"] * (budget.MAX_VALUES - 1)}, {"ids": ["x"] * budget.MAX_VALUES}),
        ({"a": {"coordinates": CORNERS}}, {"a": {"coordinates": CORNERS}, "b": [[1, 1]]}),
    ],
    ids=["levels", "values", "corners"],
)
def test_documents(fits, does_not):
    check_document(fits)
    with pytest.raises(TooMuchError, match="too large"):
        check_document(does_not)


NAMES = [f"n{number}" for number in range(budget.MAX_NAMES + 1)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"fields": {"include": NAMES[:100], "exclude": NAMES[100:]}},
        {"fields": NAMES},
        {"query": {name: {"eq": 1} for name in NAMES}},
        {"sortby": [{"field": name} for name in NAMES[: budget.MAX_KEYS + 1]]},
    ],
)
def test_clauses(wanted):
    with pytest.raises(TooMuchError, match=next(iter(wanted))):
        check_clauses(wanted)
    check_clauses({"fields": {"include": NAMES[:100], "exclude": NAMES[101:]}, "sortby": NAMES[: budget.MAX_KEYS]})


def test_filters():
    check_filter({"op": "or", "args": [term(number) for number in range(budget.MAX_TERMS - 1)]})
    with pytest.raises(TooMuchError, match="terms"):
        check_filter({"op": "or", "args": [term(number) for number in range(budget.MAX_TERMS)]})
    with pytest.raises(TooMuchError, match="constants"):
        check_filter({"op": "in", "args": [{"property": "id"}, [str(n) for n in range(budget.MAX_CONSTANTS)]]})


@pytest.fixture
def apart() -> Iterator[None]:
    """What is begun in a test ends with it."""
    before = budget._work.set(budget.Work())
    yield
    budget._work.reset(before)


def count_until_refused(number: int) -> int:
    done = 0
    try:
        for _ in watch(range(number)):
            done += 1
    except InvalidQueryParameter:
        pass
    return done


@pytest.mark.usefixtures("apart")
def test_work_ends_with_its_time_or_when_the_client_has_gone(monkeypatch):
    monkeypatch.setattr(budget, "SECONDS", 0.05)
    begin_work()
    assert 1 < count_until_refused(10**9) < 10**9
    work = begin_work()
    assert count_until_refused(2) == 2
    work.stopped = True
    assert count_until_refused(2) == 0


@pytest.mark.usefixtures("apart")
def test_it_is_work_that_is_counted_not_waiting(monkeypatch):
    monkeypatch.setattr(budget, "SECONDS", 0.05)
    begin_work()
    for _ in watch(range(3)):
        time.sleep(0.04)
