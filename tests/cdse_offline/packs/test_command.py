"""The command line of a recording: what it refuses, in one line."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from cdse_offline.packs import command
from tests.cdse_offline.packs.recording import arguments

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.usefixtures("source")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bbox": None}, "Hãy thêm --bbox W S E N và --dates"),
        ({"lessons": True}, "hãy bỏ --bbox và --dates"),
        ({"cloud": 0.2}, "--cloud là 0.2: cần số phần trăm"),
        ({"bbox": [47.8, 11.4, 47.9, 11.3]}, "sai thứ tự"),
        ({"dates": "2019-01-01/2019-02-01"}, "Không có item nào để ghi"),
        ({"bands": ["B04"]}, "không có band 'B04': hãy chọn trong B04_10m"),
        ({"bbox": [10.4, 48.0, 10.5, 48.1]}, "nằm ngoài"),
        ({"yes": False}, "hãy thêm --yes"),
    ],
)
def test_what_cannot_be_recorded_is_told_and_nothing_is_written(monkeypatch, tmp_path, changes, message):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(SystemExit) as ended:
        command.run(arguments(tmp_path / "pack", **changes))
    assert message in str(ended.value) and not (tmp_path / "pack").exists()


def test_wrong_keys_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv("CDSE_S3_SECRET_KEY", "wrong")
    with pytest.raises(SystemExit) as ended:
        command.run(arguments(tmp_path / "pack"))
    assert "Secret không thuộc về khóa" in str(ended.value)


def test_the_command_is_known_and_refuses_in_one_line(tmp_path):
    command = [sys.executable, "-m", "cdse_offline", "record", str(tmp_path / "pack")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert result.returncode == 1 and result.stderr.startswith("Ghi gì? Hãy thêm --bbox")
    assert len(result.stderr.splitlines()) == 1
