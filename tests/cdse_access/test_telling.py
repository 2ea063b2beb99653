"""cdse_access.telling: a line for the learner never stops what was done, whatever the stream (K15)."""

import io
import os
import subprocess
import sys

import pytest

from cdse_access import telling
from cdse_access.telling import fit, is_terminal, prepare_streams, tell

LINE = "Đang dùng CDSE ngoại tuyến: ảnh mô phỏng"
PLAIN = "Dang dung CDSE ngoai tuyen: anh mo phong"


def stream_of(encoding: str, errors: str = "strict") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding, errors, newline="\n")


def written(stream: io.TextIOWrapper) -> str:
    return stream.buffer.getvalue().decode(stream.encoding)  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "cp1252", "cp1258", "latin-1", "utf-8", "utf-16-le", "koi8-r"])
def test_no_stream_fails_and_letters_stay_readable(encoding):
    stream = stream_of(encoding)
    tell(LINE, "\udc80…", stream=stream)
    first, second, rest = written(stream).split("\n")
    assert telling.fit(first, stream_of("ascii")) == PLAIN and second and rest == ""
    assert (first == LINE) is encoding.startswith("utf")


@pytest.mark.parametrize("stream", [stream_of("ascii"), None, io.StringIO()])
def test_what_can_be_shown_is_shown(stream):
    assert fit(LINE, stream) == (PLAIN if getattr(stream, "encoding", None) else LINE)


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise RuntimeError("no")

    def isatty(self) -> bool:
        raise RuntimeError("no")


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [None, closed(), Broken(), object()], ids=["pythonw", "closed", "broken", "object"])
def test_where_nobody_reads_nothing_happens(monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    assert tell(LINE) is None and prepare_streams() is None
    assert not is_terminal(stream)


CONNECT = "from cdse_access import connect, logout, status; connect('offline'); print(repr(status())[:0]); logout()"


@pytest.mark.parametrize(
    "settings",
    [
        {"PYTHONIOENCODING": "cp1258"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "utf-16"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
)
def test_connecting_and_the_programs_tell_on_a_stream_that_cannot_encode(settings):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUTF8"} | settings
    for arguments in (["-c", CONNECT], ["-m", "cdse_access", "--help"], ["-m", "cdse_offline", "--help"]):
        done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode("latin-1")
        assert done.stdout and b"Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell closes the stream")
def test_connecting_without_standard_output():
    command = ["sh", "-c", f'exec "$0" -c "{CONNECT.replace("print(repr(status())[:0]); ", "")}" >&-', sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
