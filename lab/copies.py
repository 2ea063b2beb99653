"""The learner's own copies of the lessons: made once, never overwritten, laid aside before a new one takes their place.

They lie in a folder beside `notebooks/`, which git does not track: what a lesson links to is found from both. A copy
says in its metadata which cells it was made from, so that it is known later whether the learner has changed it, and
whether the course has.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.sign import NotebookNotary

from lab.messages import say

ROOT = Path(__file__).parents[1]
ORIGINALS = "notebooks"
COPIES = "bai-cua-toi"
ASIDE = "ban-cu"  # inside the folder of copies
MARK = "course_cells"  # in the metadata of a copy
RESTART = "make restart ARGS={name}" if os.name == "posix" else "python -m lab restart {name}"


class CourseError(Exception):
    """What a learner is told."""


def list_lessons(root: Path = ROOT) -> list[str]:
    """Names of the lessons, in their order."""
    return sorted(path.stem for path in (root / ORIGINALS).glob("*.ipynb"))


def prepare(root: Path = ROOT) -> list[str]:
    """Make the copies that are missing, renew those that nobody has changed; what the learner should know."""
    told = []
    try:
        if not (root / COPIES).exists():
            told.append(say("made", folder=COPIES))
        for name in list_lessons(root):
            told += _prepare_one(root, name)
    except OSError as error:
        raise _explain(root, error) from error
    return told


def _explain(root: Path, error: OSError) -> CourseError:
    return CourseError(say("unwritable", folder=root / COPIES, error=error.strerror))


def _prepare_one(root: Path, name: str) -> Iterator[str]:
    copy = find_copy(root, name)
    if not copy.exists():
        _write_copy(root, name)
        return
    try:
        notebook = _read(copy)
    except ValueError:
        yield say("broken", path=copy.relative_to(root), command=RESTART.format(name=name))
        return
    made_from = notebook.metadata.get(MARK)
    if made_from is None or made_from == digest(_read(find_original(root, name))):
        return
    if digest(notebook) == made_from:
        if aside := _write_copy(root, name):
            yield say("updated", name=name, path=aside.relative_to(root))
    else:
        yield say("newer", name=name, command=RESTART.format(name=name))


def restart(name: str, root: Path = ROOT) -> Path | None:
    """The lesson as at the beginning; where the learner's copy lies now, if there was one."""
    if name not in (names := list_lessons(root)):
        raise CourseError(say("no-lesson", name=name, names=", ".join(names)))
    try:
        return _write_copy(root, name)
    except OSError as error:
        raise _explain(root, error) from error


def _lay_aside(root: Path, name: str) -> Path:
    aside = _find_free_place(root, name)
    aside.parent.mkdir(exist_ok=True)
    return find_copy(root, name).rename(aside)


def list_newer(root: Path = ROOT) -> list[str]:
    """The lessons that the course has changed since the learner's copy was made."""
    return [name for name in list_lessons(root) if _is_newer(root, name)]


def _is_newer(root: Path, name: str) -> bool:
    try:
        made_from = _read(find_copy(root, name)).metadata.get(MARK)
    except (OSError, ValueError):
        return False
    return made_from not in (None, digest(_read(find_original(root, name))))


def find_original(root: Path, name: str) -> Path:
    return root / ORIGINALS / f"{name}.ipynb"


def find_copy(root: Path, name: str) -> Path:
    return root / COPIES / f"{name}.ipynb"


def _find_free_place(root: Path, name: str) -> Path:
    folder, when = root / COPIES / ASIDE, datetime.now().strftime("%Y-%m-%d-%Hh%M")
    path = folder / f"{name}-{when}.ipynb"
    number = 2
    while path.exists():
        path = folder / f"{name}-{when}-{number}.ipynb"
        number += 1
    return path


def digest(notebook: NotebookNode) -> str:
    """Of what an author writes: outputs, counts and what JupyterLab notes about cells leave it as it is."""
    cells = [(cell.cell_type, cell.source) for cell in notebook.cells]
    return sha256(repr(cells).encode()).hexdigest()[:16]


def _read(path: Path) -> NotebookNode:
    """ValueError where it is no notebook."""
    with path.open(encoding="utf-8") as file:
        try:
            return nbformat.read(file, as_version=4)
        except Exception as error:  # nbformat has many kinds for what is wrong with a file
            raise ValueError(f"{path.name} is no notebook: {error}") from error


def _write_copy(root: Path, name: str) -> Path | None:
    """The new copy; the old one, if there was one, is laid aside when the new one is whole: a disk may be full."""
    notebook = _read(find_original(root, name))
    notebook.metadata[MARK] = digest(notebook)
    NotebookNotary().sign(notebook)  # whose figures and tables JupyterLab shows at once
    copy = find_copy(root, name)
    copy.parent.mkdir(exist_ok=True)
    part = copy.with_suffix(".part")
    part.write_text(nbformat.writes(notebook), encoding="utf-8")
    aside = _lay_aside(root, name) if copy.exists() else None
    part.replace(copy)
    return aside
