"""Why the service could not make a file, in a code that the client knows a cure for.

CDSE never answers with these codes. Without them a full disk would look like a busy service, and be asked again and
again.
"""

from pathlib import Path
from typing import NamedTuple

from cdse_access.files import explain_refusal

# What a refusal of the system means here, by the slot that the client's `files` gives it.
_OF_SYSTEM = {"full": "OfflineDiskFull", "open-files": "OfflineOpenFiles", "memory": "OfflineMemory", "other": ""}
_FOLDER = "OfflineFolder"
# By the name of the class, since the service itself never loads the libraries that they come from.
_OF_LIBRARIES = {
    "DriverRegistrationError": "OfflineDriver",
    "MemoryError": "OfflineMemory",
    "CPLE_OutOfMemoryError": "OfflineMemory",
}
KILLED = "OfflineKilled"
UNKNOWN = "OfflineFailed"


class Failure(NamedTuple):
    """A code of S3's kind, and what is known besides: a path, or an error's words."""

    code: str
    detail: str


class NotMadeError(Exception):
    """A file could not be made: the worker failed, or died, or there was nowhere to write."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.detail}")
        self.failure = failure


def describe_failure(error: BaseException, folder: Path) -> Failure:
    """What became of an error while a file of this folder was made, wherever it came from."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    words = f"{type(cause).__name__}: {cause}"
    names = {kind.__name__ for kind in type(cause).__mro__}
    for name in names & _OF_LIBRARIES.keys():
        return Failure(_OF_LIBRARIES[name], words)
    if isinstance(cause, OSError) and cause.errno:
        code = _OF_SYSTEM.get(explain_refusal(cause).slot, _FOLDER)
        return Failure(code, str(folder)) if code else Failure(UNKNOWN, words)
    return Failure(UNKNOWN, words)
