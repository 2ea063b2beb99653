"""cdse_access.folders: a folder of the user's own that can be written, or an error that names it and its variable."""

import os
import resource
import stat
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cdse_access import folders
from cdse_access.folders import Place, find_place, locate_folder, make_temporary
from cdse_access.problems import BadData, Reason

VARIABLE = "CDSE_CACHE"
as_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can be another user")
ONE, OTHER = 45001, 45002  # users without a name


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A home of its own, no variables, and a temporary folder that nobody has asked for yet."""
    for name in (VARIABLE, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    _forget_temporary()
    yield
    _forget_temporary()


def _forget_temporary() -> None:
    folders._open_temporary.cache_clear()
    tempfile.tempdir = None


def find() -> Place:
    return find_place(VARIABLE, "course")


def run_as(user: int, action: Callable[[], None]) -> None:
    """Run this in a child that belongs to another user."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            action()
            code = 0
        except BaseException:  # noqa: BLE001 - the child must end here, whatever it was
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@contextmanager
def shared_folder() -> Iterator[Path]:
    """A folder as an administrator makes it for a class (that of pytest may be entered by its owner only)."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "class"
        folder.mkdir()
        folder.chmod(0o1777)
        yield folder


# -- the usual folder, or the variable's ---------------------------------------------


def test_the_usual_folder_is_the_users_cache_and_nothing_is_said(tmp_path):
    place = find()
    assert place.note == "" and place.folder.is_relative_to(tmp_path / "home") and place.folder.is_dir()
    assert locate_folder(VARIABLE, "course") == place.folder


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_variable_is_not_set(monkeypatch, tmp_path, blank):
    monkeypatch.setenv(VARIABLE, blank)
    assert find().folder.is_relative_to(tmp_path / "home")


@pytest.mark.parametrize("name", ["a b/Ảnh của tôi", "Vie\u0302\u0323t", "a#b?c%d'e\"f&g", "x" * 250 + "/" + "y" * 250])
def test_the_variables_folder_may_have_any_name(monkeypatch, tmp_path, name):
    monkeypatch.setenv(VARIABLE, str(tmp_path / name))
    assert find() == Place(tmp_path / name) and list((tmp_path / name).iterdir()) == []


def test_a_relative_folder_stays_where_it_was(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "kept")
    assert find().folder == tmp_path / "kept"
    monkeypatch.setenv(VARIABLE, "~/kept")
    assert find().folder == tmp_path / "home" / "kept" == locate_folder(VARIABLE, "course")


def make_loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("prepare", "below", "message"),
    [
        (lambda path: path.write_text(""), "", "đứng ở chỗ của thư mục"),
        (lambda path: path.write_text(""), "a/b", "đứng ở chỗ của thư mục"),
        (make_loop, "", "đứng ở chỗ của thư mục"),
        (make_loop, "a", "đứng ở chỗ của thư mục"),
        (lambda path: None, "x" * 300, "tên quá dài"),
        (lambda path: None, "\udcff", "không phải UTF-8"),
    ],
)
def test_a_folder_that_cannot_be_is_told_with_its_variable(monkeypatch, tmp_path, prepare, below, message):
    prepare(tmp_path / "given")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "given" / below))
    with pytest.raises(BadData, match=message) as caught:
        find()
    assert caught.value.reason is Reason.DISK
    assert f"CDSE_CACHE là {tmp_path}" in str(caught.value) and "dọn đĩa" not in str(caught.value)
    str(caught.value).encode()  # it goes through any stream


def test_a_user_that_does_not_exist_has_no_home(monkeypatch):
    monkeypatch.setenv(VARIABLE, "~nobody-of-this-name/kept")
    for find_it in (find, lambda: locate_folder(VARIABLE, "course")):
        with pytest.raises(BadData, match="CDSE_CACHE là ~nobody-of-this-name/kept"):
            find_it()


# -- what cannot be written ----------------------------------------------------------


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def fill(monkeypatch: pytest.MonkeyPatch, *full: Path) -> None:
    """No byte more goes into these folders."""
    real = tempfile.TemporaryFile

    def refuse(dir: Path) -> object:
        if any(dir.is_relative_to(folder) for folder in full):
            raise OSError(28, "No space left on device", str(dir))
        return real(dir=dir)

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)


def test_where_the_usual_disk_is_full_a_temporary_folder_does_and_that_is_told(monkeypatch, tmp_path):
    fill(monkeypatch, tmp_path / "home")
    place = find()
    assert place.folder == make_temporary() and "đĩa đầy" in place.note and "đặt CDSE_CACHE" in place.note
    assert str(tmp_path / "home") in place.note and str(place.folder) in place.note


def test_where_the_variables_disk_is_full_that_is_told_and_nothing_else_is_used(monkeypatch, tmp_path):
    fill(monkeypatch, tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "given"))
    with pytest.raises(
        BadData, match=r"CDSE_CACHE là .*given, .*đĩa đầy.*hãy dọn đĩa, hoặc đặt biến ấy là một thư mục khác"
    ):
        find()


def test_a_limit_of_the_system_is_no_full_disk(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    limit_files(1000)
    try:
        with pytest.raises(BadData, match=r"ulimit -f") as caught:
            find()
    finally:
        limit_files(before)
    assert "dọn đĩa" not in str(caught.value)


def test_where_nothing_can_be_written_one_error_says_all(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    fill(monkeypatch, tmp_path, Path(tempfile.gettempdir()))
    with pytest.raises(BadData, match=r"Không có chỗ cất ảnh.*đĩa đầy.*đặt CDSE_CACHE") as caught:
        find()
    assert caught.value.reason is Reason.DISK


def test_no_folder_for_temporary_files_is_told_with_its_variable(monkeypatch):
    monkeypatch.setenv("TMPDIR", "/no/such")
    monkeypatch.setattr(tempfile, "TemporaryDirectory", _refuse)
    with pytest.raises(BadData, match="TMPDIR là /no/such"):
        make_temporary()


def _refuse(**_: object) -> None:
    raise FileNotFoundError(2, "No usable temporary directory found")


@pytest.mark.skipif(os.name == "nt", reason="there is no umask")
def test_the_umask_keeps_nobody_from_his_own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "a" / "b"))
    before = os.umask(0o777)
    try:
        assert find().folder == tmp_path / "a" / "b"
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


# -- several users -------------------------------------------------------------------


@as_root
@pytest.mark.parametrize("home", [None, "", "/nonexistent", "/proc"])
def test_without_a_home_a_temporary_folder_does(monkeypatch, home):
    def act() -> None:
        monkeypatch.delenv("HOME")
        if home is not None:
            monkeypatch.setenv("HOME", home)
        monkeypatch.setenv("TMPDIR", "/tmp")
        place = find()
        assert place.folder.is_relative_to("/tmp") and "đặt CDSE_CACHE" in place.note, place

    run_as(ONE, act)


@as_root
def test_anothers_home_is_not_written_into(monkeypatch):
    """As with `sudo -E`: root could, and the user would find files that it may not remove."""
    with shared_folder() as home:
        os.chown(home, ONE, ONE)
        monkeypatch.setenv("HOME", str(home))
        place = find()
        assert not list(home.iterdir()) and place.note and not place.folder.is_relative_to(home)


@as_root
def test_users_of_a_shared_folder_have_a_private_one_each(monkeypatch):
    """R10: and nobody uses what another may have forged."""

    def act(user: int) -> None:
        (find().folder / "mine").write_text("x")
        assert locate_folder(VARIABLE, "course").name == f"user-{user}"

    with shared_folder() as folder:
        monkeypatch.setenv(VARIABLE, str(folder))
        for user in (ONE, OTHER, ONE):
            run_as(user, lambda user=user: act(user))
        assert sorted(one.name for one in folder.iterdir()) == [f"user-{ONE}", f"user-{OTHER}"]
        assert {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()} == {0o700}
        assert find().folder == folder / "user-0"  # the owner's too: others may write beside it


@as_root
@pytest.mark.parametrize("mode", [0o700, 0o755, 0o555])
def test_a_shared_folder_that_one_may_not_write_into_is_told(monkeypatch, mode):
    def act() -> None:
        with pytest.raises(BadData, match=r"CDSE_CACHE là .*không có quyền") as caught:
            find()
        assert "dọn đĩa" not in str(caught.value)

    with shared_folder() as folder:
        folder.chmod(mode)
        monkeypatch.setenv(VARIABLE, str(folder))
        run_as(ONE, act)


@as_root
def test_a_folder_that_another_has_put_in_ones_place_is_refused(monkeypatch):
    def act() -> None:
        with pytest.raises(BadData, match="không có quyền"):
            find()

    with shared_folder() as folder:
        monkeypatch.setenv(VARIABLE, str(folder))
        (folder / f"user-{ONE}").mkdir(mode=0o777)
        (folder / f"user-{ONE}").chmod(0o777)
        run_as(ONE, act)
        (folder / f"user-{OTHER}").symlink_to(folder / f"user-{ONE}")
        run_as(OTHER, act)


@pytest.mark.skipif(os.name == "nt", reason="there are no modes")
def test_a_folder_of_ones_own_that_others_may_write_into_is_shared(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "open"))
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    assert find().folder == tmp_path / "open" / f"user-{os.getuid()}"


def test_a_folder_that_gdal_takes_for_something_else_is_told(monkeypatch):
    """`/vsimem/x` was made on the disk, and GDAL looked for it in memory."""
    monkeypatch.setenv("CDSE_CACHE", "/vsimem/cdse")
    with pytest.raises(BadData, match="CDSE_CACHE là /vsimem/cdse"):
        find_place("CDSE_CACHE", "x")
    assert not Path("/vsimem").exists()
