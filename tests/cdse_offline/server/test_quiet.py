"""The log of the service."""

import logging

import pytest

from cdse_offline.server import quiet
from cdse_offline.server.quiet import QuietHandler


def test_few_lines_a_minute_and_none_is_long(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    clock = [0.0]
    monkeypatch.setattr(quiet.time, "monotonic", lambda: clock[0])
    logger = logging.Logger("x")
    logger.addHandler(QuietHandler())
    for number in range(10_000):
        logger.warning("%s%s", number, "y" * 10_000)
    found = capsys.readouterr().err
    assert len(found.splitlines()) == quiet.LINES and len(found) < quiet.LINES * (quiet.LENGTH + 50)
    clock[0] = 61
    logger.warning("later")
    found = capsys.readouterr().err
    assert f"{10_000 - quiet.LINES} lines left out" in found and "later" in found
