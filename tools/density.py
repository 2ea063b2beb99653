"""How much a line of code holds: names, operators, numbers and strings, counted by Python's own tokenizer.

    python -m tools.density              the packages, beside packages that read well
    python -m tools.density FOLDER ...   these folders, and their fullest modules

A docstring is no code. A formatted string is one string, whatever is in it (Python 3.11 and 3.12 tell it differently).
"""

import io
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {  # a wing that is named here does not count for the package that it belongs to
    "lessons": "lessons",
    "cdse_access": "src/cdse_access",
    "cdse_offline": "src/cdse_offline",
    "cdse_offline/simulation": "src/cdse_offline/simulation",
}
MODELS = ("pystac_client", "starlette")

BLANK = {tokenize.NL, tokenize.COMMENT}
STATEMENT_ENDS = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
# Python 3.12 and later: a formatted string in pieces.
STRING_START = getattr(tokenize, "FSTRING_START", None)
STRING_END = getattr(tokenize, "FSTRING_END", None)
COUNTED = {tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING, STRING_START}


@dataclass(frozen=True)
class Density:
    """Tokens and the lines of code that hold them."""

    tokens: int = 0
    lines: int = 0

    def __add__(self, other: "Density") -> "Density":
        return Density(self.tokens + other.tokens, self.lines + other.lines)

    @property
    def ratio(self) -> float:
        return self.tokens / self.lines if self.lines else 0.0


def measure_source(source: str) -> Density:
    lines = list(_read_lines(source))
    return Density(len(lines), len(set(lines)))


def _read_lines(source: str) -> Iterator[int]:
    """For each token that counts the line it begins on."""
    begins_statement = True
    depth = 0  # of formatted strings
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in BLANK:
            continue
        is_docstring = begins_statement and token.type == tokenize.STRING
        begins_statement = token.type in STATEMENT_ENDS
        if token.type == STRING_END:
            depth -= 1
        if token.type in COUNTED and depth == 0 and not is_docstring:
            yield token.start[0]
        if token.type == STRING_START:
            depth += 1


def measure_modules(folder: Path) -> dict[Path, Density]:
    """Of each module of a folder, but for the wings inside that are measured on their own."""
    wings = [wing for name in PACKAGES.values() if folder.resolve() in (wing := ROOT / name).parents]
    modules = [path for path in sorted(folder.rglob("*.py")) if not _lies_in(path, wings)]
    return {path: measure_source(path.read_text(encoding="utf-8")) for path in modules}


def _lies_in(path: Path, folders: list[Path]) -> bool:
    return any(path.resolve().is_relative_to(folder) for folder in folders)


def measure_folder(folder: Path) -> Density:
    return sum(measure_modules(folder).values(), Density())


def find_models() -> dict[str, Path]:
    """Folders of the packages that read well, as far as they are installed."""
    specs = {name: find_spec(name) for name in MODELS}
    return {name: Path(spec.origin).parent for name, spec in specs.items() if spec and spec.origin}


def print_row(name: str, density: Density) -> None:
    print(f"{density.ratio:6.2f}  {density.tokens:7} tokens  {density.lines:6} lines  {name}")


def main() -> None:
    if folders := [Path(argument) for argument in sys.argv[1:]]:
        for folder in folders:
            print_row(str(folder), measure_folder(folder))
            modules = measure_modules(folder).items()
            for path, density in sorted(modules, key=lambda entry: -entry[1].ratio)[:10]:
                print_row(f"    {path.relative_to(folder)}", density)
        return
    packages = {name: ROOT / folder for name, folder in PACKAGES.items()}
    for name, folder in (packages | find_models()).items():
        print_row(name, measure_folder(folder))


if __name__ == "__main__":
    main()
