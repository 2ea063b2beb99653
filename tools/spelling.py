"""Spelling of what learners read: pages and messages, by hunspell's dictionaries and a list of our own words.

    python -m tools.spelling            names each word that neither has, with its files; code 1 if there is any
    python -m tools.spelling FILE …     these files

The dictionaries (Debian: hunspell-vi, hunspell-en-us) are installed, never copied: their licences are not ours. Where
one is missing, a line says so.
"""

import argparse
import ast
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORDS = Path(__file__).with_name("words.txt")  # names, and words of the field that stay English
PAGES = ("README.md", "index.md", "book/*.md", "notebooks/md/*.md")
TABLES = ("lab/messages.py", "lessons/**/messages.py", "src/*/messages.py")
ENGLISH = {"book/README.md"}
DICTIONARIES = ("vi_VN", "en_US")
# `hóa` is written here, `hoá` in the dictionary: both are right.
OLD_TONES = ("òa", "óa", "ỏa", "õa", "ọa", "òe", "óe", "ỏe", "õe", "ọe", "ùy", "úy", "ủy", "ũy", "ụy")
NEW_TONES = ("oà", "oá", "oả", "oã", "oạ", "oè", "oé", "oẻ", "oẽ", "oẹ", "uỳ", "uý", "uỷ", "uỹ", "uỵ")
TONES = dict(zip(OLD_TONES, NEW_TONES, strict=True))

_FENCE = re.compile(r"^ *(`{3,}).*?^ *\1`* *$", re.MULTILINE | re.DOTALL)
# Numbers of a page that a program writes; labels, comments, directives and their options.
_LINE = re.compile(r"^ *(?:%.*|\([\w-]+\)=|:{3,}.*|:[\w-]+:.*|[a-z_]+: [a-z0-9_.-]+)$", re.MULTILINE)
_SHOWN = re.compile(r"^ *:(?:alt|caption): *(.+)$", re.MULTILINE)
_INLINE = re.compile(r"\{[\w-]+\}`[^`]*`|`[^`\n]+`|\$[^$\n]+\$|\]\([^)]*\)|<[^>\s]+>|https?://\S+|\{[^}\n]*\}")
_TOKEN = re.compile(r"[^\s]+")
_CODE = re.compile(r"[\d_/=@\\#&|+<>~^]|\w[.(\[]\w|\w\(")  # what is in such a token is no prose
_WORD = re.compile(r"[^\W\d_]+")
_ITALIC_ENGLISH = re.compile(r"\(\*[^*\n]+\*\)")  # after a term, its English name
_OLD_TONE = re.compile(f"(?:{'|'.join(OLD_TONES)})$")
_QUOTED_ENGLISH = re.compile(r'\*Contains modified[^*]*\*|"Contains modified[^"]*"')


def read_prose(path: Path) -> str:
    """What a file says to people."""
    text = unicodedata.normalize("NFC", path.read_text(encoding="utf-8"))
    if path.suffix == ".py":
        return "\n".join(_read_strings(text))
    shown = "\n".join(_SHOWN.findall(text))  # of cells, too, whose code is none of ours
    for pattern in (_FENCE, _LINE, _ITALIC_ENGLISH, _QUOTED_ENGLISH, _INLINE):
        text = pattern.sub(" ", text)
    return f"{text}\n{_INLINE.sub(' ', shown)}"


def _read_strings(source: str) -> Iterator[str]:
    """The texts of a table of messages, without the names of values."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Dict):
            texts = (value.value for value in node.values if isinstance(value, ast.Constant))
            yield from (_INLINE.sub(" ", str(text)) for text in texts)


def list_words(prose: str) -> set[str]:
    """The words of a prose, small letters but for names that have capitals inside."""
    tokens = (token for token in _TOKEN.findall(prose) if not _CODE.search(token.strip(".,;:!?()\"'*")))
    words = {word for token in tokens for word in _WORD.findall(token)}
    return {word if word[1:] != word[1:].lower() else word.lower() for word in words if len(word) > 1}


def find_unknown(words: Iterable[str]) -> set[str] | None:
    """Those that no dictionary has, Vietnamese or English; None where one is not installed."""
    left = {_move_tone(word): word for word in words}
    for dictionary in DICTIONARIES:
        found = _ask(dictionary, left)
        if found is None:
            return None
        left = {spelt: word for spelt, word in left.items() if spelt in found}
    return set(left.values())


def _ask(dictionary: str, words: Iterable[str]) -> set[str] | None:
    """The words that are not in it."""
    if not shutil.which("hunspell"):
        return None
    command = ["hunspell", "-d", dictionary, "-i", "utf-8", "-l"]
    result = subprocess.run(command, input="\n".join(words), capture_output=True, encoding="utf-8", check=False)
    return None if result.returncode else set(result.stdout.split())


def _move_tone(word: str) -> str:
    """A word as the dictionary writes it."""
    return _OLD_TONE.sub(lambda pair: TONES[pair[0]], word)


def read_own() -> set[str]:
    return set(WORDS.read_text(encoding="utf-8").split())


def list_files() -> list[Path]:
    found = {path for pattern in (*PAGES, *TABLES) for path in ROOT.glob(pattern)}
    return sorted(path for path in found if path.relative_to(ROOT).as_posix() not in ENGLISH)


def check(files: Iterable[Path]) -> dict[str, list[str]] | None:
    """Words that nobody knows, each with the files where it stands; None without a dictionary."""
    places: dict[str, list[str]] = {}
    for path in files:
        for word in list_words(read_prose(path)):
            places.setdefault(word, []).append(path.name)
    unknown = find_unknown(places)
    return None if unknown is None else {word: places[word] for word in sorted(unknown - read_own())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    found = check(parser.parse_args().files or list_files())
    if found is None:
        print("Spelling: skipped (no hunspell with hunspell-vi and hunspell-en-us).")
        return
    for word, places in found.items():
        print(f"{word}: {', '.join(places)}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
