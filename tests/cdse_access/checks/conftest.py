"""What the checks of a load need: GDAL as `connect()` sets it."""

import pytest


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("GDAL_NUM_THREADS", "1")
