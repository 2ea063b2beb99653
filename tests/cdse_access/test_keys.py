"""cdse_access.keys: where keys are looked for, in which order, what is mended, refused, and never shown."""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from IPython.core.error import StdinNotImplementedError

from cdse_access import keys
from cdse_access.addresses import LIVE_S3
from cdse_access.addresses import NAMES as ADDRESSES
from cdse_access.env_file import PAIR
from cdse_access.keys import AWS_PAIR, Found
from cdse_access.problems import BadInput, Reason
from cdse_access.secrets import Keys, seal

ACCESS, SECRET = "ABCDE12345" * 2, "abcde12345" * 4
ENV_FILE = f"CDSE_S3_ACCESS_KEY={ACCESS}\nCDSE_S3_SECRET_KEY={SECRET}\n"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """No key in the environment, in a file, or remembered; whatever a test sets is undone."""
    for name in (*PAIR, *AWS_PAIR, *ADDRESSES, "AWS_S3_ENDPOINT", "CDSE_ENV_FILE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def find(strategy: str | None = None, **settings: Any) -> Found | None:
    return keys.find_keys(seal(os.environ), strategy, **settings)


def pair(found: Found | None) -> tuple[str, str] | None:
    return (found.keys.access.reveal(), found.keys.secret.reveal()) if found else None


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


# -- the environment ---------------------------------------------------------


def test_nothing_anywhere_is_nothing():
    assert find() is None


@pytest.mark.parametrize("names", [PAIR, AWS_PAIR])
def test_keys_of_the_environment(monkeypatch, names):
    monkeypatch.setenv("AWS_S3_ENDPOINT", LIVE_S3)
    monkeypatch.setenv(names[0], ACCESS)
    monkeypatch.setenv(names[1], SECRET)
    found = find()
    assert pair(found) == (ACCESS, SECRET) and found.source == f"biến {names[0]}" and found.mended == ()


def test_cdse_names_come_before_aws_names(monkeypatch):
    for name, value in zip((*PAIR, *AWS_PAIR), ("A1", "B2", "A3", "B4"), strict=True):
        monkeypatch.setenv(name, value)
    assert pair(find()) == ("A1", "B2")


@pytest.mark.parametrize("empty", ["", "  ", '""'])
def test_empty_values_are_no_keys(monkeypatch, empty):
    for name in (*PAIR, *AWS_PAIR):
        monkeypatch.setenv(name, empty)
    assert find() is None


@pytest.mark.parametrize("names", [PAIR, AWS_PAIR])
@pytest.mark.parametrize("given", [0, 1])
def test_half_a_pair_names_the_missing_half(monkeypatch, names, given):
    monkeypatch.setenv("AWS_S3_ENDPOINT", LIVE_S3)
    monkeypatch.setenv(names[given], SECRET)
    monkeypatch.setenv(names[1 - given], " ")
    with pytest.raises(BadInput, match=f"^Thiếu {names[1 - given]}: hãy đặt cả") as caught:
        find()
    assert caught.value.reason is Reason.KEYS and SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f" {SECRET}", "khoảng trắng"),
        (f"{SECRET}\n", "khoảng trắng"),
        (f"\ufeff{SECRET}\u200b", "khoảng trắng"),  # copied from a web page
        (f'"{SECRET}"', "dấu nháy"),
        (f"“{SECRET}”", "dấu nháy"),
        (f" '{SECRET}' \r\n", "khoảng trắng và dấu nháy"),
    ],
)
def test_blanks_and_quotes_around_are_mended_and_said(monkeypatch, value, said):
    monkeypatch.setenv(PAIR[0], ACCESS)
    monkeypatch.setenv(PAIR[1], value)
    found = find()
    assert pair(found) == (ACCESS, SECRET) and found.mended == (f"bỏ {said} quanh CDSE_S3_SECRET_KEY",)


@pytest.mark.parametrize("broken", [f"{SECRET[:20]} {SECRET[20:]}", f"{SECRET[:20]}\n{SECRET[20:]}"])
def test_a_blank_within_is_refused(monkeypatch, broken):
    monkeypatch.setenv(PAIR[0], ACCESS)
    monkeypatch.setenv(PAIR[1], broken)
    with pytest.raises(BadInput, match=r"^CDSE_S3_SECRET_KEY có khoảng trắng .* dán lại") as caught:
        find()
    assert caught.value.reason is Reason.KEYS and SECRET[:20] not in str(caught.value)


