"""How many connections there may be, in all and of one address, and which of them has to go when there are more."""

import time
from asyncio import Transport
from collections import Counter
from itertools import chain, takewhile
from typing import Protocol

ACCEPTED = 16  # connections that may come in before the first of them is looked at
_SPARE = 100 + 4 * ACCEPTED  # descriptors for all that is no connection
MOST = 1000
TIME_TO_ASK = 1.0  # seconds for the first request of a connection, where others want its place


class Connection(Protocol):
    """What is known of one."""

    client: tuple[str, int] | None
    transport: Transport

    def is_waiting(self) -> bool:
        """Is it the client's turn to send something, or to read?"""


def count_connections() -> int:
    """How many are served at once: each may need a file as well, and none may lack a descriptor."""
    try:
        import resource
    except ImportError:  # Windows sets no such limit
        return MOST
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _SPARE + 2 * MOST
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(8, min(MOST, (soft - _SPARE) // 2))


class Crowd:
    """All connections. Where there are too many, one that waits for its client goes: the one that waits longest.

    Those that were never answered go first, once they have had time to ask. A class may sit behind one address, so that
    one may have three quarters.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_of_one = most * 3 // 4
        self._new: dict[Connection, _Seat] = {}  # never answered; those that wait longest stand first
        self._known: dict[Connection, _Seat] = {}
        self._hosts: Counter[str] = Counter()

    def enter(self, connection: Connection) -> bool:
        """Is there room, or can room be made for this one?"""
        host = connection.client[0] if connection.client else "?"
        if self._hosts[host] >= self._most_of_one:
            has_room = self._make_room(host)
        else:
            has_room = len(self._new) + len(self._known) < self._most or self._make_room(None)
        self._new[connection] = _Seat(host)
        self._hosts[host] += 1
        return has_room

    def leave(self, connection: Connection) -> None:
        seat = self._forget(connection)
        if seat is not None:
            self._hosts[seat.host] -= 1
            if not self._hosts[seat.host]:
                del self._hosts[seat.host]

    def wait_anew(self, connection: Connection, *, answered: bool) -> None:
        """From now on it waits for its client: for the next request, or for what was sent to be read."""
        is_known = answered or connection in self._known
        seat = self._forget(connection)
        if seat is not None:
            (self._known if is_known else self._new)[connection] = _Seat(seat.host)

    def _forget(self, connection: Connection) -> "_Seat | None":
        return self._new.pop(connection, None) or self._known.pop(connection, None)

    def _make_room(self, host: str | None) -> bool:
        late = time.monotonic() - TIME_TO_ASK
        overdue = takewhile(lambda pair: pair[1].since < late, self._new.items())
        for connection, seat in chain(overdue, self._known.items(), self._new.items()):
            if host in (None, seat.host) and connection.is_waiting():
                self.leave(connection)
                connection.transport.abort()
                return True
        return False


class _Seat:
    """Where a connection comes from, and since when it waits for its client."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.since = time.monotonic()
