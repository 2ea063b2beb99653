"""Connections that several processes of one machine share: so many locked files in a folder.

The system frees the lock of a process that ends, killed or not. `distributed.Semaphore` was measured: 10 ms a lease,
and 37 s until that of a killed worker is free again.
"""

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from cdse_access.files import unwritable
from cdse_access.messages import say
from cdse_access.problems import Unavailable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PATIENCE = 55  # seconds until whoever got no turn is told
SHORTEST, LONGEST = 0.002, 0.02  # seconds between two looks; at random, so that nobody is passed over for long


@dataclass(frozen=True)
class Slots:
    """So many places for connections; every process and thread that knows the folder takes them in turn."""

    folder: str
    count: int

    @contextmanager
    def take(self, stop: Event) -> Iterator[None]:
        """One of them for a block. Unavailable where none is free in time, or all is being stopped."""
        descriptor = self._wait(stop)
        try:
            yield
        finally:
            os.close(descriptor)

    def _wait(self, stop: Event) -> int:
        until = time.monotonic() + PATIENCE
        while (descriptor := self._find_free()) is None:
            if time.monotonic() > until or stop.wait(random.uniform(SHORTEST, LONGEST)):
                raise Unavailable(say("slots-taken", count=self.count))
        return descriptor

    def _find_free(self) -> int | None:
        for number in random.sample(range(self.count), self.count):
            descriptor = _open(Path(self.folder, f"{number}.lock"))
            if _lock(descriptor):
                return descriptor
            os.close(descriptor)
        return None


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:  # the client has logged out meanwhile, or no file can be opened any more
        raise unwritable(path, error) from error


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
