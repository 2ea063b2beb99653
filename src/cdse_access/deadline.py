"""One limit of time for all that a call does, whatever it waits for: a name, a connection, a header, a byte, a retry.

Timeouts of sockets begin anew with every byte, and looking a name up has none. So each exchange runs in a thread of its
own. When the time is up, its sockets are shut, and whoever waits for it goes on at once, even if the thread cannot.
"""

import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import wraps
from typing import ParamSpec, TypeVar

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


class LateError(Exception):
    """The time is up."""


class Deadline:
    """A moment by which a call has come to its end."""

    def __init__(self, seconds: float) -> None:
        self.began = time.monotonic()
        self.end = self.began + seconds

    @property
    def left(self) -> float:
        """Seconds until then; never below 0."""
        return max(self.end - time.monotonic(), 0)

    @property
    def spent(self) -> float:
        """Seconds since the call began."""
        return time.monotonic() - self.began


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[Deadline]:
    """A block that has so many seconds, but never more than the block around it has left."""
    outer = _current.get()
    deadline = Deadline(seconds if outer is None else min(seconds, outer.left))
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


class Sockets:
    """The connections of one exchange, to be shut from outside while a library waits for them."""

    def __init__(self) -> None:
        self._copies: list[socket.socket] = []
        self._is_shut = False
        self._lock = threading.Lock()

    def add(self, connection: socket.socket) -> None:
        """A copy of the descriptor is kept: encryption takes the first one away, and the library may close it."""
        copy = socket.fromfd(connection.fileno(), connection.family, connection.type)
        with self._lock:
            self._copies.append(copy)
        if self._is_shut:
            self.shut()

    def shut(self) -> None:
        """End all of them; also those that are added later."""
        self._is_shut = True
        with self._lock:
            for copy in self._copies:
                with suppress(OSError):  # it has ended by itself
                    copy.shutdown(socket.SHUT_RDWR)
        self.release()

    def release(self) -> None:
        """Let go of the copies; the connections live on."""
        with self._lock:
            while self._copies:
                self._copies.pop().close()


_sockets: ContextVar[Sockets | None] = ContextVar("sockets", default=None)


def watch(connection: socket.socket) -> None:
    """Let the exchange that this thread runs shut this connection when its time is up."""
    sockets = _sockets.get()
    if sockets is not None:
        sockets.add(connection)


def run(function: Callable[[], Result], deadline: Deadline, sockets: Sockets | None = None) -> Result:
    """What the function gives, in time. LateError where it does not: then its sockets are shut, as at an interrupt."""
    watched = sockets or Sockets()
    done: Future[Result] = Future()
    threading.Thread(target=copy_context().run, args=(_work, function, watched, done), daemon=True).start()
    try:
        if not wait([done], deadline.left).done:
            raise LateError
        return done.result()
    except BaseException as error:
        watched.shut()
        forget_locals(error)
        raise
    finally:
        watched.release()


def _work(function: Callable[[], Result], sockets: Sockets, done: "Future[Result]") -> None:
    _sockets.set(sockets)
    try:
        done.set_result(function())
    except BaseException as error:  # noqa: BLE001 - it is raised where one waits for it
        done.set_exception(error)


def forget_locals(error: BaseException | None) -> None:
    """Empty the frames below that have ended, of the error and its causes: no traceback shows what they held."""
    chain, seen = [error], set[int]()
    while chain:
        one = chain.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            traceback.clear_frames(one.__traceback__)
            chain += [one.__cause__, one.__context__]


def forgetting(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Whatever ends this function, an interrupt too: its traceback shows no values, not those it was given either."""

    @wraps(function)
    def call(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        try:
            return function(*arguments, **named)
        except BaseException as error:
            del arguments, named
            forget_locals(error)
            raise

    return call
