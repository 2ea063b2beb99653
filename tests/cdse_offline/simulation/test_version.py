"""The name of the simulation: what it follows, and what follows it."""

from pathlib import Path

import pytest

from cdse_offline.simulation import version


def test_the_version_follows_the_source_of_the_pixels_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("simulation/__init__", "simulation/land", "server/store"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.py").write_text(name)
    monkeypatch.setattr(version, "__file__", str(tmp_path / "simulation/version.py"))

    def find_version() -> str:
        return version.source_version.__wrapped__()

    first = find_version()
    (tmp_path / "server/store.py").write_text("changed")
    assert find_version() == first
    (tmp_path / "simulation/land.py").write_text("changed")
    assert find_version() != first
