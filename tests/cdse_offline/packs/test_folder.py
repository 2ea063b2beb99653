"""Folders that a recording may be written into, and those it may not."""

import json
import shutil
from types import SimpleNamespace

import pytest

from cdse_access.problems import BadInput, Reason
from cdse_offline.packs import record
from cdse_offline.packs.loads import Load
from tests.cdse_offline.packs.recording import BBOX, LOAD, contents

pytestmark = pytest.mark.usefixtures("source")


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(BadInput, match=r"đã có a\.txt…: hãy chọn một thư mục trống"):
        record.record(tmp_path, [LOAD], yes=True)
    with pytest.raises(BadInput, match="là một tệp"):
        record.record(tmp_path / "a.txt", [LOAD], yes=True)
    assert contents(tmp_path) == {"a.txt": b"mine"}


def test_another_recording_or_service_is_not_mixed_in(copy):
    before = contents(copy)
    with pytest.raises(BadInput, match=r"giữ một lần ghi khác \(sentinel-2-l2a, 2023-09-25/2023-09-28"):
        record.record(copy, [Load(BBOX, LOAD.dates, ("B04_10m",), cloud=20)], yes=True)
    note = json.loads((copy / "record.json").read_text())
    (copy / "record.json").write_text(json.dumps(note | {"service": "CDSE thật"}))
    with pytest.raises(BadInput, match="đang ghi từ CDSE thật, còn lệnh này dùng CDSE ngoại tuyến"):
        record.record(copy, [LOAD], yes=True)
    assert contents(copy) | {"record.json": b""} == before | {"record.json": b""}


def test_a_disk_too_small_is_told_before(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=50e6))
    with pytest.raises(BadInput, match="còn trống 50 MB mà gói cần khoảng 54 MB") as caught:
        record.record(tmp_path / "pack", [LOAD], yes=True)
    assert caught.value.reason == Reason.DISK and not (tmp_path / "pack").exists()
