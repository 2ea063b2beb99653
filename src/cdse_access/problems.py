"""Errors with a reason: the message is for the reader, `reason` for programs and tests; and the tables of messages."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from types import TracebackType
from typing import Any


class Reason(StrEnum):
    """Why a step stopped. Each has its card on the book's page of errors."""

    INPUT = "input"  # bbox, time, collection, band … that cannot be
    KEYS = "keys"  # no keys, half a pair, swapped, a sample text …
    KEY_UNKNOWN = "key-unknown"  # the service does not know this key: mistyped, deleted or expired
    SECRET_WRONG = "secret-wrong"  # the secret does not belong to this key
    CLOCK = "clock"  # this machine's clock is wrong
    FORBIDDEN = "forbidden"
    MISSING = "missing"  # no such file or item in the store
    BUSY = "busy"  # 429, 5xx: the service is overloaded or broken
    NETWORK = "network"  # the service cannot be reached, or the connection broke
    CERTIFICATE = "certificate"  # the TLS certificate is not valid
    NOT_SERVICE = "not-service"  # something answers that is neither S3 nor STAC: a login page, a proxy
    CHANGED = "changed"  # the file changed while it was read
    BROKEN = "broken"  # the file is damaged or cut, or its pixels cannot be true
    EMPTY = "empty"  # no item, or no pixel that can be used
    DISK = "disk"  # cannot be written
    OFFLINE = "offline"  # the offline CDSE does not start, has ended, or cannot make its images


class Message(str):
    """A text for the reader; `reason` is where it stood in its table, None for what is no error."""

    __slots__ = ("reason",)
    reason: Reason | None


class Messages:
    """The texts of one package in one language, by reason and slot: a second language is one more table.

    A slot is a short name of what is said, once in the table; texts have fields as `str.format` knows them. What is
    said without an error stands under None.
    """

    def __init__(self, table: Mapping[Reason | None, Mapping[str, str]]) -> None:
        self._texts = {slot: (reason, text) for reason, texts in table.items() for slot, text in texts.items()}
        if len(self._texts) < sum(map(len, table.values())):
            raise ValueError("a slot stands twice in the table")

    def __call__(self, slot: str, /, **values: object) -> Message:
        """The text of this slot with its fields filled: `raise BadInput(say("bbox-order", bbox=bbox))`."""
        reason, text = self._texts[slot]
        told = text.format(**values)
        # A path may hold bytes that are no text: they would not go through any stream, not even to a notebook.
        message = Message(told.encode(errors="backslashreplace").decode())
        message.reason = reason
        return message


class Problem(Exception):
    """All errors of the course and its client; `reason` says why, by default that of the message's table."""

    def __init__(self, message: str, reason: Reason | None = None) -> None:
        super().__init__(str(message))
        own: Any = getattr(message, "reason", None)
        self.reason = Reason(reason or own)

    def __reduce__(self) -> tuple[Any, ...]:  # an error in a child process must come back to its parent
        return type(self), (str(self), self.reason)

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the learner's line and the message; all of the way with `%xmode Verbose`.

        `__tracebackhide__` would not do: the frames between belong to libraries, which do not set it. `%xmode Minimal`
        would hide the learner's line, and that of every other error.
        """
        handler: Any = sys.modules["IPython"].get_ipython().InteractiveTB
        shown, path = self, self.__traceback__
        if handler.mode != "Verbose":
            # A new one does not drag the libraries' errors along; `copy` would where tblib (of distributed) is loaded.
            kind, arguments = self.__reduce__()
            shown, path = kind(*arguments), _of_learner(path)
        lines: list[str] = handler.structured_traceback(type(self), shown, path)
        return lines


def _of_learner(path: TracebackType | None) -> TracebackType | None:
    """Only as far as the learner's last frame, that of the module `__main__`; all of it where there is none."""
    frames = []
    while path is not None:
        frames.append(path)
        path = path.tb_next
    mine = [number for number, one in enumerate(frames, 1) if one.tb_frame.f_globals.get("__name__") == "__main__"]
    for one in reversed(frames[: mine[-1] if mine else None]):
        path = TracebackType(path, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return path


class BadInput(Problem, ValueError):
    """What the user gave cannot be right: mend it and run again."""

    def __init__(self, message: str, reason: Reason | None = None) -> None:
        super().__init__(message, reason or getattr(message, "reason", None) or Reason.INPUT)


def refuse(faults: Iterable[Message]) -> None:
    """BadInput with all that is wrong, a line for each; nothing where nothing is."""
    told = list(dict.fromkeys(faults))
    if told:
        raise BadInput("\n".join(told), told[0].reason)


@contextmanager
def gather(faults: list[Message]) -> Iterator[None]:
    """What a block refuses is kept among the faults, so that what follows is checked, too."""
    try:
        yield
    except BadInput as problem:
        message = Message(problem)
        message.reason = problem.reason
        faults.append(message)


class Rejected(Problem, PermissionError):
    """The service refuses: the key, the signature, the clock or the rights."""


class Unavailable(Problem, ConnectionError):
    """The service cannot answer now: wait and run again, or use the offline CDSE."""


class BadData(Problem, OSError):
    """What came is not what was promised; no pixel of it is used."""
