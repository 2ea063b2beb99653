"""The offline CDSEs that this process has started: one that has ended is not asked again and again.

Known by their address, so that whoever gets no answer can ask here first.
"""

import os
import subprocess

from cdse_access.messages import say
from cdse_access.problems import BadInput, Message

_started: dict[str, "subprocess.Popen[str]"] = {}  # by host and port


# Only who has started a process may ask how it is: one that was forked would take every service for ended.
if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_started.clear)


def remember(address: str, process: "subprocess.Popen[str]") -> None:
    """A service of ours listens at this address."""
    _started[address] = process


def forget(address: str) -> None:
    """It is stopped on purpose."""
    _started.pop(address, None)


def refuse_ended(address: str) -> None:
    """BadInput (Reason.OFFLINE) where the service at this address was ours, and has ended by itself."""
    process = _started.get(address)
    if process is None:
        return
    code = process.poll()
    if code is not None:
        raise BadInput(say("offline-ended", how=tell_end(code)))


def suggest_offline(address: str) -> str:
    """To whom else to turn where the service at this address fails; "" where it is an offline one of ours already."""
    place = address.rpartition("//")[2].partition("/")[0]
    return "" if place in _started else say("or-offline")


def tell_end(code: int) -> Message:
    """How a process ended: its code, or the signal that killed it."""
    return say("how-signal", number=-code) if code < 0 else say("how-code", code=code)
