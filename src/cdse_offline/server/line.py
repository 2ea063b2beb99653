"""A line before something that serves one at a time; who comes next is found when the last one has ended."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

# What is compared: the lowest comes next, of equal ones the earlier. It is told the time, the same for all of them.
Rank = Callable[[float], Any]


class FullError(Exception):
    """Too many wait already."""


class Line:
    def __init__(self, most: float = math.inf) -> None:
        self._most = most
        self._busy = False
        self._waiting: dict[asyncio.Future[None], Rank] = {}

    @asynccontextmanager
    async def turn(self, rank: Rank) -> AsyncIterator[None]:
        """Wait for one's turn; FullError to the last of those who wait when there are too many."""
        await self._wait(rank)
        try:
            yield
        finally:
            self._call_next()

    async def _wait(self, rank: Rank) -> None:
        if not self._busy:
            self._busy = True
            return
        called = asyncio.get_running_loop().create_future()
        self._waiting[called] = rank
        if len(self._waiting) > self._most:
            self._refuse_last()
        try:
            await called
        except asyncio.CancelledError:
            is_called = called.done() and not called.cancelled() and called.exception() is None
            if is_called:  # and gone in the same moment; who was sent away in it has no turn to hand on
                self._call_next()
            raise
        finally:
            self._waiting.pop(called, None)

    def _refuse_last(self) -> None:
        now = time.monotonic()
        last = max(reversed(self._waiting), key=lambda called: self._waiting[called](now))
        del self._waiting[last]
        last.set_exception(FullError())

    def _call_next(self) -> None:
        now = time.monotonic()
        while self._waiting:
            following = min(self._waiting, key=lambda called: self._waiting[called](now))
            del self._waiting[following]
            if not following.done():
                following.set_result(None)
                return
        self._busy = False
