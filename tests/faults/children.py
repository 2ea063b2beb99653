"""A service of one's own, and runs in processes forked from one that has imported everything and used nothing yet."""

import json
import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cdse_access.service import running
from tests.faults.world import HANG, Outcome, Service

ROOT = Path(__file__).parents[2]


@contextmanager
def offline_service() -> Iterator[Service]:
    """An offline CDSE of one's own; it ends with whoever started it."""
    with running() as cdse:
        yield Service(cdse.stac, cdse.s3, cdse.keys.access.reveal(), cdse.keys.secret.reveal())


class Child:
    """A forked process that runs `call` and sends its outcome; silent, since GDAL writes to where nobody looks."""

    def __init__(self, call: Callable[[], Outcome]) -> None:
        self._reading, writing = os.pipe()
        self._began = time.monotonic()
        self._pid = os.fork()
        if self._pid == 0:
            _work(call, writing)
        os.close(writing)

    def outcome(self, seconds: float) -> Outcome:
        """What came of it; when it takes longer than `seconds` from its start, it is ended."""
        found, until = b"", self._began + seconds
        while select.select([self._reading], [], [], max(until - time.monotonic(), 0))[0]:
            if not (more := os.read(self._reading, 65536)):
                break
            found += more
        else:
            os.kill(self._pid, signal.SIGKILL)
        os.close(self._reading)
        _, status = os.waitpid(self._pid, 0)
        if found:
            return Outcome(**json.loads(found))
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return Outcome(HANG, f"quá {seconds:.0f} giây", seconds=seconds)
        return Outcome("crash", f"tiến trình chết, mã {status}")


def _work(call: Callable[[], Outcome], writing: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    try:
        outcome = call()
    except BaseException as error:  # noqa: BLE001 - whoever forked must hear of it
        outcome = Outcome("crash", repr(error))
    os.write(writing, outcome.as_json().encode())
    os._exit(0)
