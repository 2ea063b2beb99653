"""The file `.env`: which one, what stands in it, and keys that are kept there.

It is read by python-dotenv. Its `set_key` was tried and does not write it: a file that others may read stays so with
the keys in it, each of the two keys is a write of its own (an interrupt leaves half a new pair), and a link becomes a
file. So all lines are written at once by `write_whole`.
"""

import os
import re
import stat
import subprocess
from contextlib import suppress
from pathlib import Path

from dotenv import dotenv_values

from cdse_access.addresses import NAMES as ADDRESSES
from cdse_access.files import explain_refusal, write_whole
from cdse_access.messages import say
from cdse_access.problems import BadInput
from cdse_access.secrets import Keys, Secret, seal
from cdse_access.variables import read_variable, strip_value

VARIABLE = "CDSE_ENV_FILE"  # names another file
OFF = "none"  # as its value: no file is to be read; empty is not set, and on Windows cannot be set
PAIR = ("CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY")
GIT_SECONDS = 20


def find_file() -> Path | None:
    """The nearest `.env` from the working directory up to the project's root, or the one that `CDSE_ENV_FILE` names."""
    given = read_variable(VARIABLE)
    if given:
        return None if given == OFF else _expand(given)
    for folder in _folders():
        path = folder / ".env"
        if _is_there(path) and path.is_file():
            return path
    return None


def _expand(given: str) -> Path:
    try:
        return Path(given).expanduser()
    except RuntimeError:  # no such user, or no home
        raise BadInput(say("env-file-missing", path=given)) from None


def _is_there(path: Path) -> bool:
    """Is there such a file, as far as this user may know?"""
    with suppress(OSError):  # a folder that may not be looked into
        return path.exists()
    return False


def _folders() -> list[Path]:
    """The working directory and those above it, up to the project's root: that of git, else of pyproject.toml.

    None where the working directory was removed.
    """
    try:
        here = Path.cwd()
    except OSError:
        return []
    folders = [here, *here.parents]
    for mark in (".git", "pyproject.toml"):
        for number, folder in enumerate(folders, 1):
            if _is_there(folder / mark):
                return folders[:number]
    return folders[:1]


def read_file(path: Path) -> dict[str, Secret]:
    """Names and values. BadInput where there is no such file, or it is not to be read."""
    if not _is_there(path) or not path.is_file():
        raise BadInput(say("env-file-missing", path=path))
    try:
        return seal(dotenv_values(path, interpolate=False, encoding="utf-8-sig"))  # Notepad writes a BOM
    except UnicodeDecodeError:  # PowerShell writes UTF-16
        raise BadInput(say("env-file-encoding", file=path.name)) from None
    except OSError as error:
        raise BadInput(say("env-file-unreadable", file=path.name, why=explain_refusal(error).reason)) from None


def is_public(path: Path) -> bool:
    """May other users of this machine read it?"""
    return os.name != "nt" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def keep_keys(keys: Keys) -> str:
    """Put these keys in the place of those in `.env`, and return what the user is told of it.

    Only this user may read the file; git must not take it up; other lines stay as they are.
    BadInput where it names another service's addresses, where git would take it, or where it cannot be written.
    """
    if read_variable(VARIABLE) == OFF:
        raise BadInput(say("env-file-off"))
    path = find_file() or _choose_file()
    values = read_file(path) if path.is_file() else {}
    for name in ADDRESSES:
        if strip_value(values.get(name, Secret("")).reveal()):
            raise BadInput(say("env-file-other-service", address=name))
    refuse_if_tracked(path)
    try:
        _write_keys(path, keys)
    except OSError as error:  # the system's, or that of `write_whole`, which holds the system's
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        raise BadInput(say("env-file-unwritable", path=path, why=explain_refusal(cause).reason)) from None
    return say("env-file-kept", file=path.name)


def _choose_file() -> Path:
    """Where a new `.env` belongs: in the project's root."""
    folders = _folders()
    if not folders:
        raise BadInput(say("env-file-unwritable", path=".env", why=say("disk-gone")))
    return folders[-1] / ".env"


def _write_keys(path: Path, keys: Keys) -> None:
    text = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
    write_whole(path, _with_keys(text, keys).encode(), private=True)


def _with_keys(text: str, keys: Keys) -> str:
    assignment = re.compile(rf"\s*(export\s+)?({'|'.join(PAIR)})\s*=")
    lines = [line for line in text.splitlines() if not assignment.match(line)]
    lines.append(f"{PAIR[0]}={keys.access.reveal()}")
    lines.append(f"{PAIR[1]}={keys.secret.reveal()}")
    return "".join(f"{line}\n" for line in lines)


def refuse_if_tracked(path: Path) -> None:
    """BadInput where git holds this file or would take it up. Without a repository or git there is nothing to fear."""
    command = ["git", "-c", "safe.directory=*", "check-ignore", "--quiet", path.name]
    try:
        done = subprocess.run(command, cwd=path.parent, capture_output=True, timeout=GIT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode == 1:
        raise BadInput(say("env-file-in-git", file=path.name))
