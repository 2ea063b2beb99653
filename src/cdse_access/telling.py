"""Telling the learner something: whatever the stream is, telling never fails.

A console of Windows (cp1258, cp437), `LC_ALL=C` or `PYTHONIOENCODING=ascii` cannot show every Vietnamese letter: there
the letters come without their marks. Python itself would stop with UnicodeEncodeError, after all was done.
"""

import codecs
import sys
import unicodedata
from contextlib import suppress
from typing import TextIO

WITHOUT_MARKS = "cdse-without-marks"  # a way of codecs to treat what cannot be encoded
_STROKES = str.maketrans("đĐ–—“”‘’…×", "dD--\"\"''.x")


def tell(*lines: str, stream: TextIO | None = None) -> None:
    """Print these lines on standard output, or on another stream; where nobody can read them, nothing happens."""
    target = stream or sys.stdout
    if target is None:  # pythonw
        return
    with suppress(Exception):  # closed, broken, full: what was done is done, and must not fail for a line about it
        target.write(fit("\n".join((*lines, "")), target))
        target.flush()


def fit(text: str, stream: TextIO | None) -> str:
    """The text as far as this stream can show it, letters without their marks where it cannot."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, WITHOUT_MARKS).decode(encoding)


def is_terminal(stream: TextIO | None) -> bool:
    """Does somebody see at once what is written there?"""
    with suppress(Exception):  # None, closed, or an object that only has `write`
        return bool(stream and stream.isatty())
    return False


def prepare_streams() -> None:
    """For a program of its own: argparse and libraries, too, print what the streams can show, and never fail."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):  # None, closed, or replaced by something else
            stream.reconfigure(errors=WITHOUT_MARKS)  # type: ignore[union-attr]


def _drop_marks(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = unicodedata.normalize("NFD", error.object[error.start : error.end].translate(_STROKES))
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain.encode("ascii", "replace").decode("ascii"), error.end


codecs.register_error(WITHOUT_MARKS, _drop_marks)
