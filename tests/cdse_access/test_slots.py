"""cdse_access.slots: connections that processes share are never more, those of a killed process free at once."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from cdse_access import slots
from cdse_access.problems import BadData, Reason, Unavailable
from cdse_access.slots import Slots

HOLD = """
import sys, threading
from cdse_access.slots import Slots
with Slots(sys.argv[1], 1).take(threading.Event()):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_no_more_than_so_many_at_a_time(tmp_path):
    places, lock, running, most = Slots(str(tmp_path), 3), threading.Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal running, most
        with places.take(Event()):
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.01)
            with lock:
                running -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(40)))
    assert most == 3


def test_who_is_killed_holds_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "PATIENCE", 0.1)
    places = Slots(str(tmp_path), 1)
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(Unavailable, match="Cả 1 kết nối") as caught, places.take(Event()):
            pass
        holder.kill()
        holder.wait()
        with places.take(Event()):
            pass
    assert caught.value.reason is Reason.BUSY


def test_a_failure_frees_its_place_and_a_stop_ends_the_wait(tmp_path):
    places = Slots(str(tmp_path), 1)
    with pytest.raises(ZeroDivisionError), places.take(Event()):
        1 / 0  # noqa: B018
    stopped = Event()
    stopped.set()
    with places.take(Event()), pytest.raises(Unavailable), places.take(stopped):
        pass


def test_a_folder_that_has_gone_is_told(tmp_path):
    with pytest.raises(BadData, match=r"0\.lock") as caught, Slots(str(tmp_path / "gone"), 1).take(Event()):
        pass
    assert caught.value.reason is Reason.DISK
