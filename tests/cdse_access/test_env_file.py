"""cdse_access.env_file: keys that were typed are kept in `.env`, whole or not at all, for this user alone."""

import os
import subprocess
from pathlib import Path

import pytest

from cdse_access.env_file import PAIR, find_file, is_public, keep_keys, read_file
from cdse_access.problems import BadInput, Reason
from cdse_access.secrets import Keys, Secret

ACCESS, SECRET = "ABCDE12345" * 2, "abcde12345" * 4
ENV_FILE = f"CDSE_S3_ACCESS_KEY={ACCESS}\nCDSE_S3_SECRET_KEY={SECRET}\n"
ODD = ACCESS + "='#x", SECRET + '"\\n$+/='
TYPED = Keys.from_texts(*ODD)


def read_pair(path: Path) -> tuple[str, str]:
    values = read_file(path)
    return values[PAIR[0]].reveal(), values[PAIR[1]].reveal()


@pytest.fixture
def env_file(tmp_path, monkeypatch) -> Path:
    """`.env` at the root of a repository that ignores it, seen from a folder below."""
    monkeypatch.delenv("CDSE_ENV_FILE", raising=False)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / ".gitignore").write_text(".env\n")
    path = tmp_path / ".env"
    path.write_text(ENV_FILE)
    path.chmod(0o600)
    below = tmp_path / "notebooks" / "md"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    return path


@pytest.fixture
def project(env_file) -> Path:
    """The `.env` that is not there yet."""
    env_file.unlink()
    return env_file


@pytest.mark.parametrize(
    "before", [None, "", "# mine\nOTHER='x y'", "\ufeffOTHER='x y'\nCDSE_S3_ACCESS_KEY=\nCDSE_STAC_URL=\n"]
)
def test_what_was_typed_is_kept_in_a_file_of_ones_own(project, before):
    if before is not None:
        project.write_text(before, encoding="utf-8")
        project.chmod(0o644)
    assert ".env" in keep_keys(TYPED)
    assert read_pair(project) == ODD and not is_public(project)
    assert os.name == "nt" or project.stat().st_mode & 0o777 == 0o600
    assert "OTHER" not in (before or "") or read_file(project)["OTHER"] == Secret("x y")
    assert [path.name for path in project.parent.glob(".env*")] == [".env"]


def test_new_keys_take_the_place_of_old_ones(env_file):
    env_file.write_text(f"# CDSE\n{ENV_FILE}export  CDSE_S3_SECRET_KEY = 'old'\nCDSE_S3_ACCESS_KEY_OLD=1")
    keep_keys(TYPED)
    lines = [f"{name}={value}" for name, value in zip(PAIR, ODD, strict=True)]
    assert env_file.read_text().splitlines() == ["# CDSE", "CDSE_S3_ACCESS_KEY_OLD=1", *lines]


def test_keys_are_not_kept_where_git_would_take_them(project):
    (project.parent / ".gitignore").unlink()
    with pytest.raises(BadInput, match=r"hãy thêm dòng \.env vào \.gitignore"):
        keep_keys(TYPED)
    assert not project.exists()


def test_keys_are_not_kept_beside_the_address_of_another_service(project):
    text = "CDSE_STAC_URL=http://lop.local/stac/v1/\n"
    project.write_text(text)
    with pytest.raises(BadInput, match="CDSE_STAC_URL của dịch vụ khác"):
        keep_keys(TYPED)
    assert project.read_text() == text


def test_keys_are_not_kept_where_no_file_is_wanted(project, monkeypatch):
    monkeypatch.setenv("CDSE_ENV_FILE", "none")
    with pytest.raises(BadInput, match="hãy bỏ biến này"):
        keep_keys(TYPED)
    assert not project.exists()


def test_a_full_disk_leaves_the_file_as_it_was(project, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    project.write_text("OTHER=1\n")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BadInput, match="đĩa đầy") as caught:
        keep_keys(TYPED)
    assert caught.value.reason is Reason.DISK and SECRET not in str(caught.value)
    assert project.read_text() == "OTHER=1\n" and [path.name for path in project.parent.glob(".env*")] == [".env"]


def test_a_link_to_the_file_stays_a_link(project, tmp_path):
    (tmp_path / "elsewhere").write_text("OTHER=1\n")
    project.symlink_to(tmp_path / "elsewhere")
    keep_keys(TYPED)
    assert project.is_symlink() and read_pair(tmp_path / "elsewhere") == ODD


def test_a_working_directory_that_was_removed_has_no_file(tmp_path, monkeypatch):
    monkeypatch.delenv("CDSE_ENV_FILE", raising=False)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert find_file() is None
    with pytest.raises(BadInput, match="Không cất được khóa") as caught:
        keep_keys(TYPED)
    assert caught.value.reason is Reason.DISK


def test_a_folder_that_may_not_be_looked_into_has_no_file(project, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", refuse)
    assert find_file() is None
    with pytest.raises(BadInput, match="không có tệp ấy"):
        read_file(project)


def test_the_home_of_nobody_has_no_file(monkeypatch):
    monkeypatch.setenv("CDSE_ENV_FILE", "~nobody-of-this-name/.env")
    with pytest.raises(BadInput, match="CDSE_ENV_FILE chỉ tới ~nobody"):
        find_file()
