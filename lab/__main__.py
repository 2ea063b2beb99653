"""Open the course in JupyterLab: python -m lab. Works where there is no make, too.

python -m lab [OPTIONS OF JUPYTERLAB]      the learner's copies, lesson 1 first
python -m lab restart NAME [NAME ...]      these lessons anew; the old copies are laid aside
"""

import os
import sys
from pathlib import Path

from jupyterlab.labapp import main as run_jupyterlab

from cdse_access.telling import prepare_streams, tell
from lab import copies
from lab.messages import say

HERE = Path(__file__).parent
FIRST = "01-xac-thuc.ipynb"


def choose_options(root: Path = copies.ROOT) -> list[str]:
    """What tells JupyterLab of the course."""
    options = {
        "ServerApp.root_dir": root,
        "ServerApp.contents_manager_class": "lab.contents.CourseContents",
        "LabApp.extra_labextensions_path": HERE / "extensions",
        "LabApp.default_url": f"/lab/tree/{copies.COPIES}/{FIRST}",
    }
    return [f"--{name}={value}" for name, value in options.items()] + _allow_root()


def _allow_root() -> list[str]:
    return ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def use_settings() -> None:
    """Our part of the server, the language and the like; what learners choose in JupyterLab goes before it."""
    more = filter(None, [str(HERE / "config"), os.environ.get("JUPYTER_CONFIG_PATH")])
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(more)


def restart(names: list[str]) -> None:
    for name in names:
        aside = copies.restart(name.removesuffix(".ipynb"))
        tell(say("restarted", name=name))
        if aside:
            tell(say("aside", path=aside.relative_to(copies.ROOT)))


def main() -> None:
    prepare_streams()
    match sys.argv[1:]:
        case ["restart", *names] if names:
            restart(names)
        case ["restart"]:
            raise copies.CourseError(say("no-lesson", name="", names=", ".join(copies.list_lessons())))
        case options:
            tell(*copies.prepare())
            use_settings()
            run_jupyterlab([*choose_options(), *options])


if __name__ == "__main__":
    try:
        main()
    except copies.CourseError as problem:
        raise SystemExit(str(problem)) from None
