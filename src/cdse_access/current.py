"""The session of the last `connect()`: the only thing that this package remembers, since `load` needs a default.

It stands apart and imports nothing that asks or reads, so that the client of the practice may ask for it, too.
"""

from typing import Any

from cdse_access.messages import say
from cdse_access.problems import BadInput

_session: Any = None  # a cdse_access.session.Session


def find_current() -> Any:
    """The session of the last `connect()`; None where there is none."""
    return _session


def current() -> Any:
    """The session of the last `connect()`. BadInput where there is none."""
    if _session is None:
        raise BadInput(say("connect-first"))
    return _session


def replace_current(session: Any) -> None:
    """From now on this is the current session; None: there is none."""
    global _session
    _session = session


def choose_session(given: Any = None) -> Any:
    """The session that was given, or that of the catalogue that was; else the last one. BadInput: neither of them."""
    if given is None:
        return current()
    session = getattr(given, "session", given)
    if not hasattr(session, "store"):
        wanted = say("wanted-session")
        raise BadInput(say("argument-value", name="session", value=type(given).__name__, wanted=wanted))
    return session