SAMPLES = [
    "<access-key>", "your-access-key", "YOUR_ACCESS_KEY", "put your key here", "xxx", "XXXXXXXX", "changeme",
    "change-me", "khóa-của-bạn", "khoa-cua-ban", "bí-mật-của-bạn", "...", "$CDSE_S3_ACCESS_KEY",
    "${KEY}", "%KEY%", "None", "CDSE_S3_ACCESS_KEY", "access_key", "my-key", "AKIA" + "IOSFODNN7EXAMPLE", "***",
]  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_placeholder_is_refused(monkeypatch, sample):
    monkeypatch.setenv(PAIR[0], sample)
    monkeypatch.setenv(PAIR[1], SECRET)
    with pytest.raises(BadInput, match=r"^CDSE_S3_ACCESS_KEY còn là chữ mẫu: .*eodata-s3keysmanager"):
        find()


@pytest.mark.parametrize("key", ["lop10a", "A1", "OFFLINE0123456789ABCD", "your0xXXx/+=", "keyNone", "axxxb"])
def test_what_may_be_a_key_passes(monkeypatch, key):
    monkeypatch.setenv(PAIR[0], key)
    monkeypatch.setenv(PAIR[1], "bimat")
    assert pair(find()) == (key, "bimat")


def test_letters_of_a_vietnamese_keyboard_are_named(monkeypatch):
    monkeypatch.setenv(PAIR[0], "ABCÔ123")  # "OO" typed with Telex
    monkeypatch.setenv(PAIR[1], SECRET)
    with pytest.raises(BadInput, match="bộ gõ tiếng Việt"):
        find()


def test_swapped_keys_are_named_before_anything_is_sent(monkeypatch):
    monkeypatch.setenv(PAIR[0], SECRET)
    monkeypatch.setenv(PAIR[1], ACCESS)
    with pytest.raises(BadInput, match=r"đảo chỗ \(dài 40 và 20 ký tự") as caught:
        find()
    assert SECRET not in str(caught.value) and ACCESS not in str(caught.value)
    monkeypatch.setenv(PAIR[1], SECRET)
    with pytest.raises(BadInput, match="giống hệt nhau"):
        find()


@pytest.mark.parametrize(
    ("endpoint", "used"),
    [
        ("", (False, False)),  # Amazon's
        (" ", (False, False)),
        ("eodata.dataspace.copernicus.eu", (True, False)),
        (" 'https://EODATA.dataspace.copernicus.eu./' ", (True, False)),
        ("eodata.dataspace.copernicus.eu.evil.org", (False, False)),
        ("lop.local:8123", (False, True)),
        ("lop.local", (False, False)),
        ("minio.example.org", (False, False)),
        ("127.0.0.1:5", (False, False)),
    ],
)
def test_aws_keys_go_only_to_the_store_that_their_endpoint_names(monkeypatch, endpoint, used):
    monkeypatch.setenv(AWS_PAIR[0], ACCESS)
    monkeypatch.setenv(AWS_PAIR[1], SECRET)
    monkeypatch.setenv("AWS_S3_ENDPOINT", endpoint)
    assert (bool(find()), bool(find(store="lop.local:8123"))) == used
    assert bool(find(store=LIVE_S3)) is used[0]


def test_all_that_is_wrong_with_a_pair_is_told_at_once(monkeypatch):
    monkeypatch.setenv(PAIR[0], "khóa của bạn")
    monkeypatch.setenv(PAIR[1], f"{SECRET} {SECRET}")
    with pytest.raises(BadInput, match=r"^CDSE_S3_ACCESS_KEY còn là chữ mẫu.*\nCDSE_S3_SECRET_KEY có khoảng trắng"):
        find()


def test_an_aws_profile_is_never_read(monkeypatch, tmp_path):
    (tmp_path / "credentials").write_text(f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "default")
    assert find() is None


# -- the file ----------------------------------------------------------------


