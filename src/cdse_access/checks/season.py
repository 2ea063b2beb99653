"""What is wrong with a season: gathered over all its dates, and said once."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cdse_access.messages import say
from cdse_access.problems import BadData, Message, Reason
from cdse_access.telling import tell

# Of one file, not of the service: others can be read all the same.
OF_A_FILE = {Reason.BROKEN, Reason.MISSING, Reason.CHANGED, Reason.EMPTY}


class Fault(NamedTuple):
    """Why a date cannot be used."""

    date: str  # as 2023-09-28
    message: str
    reason: Reason
    bands: Sequence[str]  # those whose files may be damaged
    layer: int = -1  # of what was loaded


def make_fault(date: str, bands: Sequence[str], message: Message) -> Fault:
    """A fault of these bands at a date; the reason is the message's own."""
    return Fault(date, message, message.reason or Reason.BROKEN, bands)


def join_faults(faults: Iterable[Fault], *, others: bool = False) -> BadData:
    """One error that names all of them, by date. others: there are good dates, which on_bad="drop" would load."""
    ordered = sorted(faults, key=lambda fault: fault.date)
    reasons = {fault.reason for fault in ordered}
    reason = reasons.pop() if len(reasons) == 1 else Reason.BROKEN
    way = [say("dates-drop")] if others else []
    if len(ordered) == 1:
        return BadData(" ".join([ordered[0].message, *way]), reason)
    dates = list_dates(ordered)
    lines = [f"- {fault.date}: {fault.message}" for fault in ordered]
    head = say("dates-bad", number=len(dates), dates=", ".join(dates))
    return BadData("\n".join([" ".join([head, *way]), *lines]), reason)


def tell_dropped(faults: Sequence[Fault]) -> None:
    """Name the dates that are left out, and why."""
    dates = list_dates(faults)
    why = "\n".join(f"- {fault.date}: {fault.message}" for fault in sorted(faults, key=lambda fault: fault.date))
    tell(say("dates-dropped", number=len(dates), dates=", ".join(dates)), why)


def list_dates(faults: Iterable[Fault]) -> list[str]:
    """Each date once, in order."""
    return sorted({fault.date for fault in faults})
