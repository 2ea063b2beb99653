"""JupyterLab in Chromium, used on copies of the lessons as a learner would.

python -m tests.browser.lab FOLDER [NAME ...]    run the lessons and save pictures of them, top to bottom
"""

import argparse
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from playwright.sync_api import Page, Route, sync_playwright

from tools.notebooks import NOTEBOOKS, learner_environment, names

PLAIN = (sys.executable, "-m", "jupyterlab")
EXTENSIONS = Path(__file__).parents[2] / "lab" / "extensions"
WITH_FIGURES = [*PLAIN, f"--LabApp.extra_labextensions_path={EXTENSIONS}"]
LESSON_SECONDS = 240
START_SECONDS = 60
PICTURE_HEIGHT = 2400  # of one picture; Chromium draws at most 16384 pixels
SETTINGS = {
    # All cells are in the page, not only those on screen.
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": '{"windowingMode": "none"}',
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": '{"fetchNews": "false"}',
}

_LEFTOVER = re.compile(
    r"^\s*(:::|```|\(=)|Unknown Directive|^(Exercise|Solution to|Figure)\b|^(Note|Tip|Hint|Important|Caution|Warning)$"
)

_CELLS = """() => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const cells = panel?.content?.model ? [...panel.content.model.cells] : [];
    const kernel = panel?.sessionContext?.session?.kernel;
    return {
        ready: kernel?.status === "idle" && panel.context.isReady && cells.length > 0,
        cells: cells.map(cell => ({
            type: cell.type,
            source: cell.sharedModel.source,
            count: cell.executionCount ?? null,
            outputs: cell.outputs ? cell.outputs.toJSON() : [],
        })),
    };
}"""


@dataclass(frozen=True)
class Lesson:
    """What the browser shows of a lesson after all its cells ran."""

    cells: list[dict]
    alts: list[str]  # of the images that the page has drawn
    captions: list[str]
    leftovers: list[str]  # lines of MyST that were not understood, or titles left in English
    errors: list[str]  # of the page's own scripts

    @property
    def code(self) -> list[dict]:
        return [cell for cell in self.cells if cell["type"] == "code" and cell["source"].strip()]


def chromium() -> str | None:
    """Path of the browser: CHROMIUM, or the system's."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)


@contextmanager
def server(command: Sequence[str] = PLAIN, root: Path | None = None) -> Iterator[tuple[str, Path]]:
    """JupyterLab with settings of its own; gives its address and the folder that it shows.

    command, root: what starts it, and where; without them plain JupyterLab, in a folder of its own.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True)))
        folder = root or home / "notebooks"
        folder.mkdir(exist_ok=True)
        for name, text in SETTINGS.items():
            path = home / "settings" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        url = f"http://127.0.0.1:{_free_port()}/"
        log = stack.enter_context((home / "log").open("w+"))
        options = [*command, *_choose_options(url)]
        process = subprocess.Popen(options, cwd=folder, env=_environment(home), stdout=log, stderr=log)
        stack.callback(_stop, process)
        _wait_until_up(process, url, Path(log.name))
        yield url, folder


def _choose_options(url: str) -> list[str]:
    port = url.rsplit(":", 1)[1].strip("/")
    options = ["--no-browser", "--expose-app-in-browser", "--allow-root", "--IdentityProvider.token="]
    return [*options, f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]


def _environment(home: Path) -> dict[str, str]:
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return learner_environment() | {name: str(home / folder) for name, folder in own.items()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(process: subprocess.Popen, url: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            opener.open(f"{url}api/status", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def browser(url: str) -> Iterator[Page]:
    """A page that reaches nothing but this server."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = program.new_page(viewport={"width": 1280, "height": PICTURE_HEIGHT})

        def local_only(route: Route) -> None:
            route.continue_() if route.request.url.startswith(url) else route.abort()

        page.route(lambda address: address.startswith("http"), local_only)
        yield page
        program.close()


def run(page: Page, url: str, folder: Path, path: Path) -> Lesson:
    """Open a copy of a notebook without its outputs, choose Run > Run All Cells, wait for the last cell."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, folder / path.name)

    page.goto(f"{url}lab/tree/{path.name}?reset")
    _wait_for(page, lambda state: state["ready"], START_SECONDS)
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()
    state = _wait_for(page, _has_ended, LESSON_SECONDS)
    page.wait_for_timeout(1000)  # for the last outputs to be drawn
    alts = page.eval_on_selector_all(
        ".jp-OutputArea img",
        "images => images.filter(image => image.complete && image.naturalWidth > 0).map(image => image.alt)",
    )
    captions = page.locator(".hinh-ve").all_inner_texts()
    rendered = "\n".join(page.locator(".jp-MarkdownCell").all_inner_texts())
    leftovers = [line for line in rendered.splitlines() if _LEFTOVER.search(line)]
    return Lesson(state["cells"], alts, captions, leftovers, errors)


def _has_ended(state: dict) -> bool:
    """All cells have run, or one failed: JupyterLab then leaves out the rest."""
    code = [cell for cell in state["cells"] if cell["type"] == "code" and cell["source"].strip()]
    failed = any(output["output_type"] == "error" for cell in code for output in cell["outputs"])
    return state["ready"] and (failed or all(cell["count"] for cell in code))


def _wait_for(page: Page, condition, seconds: float) -> dict:
    deadline = time.monotonic() + seconds
    while not condition(state := page.evaluate(_CELLS)):
        if time.monotonic() > deadline:
            done = sum(cell["count"] is not None for cell in state["cells"])
            raise TimeoutError(f"not ready after {seconds} s, {done} cells executed: {page.url}")
        page.wait_for_timeout(250)
    return state


def save_pictures(page: Page, folder: Path, name: str) -> list[Path]:
    """The lesson as it stands on the page, as one picture for each screen."""
    folder.mkdir(parents=True, exist_ok=True)
    panel = page.locator(".jp-WindowedPanel-outer").first
    height = panel.locator(".jp-Cell").last.evaluate("cell => cell.offsetTop + cell.offsetHeight")
    step = panel.evaluate("panel => panel.clientHeight")
    paths = []
    for number, top in enumerate(range(0, height, step), start=1):
        panel.evaluate("(panel, top) => panel.scrollTo(0, top)", top)
        page.wait_for_timeout(200)
        paths.append(folder / f"{name}-{number}.png")
        panel.screenshot(path=paths[-1])
    return paths


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="all lessons when none is given")
    arguments = parser.parse_args()
    with server() as (url, folder), browser(url) as page:
        for name in arguments.names or names():
            begin = time.monotonic()
            lesson = run(page, url, folder, NOTEBOOKS / f"{name}.ipynb")
            seconds = time.monotonic() - begin
            paths = save_pictures(page, arguments.folder, name)
            print(f"{name}: {len(lesson.code)} code cells in {seconds:.0f} s, {len(paths)} pictures", flush=True)


if __name__ == "__main__":
    main()
