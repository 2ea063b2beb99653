"""Whose connection goes when there are too many."""

from typing import Any

import pytest

from cdse_offline.server import crowd
from cdse_offline.server.crowd import Crowd, count_connections


class Fake:
    """A connection that waits for its client, or is being answered."""

    def __init__(self, host: str = "10.0.0.1", *, waiting: bool = True) -> None:
        self.client: tuple[str, int] | None = (host, 1)
        self.transport: Any = self
        self.gone = False
        self._waiting = waiting

    def is_waiting(self) -> bool:
        return self._waiting

    def abort(self) -> None:
        self.gone = True


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "TIME_TO_ASK", -1)


def fill(room: Crowd, *connections: Fake) -> list[bool]:
    return [room.enter(one) for one in connections]


def test_the_one_that_waits_longest_goes():
    room, many = Crowd(4), [Fake(str(number)) for number in range(5)]
    assert fill(room, *many) == [True] * 5
    assert [one.gone for one in many] == [True, False, False, False, False]


def test_those_that_were_answered_stay_longer():
    room, known, other, newest = Crowd(2), Fake("1"), Fake("2"), Fake("3")
    fill(room, known, other)
    room.wait_anew(known, answered=True)
    fill(room, newest)
    assert (known.gone, other.gone) == (False, True)


def test_but_a_new_one_has_time_to_ask(monkeypatch: pytest.MonkeyPatch):
    """Else those who are answered and then hold their connections would keep everybody else out."""
    monkeypatch.setattr(crowd, "TIME_TO_ASK", 100)
    room, known, other, newest = Crowd(2), Fake("1"), Fake("2"), Fake("3")
    fill(room, known, other)
    room.wait_anew(known, answered=True)
    fill(room, newest)
    assert (known.gone, other.gone) == (True, False)


def test_who_is_being_answered_stays_and_a_new_one_is_turned_away():
    room, busy = Crowd(2), [Fake(str(number), waiting=False) for number in range(2)]
    assert fill(room, *busy, Fake("9")) == [True, True, False]
    assert not any(one.gone for one in busy)


def test_one_address_has_three_quarters_and_costs_no_other_its_place():
    room, other = Crowd(8), Fake("10.0.0.2")
    many = [Fake() for _ in range(9)]
    fill(room, other, *many)
    assert sum(one.gone for one in many) == 3 and not other.gone


def test_who_leaves_makes_room():
    room, first, second = Crowd(2), Fake(), Fake()
    fill(room, first)
    room.leave(first)
    assert fill(room, second) == [True] and not first.gone


def test_each_connection_has_a_descriptor_and_a_file():
    resource = pytest.importorskip("resource")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = count_connections()
    assert 240 <= most <= crowd.MOST and 2 * most < max(soft, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
