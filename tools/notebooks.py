"""The lessons' two forms: text in notebooks/md/NAME.md, the same cells with their outputs in notebooks/NAME.ipynb.

    python -m tools.notebooks run [NAME ...]     text -> notebook, executed, outputs stored
    python -m tools.notebooks texts [NAME ...]   notebook -> text, after an edit in JupyterLab

Both give the same bytes when run again: cell ids follow from the cells, random ids in outputs are replaced.
"""

import argparse
import os
import re
import uuid
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
TEXTS = NOTEBOOKS / "md"
CELL_SECONDS = 300
CELL_METADATA = ("tags", "label", "caption", "alt")  # what a text keeps of a cell besides its source
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

_OTHER_SERVICES = re.compile(r"(CDSE|AWS|GDAL|CPL|VSI)_")
_NEEDED = {"CDSE_OFFLINE_CACHE", "GDAL_DATA", "GDAL_DRIVER_PATH"}
_PERSONAL = {"MPLBACKEND", "MATPLOTLIBRC", "PYTHONWARNINGS", "PYTHONSTARTUP", "JUPYTER_CONFIG_DIR"}
_SECONDS = re.compile(r"100% Completed \| [\d.]+ m?s")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def learner_environment() -> dict[str, str]:
    """This process's environment without keys, addresses and settings that would change what a lesson shows."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _NEEDED or not (_OTHER_SERVICES.match(name) or name in _PERSONAL)
    }
    kept |= {"CDSE_ENV_FILE": "none", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}  # nor those stored
    kept["TQDM_DISABLE"] = "1"  # what a progress bar shows differs from run to run
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, [kept.get(name), "127.0.0.1,localhost"]))
    return kept


def names() -> list[str]:
    """The lessons, by either of their files."""
    return sorted({path.stem for path in [*NOTEBOOKS.glob("*.ipynb"), *TEXTS.glob("*.md")]})


def cells(path: Path) -> list[tuple[str, str, dict[str, Any]]]:
    """Type, source and metadata of each cell: what the two forms share."""
    return [(c.cell_type, c.source.strip(), _shared_metadata(c)) for c in jupytext.read(path).cells]


def _shared_metadata(cell: NotebookNode) -> dict[str, Any]:
    return {key: value for key, value in cell.metadata.items() if key in CELL_METADATA}


def run(name: str) -> None:
    """Execute the text of a lesson and store it with its outputs. A cell that fails leaves the old file as it was."""
    text, notebook_path = TEXTS / f"{name}.md", NOTEBOOKS / f"{name}.ipynb"
    _refuse_to_lose_edits(text, notebook_path)
    notebook = jupytext.read(text)
    notebook.nbformat_minor = 5
    _name_cells(notebook, name)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=CELL_SECONDS,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    with TemporaryDirectory(prefix="cdse-") as nothing_kept:
        client.execute(env=os.environ | {"CDSE_CACHE": nothing_kept})  # what is counted is that of a first time
    _settle(notebook)
    _write(notebook, notebook_path)


def _refuse_to_lose_edits(text: Path, notebook: Path) -> None:
    if not notebook.exists() or cells(text) == cells(notebook):
        return
    if notebook.stat().st_mtime > text.stat().st_mtime:
        raise SystemExit(
            f"{notebook.name} is newer than {text.name} and differs from it. "
            f"Keep the notebook: make texts ARGS={notebook.stem}; keep the text: touch {text.relative_to(ROOT)}"
        )


def _name_cells(notebook: NotebookNode, name: str) -> None:
    """Ids that follow from the cells and, since the book wants them unique, from the lesson's name."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        key = sha256(f"{name}\n{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[key] = seen.get(key, 0) + 1
        cell.id = key if seen[key] == 1 else f"{key}-{seen[key]}"


def _settle(notebook: NotebookNode) -> None:
    """Remove what differs from run to run and from machine to machine."""
    notebook.metadata.pop("jupytext", None)
    notebook.metadata.kernelspec = KERNELSPEC
    notebook.metadata.language_info.pop("version", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [_without_times(_with_stable_ids(output, cell.id)) for output in cell.outputs]


def _with_stable_ids(output: NotebookNode, cell_id: str) -> NotebookNode:
    """xarray and dask number the elements of their HTML with random UUIDs."""
    html = output.get("data", {}).get("text/html")
    if html is None:
        return output
    found = list(dict.fromkeys(_UUID.findall(html)))
    for number, random_id in enumerate(found):
        html = html.replace(random_id, str(uuid.uuid5(uuid.NAMESPACE_OID, f"{cell_id} {number}")))
    output.data["text/html"] = html
    return output


def _without_times(output: NotebookNode) -> NotebookNode:
    """Dask's progress bar ends on the seconds it took."""
    if output.output_type == "stream":
        output.text = _SECONDS.sub("100% Completed", output.text)
    return output


def _write(notebook: NotebookNode, path: Path) -> None:
    part = path.with_suffix(".part")
    nbformat.write(notebook, part)
    part.replace(path)


def write_text(name: str) -> None:
    """Write the notebook's cells back to its text, below its head: an untouched lesson stays as it is."""
    text = TEXTS / f"{name}.md"
    notebook = jupytext.read(NOTEBOOKS / f"{name}.ipynb")
    for cell in notebook.cells:
        cell.metadata = NotebookNode(_shared_metadata(cell))
    written = jupytext.writes(notebook, fmt="md:myst")
    if text.exists():
        _, _, body = _divided(written)
        opening, head, _ = _divided(text.read_text(encoding="utf-8"))
        written = f"{opening}{head}{body}"
    TEXTS.mkdir(exist_ok=True)
    text.write_text(written, encoding="utf-8")


def _divided(text: str) -> tuple[str, str, str]:
    """A text's first mark, its head with the mark that ends it, and its body."""
    mark = "---\n"
    end = text.index(f"\n{mark}") + 1 + len(mark)
    return mark, text[len(mark) : end], text[end:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("run", "texts"))
    parser.add_argument("names", nargs="*", help="all lessons when none is given")
    arguments = parser.parse_args()
    environment = learner_environment()
    os.environ.clear()
    os.environ.update(environment)
    for name in arguments.names or names():
        print(name, flush=True)
        if arguments.action == "texts":
            write_text(name)
            continue
        try:
            run(name)
        except CellExecutionError as error:
            raise SystemExit(f"{name}: a cell failed, the stored notebook is as it was.\n{error}") from None


if __name__ == "__main__":
    main()
