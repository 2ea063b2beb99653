"""Files that are there whole or not at all."""

import os
import tempfile
from pathlib import Path

from cdse_access.messages import say
from cdse_access.problems import BadData


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name and then rename it: whoever sees it sees the whole. Its folder is made.

    Only this user may read it (mode 0600). BadData with Reason.DISK where it cannot be written; nothing is left then.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).replace(path)
    except OSError as error:
        raise BadData(say("cannot-write", path=path, why=error.strerror)) from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