@pytest.fixture
def env_file(tmp_path) -> Path:
    """`.env` at the root of a repository that ignores it, seen from a folder below."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text(".env\n")
    path = tmp_path / ".env"
    path.write_text(ENV_FILE)
    path.chmod(0o600)
    below = tmp_path / "notebooks" / "md"
    below.mkdir(parents=True)
    os.chdir(below)
    return path


def test_the_file_is_found_from_below_and_comes_after_the_environment(env_file, monkeypatch):
    found = find()
    assert pair(found) == (ACCESS, SECRET) and (found.source, found.notes) == ("tệp .env", ())
    monkeypatch.setenv(AWS_PAIR[0], "A3")
    monkeypatch.setenv(AWS_PAIR[1], "B4")
    assert pair(find()) == (ACCESS, SECRET)  # the others are Amazon's
    monkeypatch.setenv("AWS_S3_ENDPOINT", LIVE_S3)
    assert pair(find()) == ("A3", "B4") and pair(find(".env")) == (ACCESS, SECRET)


def test_a_file_beyond_the_root_is_not_read(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text(ENV_FILE)
    inner = tmp_path / "project" / "notebooks"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert find() is None  # no project here: only this folder counts
    (tmp_path / "project" / "pyproject.toml").touch()
    assert find() is None
    (tmp_path / "project" / ".env").write_text(ENV_FILE)
    assert pair(find()) == (ACCESS, SECRET)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660])
def test_a_file_that_others_can_read_is_told(env_file, mode):
    env_file.chmod(mode)
    assert "`chmod 600 .env`" in find().notes[0]


def test_a_file_that_git_would_take_is_refused(env_file):
    (env_file.parent / ".gitignore").write_text("*.jp2\n")
    with pytest.raises(BadInput, match=r"thêm dòng \.env vào \.gitignore") as caught:
        find()
    assert caught.value.reason is Reason.KEYS and SECRET not in str(caught.value)


def test_a_file_that_git_holds_is_refused_though_ignored(env_file):
    git(env_file.parent, "add", "--force", ".env")
    with pytest.raises(BadInput, match=r"git rm --cached \.env"):
        find()


def test_a_file_without_our_names_is_of_no_concern(env_file):
    (env_file.parent / ".gitignore").unlink()
    env_file.write_text("DATABASE=x\n# CDSE_S3_ACCESS_KEY=A1\n")
    assert find() is None


def test_without_git_the_file_is_read(env_file, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert pair(find()) == (ACCESS, SECRET)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"\ufeff{ENV_FILE}".encode(), ACCESS),  # Notepad
        (f"export CDSE_S3_ACCESS_KEY='{ACCESS}'  # mine\nCDSE_S3_SECRET_KEY=\"${{B}}\"".encode(), ACCESS),
        (ENV_FILE.replace("\n", "\r\n").encode(), ACCESS),
    ],
)
def test_files_of_other_editors_are_read(env_file, monkeypatch, text, expected):
    env_file.write_bytes(text)
    monkeypatch.setenv("B", "never put in")
    if b"${B}" in text:
        with pytest.raises(BadInput, match="CDSE_S3_SECRET_KEY còn là chữ mẫu"):
            find()
        return
    assert find().keys.access.reveal() == expected


def test_a_file_that_is_no_text_is_named_and_not_shown(env_file):
    env_file.write_bytes(ENV_FILE.encode("utf-16"))
    with pytest.raises(BadInput, match=r"Không đọc được \.env: .*UTF-8") as caught:
        find()
    assert caught.value.__suppress_context__  # the error below holds the whole file


def test_addresses_beside_the_keys_come_along(env_file):
    env_file.write_text("CDSE_STAC_URL=http://a/\nCDSE_S3_ENDPOINT=a:1\n" + ENV_FILE)
    assert find().addresses == {"CDSE_STAC_URL": "http://a/", "CDSE_S3_ENDPOINT": "a:1"}
    env_file.write_text("CDSE_STAC_URL=http://a/\n")
    with pytest.raises(BadInput, match=r"Tệp \.env có CDSE_STAC_URL mà thiếu"):
        find()


def test_the_file_can_be_another_or_none(env_file, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "keys.env").write_text(ENV_FILE.replace(ACCESS, "A9"))
    monkeypatch.setenv("CDSE_ENV_FILE", str(other / "keys.env"))
    with pytest.raises(BadInput, match=r"keys\.env vào \.gitignore"):  # it lies in the repository
        find()
    (tmp_path / ".gitignore").write_text("keys.env\n")
    assert find().keys.access.reveal() == "A9"
    monkeypatch.setenv("CDSE_ENV_FILE", "none")
    assert find() is None
    for nothing in ("", "  ", '""'):  # set but empty is not set: the nearest file counts
        monkeypatch.setenv("CDSE_ENV_FILE", nothing)
        with pytest.raises(BadInput, match=r"thêm dòng \.env vào \.gitignore"):
            find()
    monkeypatch.setenv("CDSE_ENV_FILE", "no-such-file")
    with pytest.raises(BadInput, match="CDSE_ENV_FILE chỉ tới no-such-file"):
        find()


def test_this_project_ignores_env_files():
    root = Path(__file__).parents[2]
    for name in (".env", ".env.local", "notebooks/.env"):
        git(root, "check-ignore", "--quiet", name)  # fails with code 1 if it is not ignored


# -- keyring, prompt ---------------------------------------------------------


def fake_keyring(monkeypatch, get_password) -> None:
    errors: Any = ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})
    module: Any = ModuleType("keyring")
    module.get_password, module.errors = get_password, errors
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def test_keyring_comes_after_the_file(monkeypatch, env_file):
    stored = {("cdse", "CDSE_S3_ACCESS_KEY"): "A7", ("cdse", "CDSE_S3_SECRET_KEY"): "B8"}
    fake_keyring(monkeypatch, lambda service, name: stored.get((service, name)))
    assert find().keys.access.reveal() == ACCESS
    env_file.unlink()
    found = find()
    assert pair(found) == ("A7", "B8") and found.source == "keyring"
    stored.clear()
    assert find() is None


def test_without_keyring_or_its_backend_nothing_is_said(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert find("keyring") is None

    def locked(service: str, name: str) -> str:
        raise sys.modules["keyring.errors"].KeyringError("no backend")

    fake_keyring(monkeypatch, locked)
    assert find("keyring") is None and capfd.readouterr() == ("", "")


@pytest.mark.parametrize("error", [RuntimeError("no bus"), ModuleNotFoundError("backend"), OSError("dbus")])
def test_a_keyring_that_fails_in_its_own_way_is_as_if_it_were_not_there(monkeypatch, error):
    """Backends raise what they like: `PYTHON_KEYRING_BACKEND` may name none, the bus may be away."""

    def fail(service: str, name: str) -> str:
        raise error

    fake_keyring(monkeypatch, fail)
    assert find("keyring") is None
    fake_keyring(monkeypatch, lambda service, name: b"bytes")
    assert find("keyring") is None


@pytest.fixture
def someone(monkeypatch):
    """Someone in front of the screen, who types these."""
    answers = []
    monkeypatch.setattr(keys, "_someone_answers", lambda: True)
    monkeypatch.setattr(keys, "getpass", lambda question: answers.pop(0))
    return answers


def test_a_question_is_asked_only_when_wanted(someone):
    someone += [ACCESS, SECRET]
    assert find() is None and len(someone) == 2
    found = find(ask=True)
    assert pair(found) == (ACCESS, SECRET) and someone == []


def test_what_was_typed_and_accepted_before_is_used_without_asking(someone):
    someone += ["A9", "B9"]
    typed = Found(Keys.from_texts(ACCESS, SECRET), "chuỗi bạn vừa gõ")
    assert find(typed=typed) is typed and typed.is_typed
    assert pair(find("prompt", typed=typed)) == ("A9", "B9")


def test_enter_alone_is_no_key(someone):
    someone += ["", ""]
    assert find(ask=True) is None


@pytest.mark.parametrize("error", [EOFError, StdinNotImplementedError])
def test_nobody_in_front_of_the_screen_is_no_key(someone, monkeypatch, error):
    def nobody(question: str) -> str:
        raise error

    monkeypatch.setattr(keys, "getpass", nobody)
    assert find(ask=True) is None


@pytest.mark.parametrize(
    ("shell", "terminal", "expected"),
    [(None, False, False), (None, True, True), (SimpleNamespace(kernel=1), False, True), (object(), False, False)],
)
def test_who_can_answer(monkeypatch, shell, terminal, expected):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: terminal))
    assert keys._someone_answers() is False  # a test run never asks
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    assert keys._someone_answers() is expected
    monkeypatch.setattr(sys, "stdin", None)
    assert keys._someone_answers() is (shell is not None and hasattr(shell, "kernel"))


# -- strategies -------------------------------------------------------------------


def test_an_unknown_strategy_lists_those_there_are():
    with pytest.raises(BadInput, match=r"'netrc'.*'environment', '\.env', 'keyring', 'prompt'"):
        find("netrc")


def test_the_order_is_the_documented_one():
    assert list(keys.STRATEGIES) == ["environment", ".env", "keyring", "prompt"]


def test_a_broken_pair_stops_the_search(env_file, monkeypatch):
    monkeypatch.setenv(PAIR[0], "xxx")
    monkeypatch.setenv(PAIR[1], "xxx")
    with pytest.raises(BadInput, match="chữ mẫu"):
        find()
