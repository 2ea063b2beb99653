"""cdse_access.keys: where keys are looked for, in which order, what is mended, refused, and never shown."""

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from IPython.core.error import StdinNotImplementedError

from cdse_access import keys
from cdse_access.keys import AWS_PAIR, PAIR, Found, Keys, Secret
from cdse_access.problems import BadInput, Reason

ACCESS, SECRET = "ABCDE12345" * 2, "abcde12345" * 4
ENV_FILE = f"CDSE_S3_ACCESS_KEY={ACCESS}\nCDSE_S3_SECRET_KEY={SECRET}\n"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """No key in the environment, in a file, or remembered; whatever a test sets is undone."""
    for name in (*PAIR, *AWS_PAIR, "AWS_S3_ENDPOINT", "CDSE_ENV_FILE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in {"placed": None, "own": {}, "typed": None}.items():
        monkeypatch.setattr(keys._Memory, name, value)
    monkeypatch.chdir(tmp_path)


def pair(found: Found | None) -> tuple[str, str] | None:
    return found and (found.keys[0], found.keys[1])


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


# -- secrets -----------------------------------------------------------------


def test_a_secret_is_seen_only_where_it_is_revealed():
    held = Keys(Secret(ACCESS), Secret(SECRET))
    shown = [repr(held), str(held), f"{held.secret}", "%s" % held.secret, repr([held.secret]), str({"k": held})]  # noqa: UP031
    assert [text for text in shown if ACCESS in text or SECRET in text] == []
    assert "40 ký tự" in repr(held)
    assert (held[0], held[1], held.secret.reveal()) == (ACCESS, SECRET, SECRET)
    assert held == Keys(Secret(ACCESS), Secret(SECRET)) and held.secret != SECRET and len({held, held}) == 1


@pytest.mark.parametrize("write", [pickle.dumps, copy.deepcopy])
def test_a_secret_is_not_written_anywhere(write):
    with pytest.raises(TypeError, match="Khóa không được ghi"):
        write({"graph": [Keys(Secret(ACCESS), Secret(SECRET))]})


def test_what_libraries_say_is_scrubbed(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("CDSE_S3_ACCESS_KEY", SECRET[:20])
    assert keys.scrubbed(f"{SECRET[:20]}: {SECRET}!") == "<20 ký tự, đã che>: <40 ký tự, đã che>!"


# -- the environment ---------------------------------------------------------


def test_nothing_anywhere_is_nothing():
    assert keys.find() is None


@pytest.mark.parametrize("names", [PAIR, AWS_PAIR])
def test_keys_of_the_environment(monkeypatch, names):
    monkeypatch.setenv(names[0], ACCESS)
    monkeypatch.setenv(names[1], SECRET)
    found = keys.find()
    assert pair(found) == (ACCESS, SECRET) and found.source == f"biến {names[0]}" and found.mended == ()


def test_cdse_names_come_before_aws_names(monkeypatch):
    for name, value in zip((*PAIR, *AWS_PAIR), ("A1", "B2", "A3", "B4"), strict=True):
        monkeypatch.setenv(name, value)
    assert pair(keys.find()) == ("A1", "B2")


@pytest.mark.parametrize("empty", ["", "  ", '""'])
def test_empty_values_are_no_keys(monkeypatch, empty):
    for name in (*PAIR, *AWS_PAIR):
        monkeypatch.setenv(name, empty)
    assert keys.find() is None


@pytest.mark.parametrize("names", [PAIR, AWS_PAIR])
@pytest.mark.parametrize("given", [0, 1])
def test_half_a_pair_names_the_missing_half(monkeypatch, names, given):
    monkeypatch.setenv(names[given], SECRET)
    monkeypatch.setenv(names[1 - given], " ")
    with pytest.raises(BadInput, match=f"^Thiếu {names[1 - given]}: hãy đặt cả") as caught:
        keys.find()
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
    found = keys.find()
    assert pair(found) == (ACCESS, SECRET) and found.mended == (f"bỏ {said} quanh CDSE_S3_SECRET_KEY",)


@pytest.mark.parametrize("broken", [f"{SECRET[:20]} {SECRET[20:]}", f"{SECRET[:20]}\n{SECRET[20:]}"])
def test_a_blank_within_is_refused(monkeypatch, broken):
    monkeypatch.setenv(PAIR[0], ACCESS)
    monkeypatch.setenv(PAIR[1], broken)
    with pytest.raises(BadInput, match=r"^CDSE_S3_SECRET_KEY có khoảng trắng .* dán lại") as caught:
        keys.find()
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
        keys.find()


@pytest.mark.parametrize("key", ["lop10a", "A1", "OFFLINE0123456789ABCD", "your0xXXx/+=", "keyNone", "axxxb"])
def test_what_may_be_a_key_passes(monkeypatch, key):
    monkeypatch.setenv(PAIR[0], key)
    monkeypatch.setenv(PAIR[1], "bimat")
    assert pair(keys.find()) == (key, "bimat")


def test_letters_of_a_vietnamese_keyboard_are_named(monkeypatch):
    monkeypatch.setenv(PAIR[0], "ABCÔ123")  # "OO" typed with Telex
    monkeypatch.setenv(PAIR[1], SECRET)
    with pytest.raises(BadInput, match="bộ gõ tiếng Việt"):
        keys.find()


def test_swapped_keys_are_named_before_anything_is_sent(monkeypatch):
    monkeypatch.setenv(PAIR[0], SECRET)
    monkeypatch.setenv(PAIR[1], ACCESS)
    with pytest.raises(BadInput, match=r"đảo chỗ \(dài 40 và 20 ký tự") as caught:
        keys.find()
    assert SECRET not in str(caught.value) and ACCESS not in str(caught.value)
    monkeypatch.setenv(PAIR[1], SECRET)
    with pytest.raises(BadInput, match="giống hệt nhau"):
        keys.find()


@pytest.mark.parametrize(
    ("endpoint", "used"),
    [
        ("", True),
        ("eodata.dataspace.copernicus.eu", True),
        (" https://eodata.dataspace.copernicus.eu/ ", True),
        ("lop.local:8123", True),
        ("minio.example.org", False),
        ("127.0.0.1:5", False),
    ],
)
def test_aws_keys_of_another_store_are_not_sent_to_cdse(monkeypatch, endpoint, used):
    monkeypatch.setenv(AWS_PAIR[0], ACCESS)
    monkeypatch.setenv(AWS_PAIR[1], SECRET)
    monkeypatch.setenv("AWS_S3_ENDPOINT", endpoint)
    assert bool(keys.find(endpoint="lop.local:8123")) is used


def test_an_aws_profile_is_never_read(monkeypatch, tmp_path):
    (tmp_path / "credentials").write_text(f"[default]\naws_access_key_id = {ACCESS}\naws_secret_access_key = {SECRET}")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "default")
    assert keys.find() is None


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
    found = keys.find()
    assert pair(found) == (ACCESS, SECRET) and (found.source, found.notes) == ("tệp .env", ())
    monkeypatch.setenv(AWS_PAIR[0], "A3")
    monkeypatch.setenv(AWS_PAIR[1], "B4")
    assert pair(keys.find()) == ("A3", "B4") and pair(keys.find(".env")) == (ACCESS, SECRET)


def test_a_file_beyond_the_root_is_not_read(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text(ENV_FILE)
    inner = tmp_path / "project" / "notebooks"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert keys.find() is None  # no project here: only this folder counts
    (tmp_path / "project" / "pyproject.toml").touch()
    assert keys.find() is None
    (tmp_path / "project" / ".env").write_text(ENV_FILE)
    assert pair(keys.find()) == (ACCESS, SECRET)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660])
def test_a_file_that_others_can_read_is_told(env_file, mode):
    env_file.chmod(mode)
    assert "`chmod 600 .env`" in keys.find().notes[0]


def test_a_file_that_git_would_take_is_refused(env_file):
    (env_file.parent / ".gitignore").write_text("*.jp2\n")
    with pytest.raises(BadInput, match=r"thêm dòng \.env vào \.gitignore") as caught:
        keys.find()
    assert caught.value.reason is Reason.KEYS and SECRET not in str(caught.value)


def test_a_file_that_git_holds_is_refused_though_ignored(env_file):
    git(env_file.parent, "add", "--force", ".env")
    with pytest.raises(BadInput, match=r"git rm --cached \.env"):
        keys.find()


def test_a_file_without_our_names_is_of_no_concern(env_file):
    (env_file.parent / ".gitignore").unlink()
    env_file.write_text("DATABASE=x\n# CDSE_S3_ACCESS_KEY=A1\n")
    assert keys.find() is None


def test_without_git_the_file_is_read(env_file, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert pair(keys.find()) == (ACCESS, SECRET)


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
            keys.find()
        return
    assert keys.find().keys[0] == expected


def test_a_file_that_is_no_text_is_named_and_not_shown(env_file):
    env_file.write_bytes(ENV_FILE.encode("utf-16"))
    with pytest.raises(BadInput, match=r"Không đọc được \.env: .*UTF-8") as caught:
        keys.find()
    assert caught.value.__suppress_context__  # the error below holds the whole file


def test_addresses_beside_the_keys_come_along(env_file):
    env_file.write_text("CDSE_STAC_URL=http://a/\nCDSE_S3_ENDPOINT=a:1\n" + ENV_FILE)
    assert keys.find().addresses == {"CDSE_STAC_URL": "http://a/", "CDSE_S3_ENDPOINT": "a:1"}
    env_file.write_text("CDSE_STAC_URL=http://a/\n")
    with pytest.raises(BadInput, match=r"Tệp \.env có CDSE_STAC_URL mà thiếu"):
        keys.find()


def test_the_file_can_be_another_or_none(env_file, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "keys.env").write_text(ENV_FILE.replace(ACCESS, "A9"))
    monkeypatch.setenv("CDSE_ENV_FILE", str(other / "keys.env"))
    with pytest.raises(BadInput, match=r"keys\.env vào \.gitignore"):  # it lies in the repository
        keys.find()
    (tmp_path / ".gitignore").write_text("keys.env\n")
    assert keys.find().keys[0] == "A9"
    monkeypatch.setenv("CDSE_ENV_FILE", "")
    assert keys.find() is None
    monkeypatch.setenv("CDSE_ENV_FILE", "no-such-file")
    with pytest.raises(BadInput, match="CDSE_ENV_FILE chỉ tới no-such-file"):
        keys.find()


def test_this_project_ignores_env_files():
    root = Path(__file__).parents[2]
    for name in (".env", ".env.local", "notebooks/.env"):
        git(root, "check-ignore", "--quiet", name)  # fails with code 1 if it is not ignored


# -- keyring, prompt ---------------------------------------------------------


def fake_keyring(monkeypatch, get_password) -> None:
    errors = ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})
    module = ModuleType("keyring")
    module.get_password, module.errors = get_password, errors
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def test_keyring_comes_after_the_file(monkeypatch, env_file):
    stored = {("cdse", "CDSE_S3_ACCESS_KEY"): "A7", ("cdse", "CDSE_S3_SECRET_KEY"): "B8"}
    fake_keyring(monkeypatch, lambda service, name: stored.get((service, name)))
    assert keys.find().keys[0] == ACCESS
    env_file.unlink()
    found = keys.find()
    assert pair(found) == ("A7", "B8") and found.source == "keyring"
    stored.clear()
    assert keys.find() is None


def test_without_keyring_or_its_backend_nothing_is_said(monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert keys.find("keyring") is None

    def locked(service: str, name: str) -> str:
        raise sys.modules["keyring.errors"].KeyringError("no backend")

    fake_keyring(monkeypatch, locked)
    assert keys.find("keyring") is None and capfd.readouterr() == ("", "")


@pytest.fixture
def someone(monkeypatch):
    """Someone in front of the screen, who types these."""
    answers = []
    monkeypatch.setattr(keys, "_someone_answers", lambda: True)
    monkeypatch.setattr(keys, "getpass", lambda question: answers.pop(0))
    return answers


def test_a_question_is_asked_only_when_wanted(someone):
    someone += [ACCESS, SECRET]
    assert keys.find() is None and len(someone) == 2
    found = keys.find(ask=True)
    assert pair(found) == (ACCESS, SECRET) and someone == []


def test_what_was_typed_and_accepted_is_remembered(someone):
    someone += [f" {ACCESS}", SECRET, "A9", "B9"]
    found = keys.find(ask=True)
    with keys.placing(found):
        os.environ |= {AWS_PAIR[0]: ACCESS, AWS_PAIR[1]: SECRET}
    assert keys.find().source == "chuỗi bạn vừa gõ"
    assert keys.find() == found and found.mended and not keys.find().mended  # what was mended is said once
    assert keys.find("prompt").keys[0] == "A9"
    keys.forget()
    assert keys.find() is None


def test_what_was_typed_and_rejected_is_asked_again(someone):
    someone += [ACCESS, "wrong", ACCESS, SECRET]
    with pytest.raises(PermissionError), keys.placing(keys.find(ask=True)):
        raise PermissionError
    assert pair(keys.find(ask=True)) == (ACCESS, SECRET)


def test_enter_alone_is_no_key(someone):
    someone += ["", ""]
    assert keys.find(ask=True) is None


@pytest.mark.parametrize("error", [EOFError, StdinNotImplementedError])
def test_nobody_in_front_of_the_screen_is_no_key(someone, monkeypatch, error):
    def nobody(question: str) -> str:
        raise error

    monkeypatch.setattr(keys, "getpass", nobody)
    assert keys.find(ask=True) is None


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


# -- keeping what was typed ----------------------------------------------------

ODD = ACCESS + "='#x", SECRET + '"\\n$+/='
TYPED = Found(Keys(Secret(ODD[0]), Secret(ODD[1])), keys.TYPED)


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
    assert ".env" in keys.keep(TYPED)
    assert pair(keys.find(".env")) == ODD and keys.find(".env").notes == ()
    assert os.name == "nt" or project.stat().st_mode & 0o777 == 0o600
    assert "OTHER" not in (before or "") or keys._read(project)["OTHER"] == Secret("x y")
    assert [path.name for path in project.parent.glob(".env*")] == [".env"]


def test_new_keys_take_the_place_of_old_ones(env_file):
    env_file.write_text(f"# CDSE\n{ENV_FILE}export  CDSE_S3_SECRET_KEY = 'old'\nCDSE_S3_ACCESS_KEY_OLD=1")
    keys.keep(TYPED)
    lines = [f"{name}={value}" for name, value in zip(PAIR, ODD, strict=True)]
    assert env_file.read_text().splitlines() == ["# CDSE", "CDSE_S3_ACCESS_KEY_OLD=1", *lines]


@pytest.mark.parametrize("source", ["biến CDSE_S3_ACCESS_KEY", "tệp .env", "keyring"])
def test_keys_that_have_a_place_are_not_kept_again(project, source):
    assert keys.keep(Found(TYPED.keys, source)) == "" and not project.exists()


def test_keys_are_not_kept_where_git_would_take_them(project):
    (project.parent / ".gitignore").unlink()
    with pytest.raises(BadInput, match=r"hãy thêm dòng \.env vào \.gitignore"):
        keys.keep(TYPED)
    assert not project.exists()


def test_keys_are_not_kept_beside_the_address_of_another_service(project):
    text = "CDSE_STAC_URL=http://lop.local/stac/v1/\n"
    project.write_text(text)
    with pytest.raises(BadInput, match="CDSE_STAC_URL của dịch vụ khác"):
        keys.keep(TYPED)
    assert project.read_text() == text


def test_keys_are_not_kept_where_no_file_is_wanted(project, monkeypatch):
    monkeypatch.setenv("CDSE_ENV_FILE", "")
    with pytest.raises(BadInput, match="hãy bỏ biến này"):
        keys.keep(TYPED)
    assert not project.exists()


def test_a_full_disk_leaves_the_file_as_it_was(project, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    project.write_text("OTHER=1\n")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BadInput, match="No space left") as caught:
        keys.keep(TYPED)
    assert caught.value.reason is Reason.DISK and SECRET not in str(caught.value)
    assert project.read_text() == "OTHER=1\n" and [path.name for path in project.parent.glob(".env*")] == [".env"]


# -- strategies, and putting keys in place -------------------------------------


def test_an_unknown_strategy_lists_those_there_are():
    with pytest.raises(BadInput, match=r"'netrc'.*'environment', '\.env', 'keyring', 'prompt'"):
        keys.find("netrc")


def test_the_order_is_the_documented_one():
    assert list(keys.STRATEGIES) == ["environment", ".env", "keyring", "prompt"]


def test_a_broken_pair_stops_the_search(env_file, monkeypatch):
    monkeypatch.setenv(PAIR[0], "xxx")
    monkeypatch.setenv(PAIR[1], "xxx")
    with pytest.raises(BadInput, match="chữ mẫu"):
        keys.find()


def test_the_users_own_aws_keys_survive_being_overwritten(monkeypatch):
    monkeypatch.setenv(AWS_PAIR[0], "A3")
    monkeypatch.setenv(AWS_PAIR[1], "B4")
    for _ in range(2):
        with keys.placing(Found(Keys(Secret("OFFLINE"), Secret("x")), "tự cấp")):
            os.environ |= {AWS_PAIR[0]: "OFFLINE", AWS_PAIR[1]: "x", "AWS_S3_ENDPOINT": "127.0.0.1:5"}
    assert pair(keys.find()) == ("A3", "B4")
    monkeypatch.setenv(AWS_PAIR[1], "B5")  # set by hand afterwards, for the store that is in place
    assert keys.find() is None and pair(keys.find(endpoint="127.0.0.1:5")) == ("OFFLINE", "B5")


def test_keys_that_connect_placed_are_not_the_users(monkeypatch):
    with keys.placing(Found(Keys(Secret("OFFLINE"), Secret("x")), "tự cấp")):
        os.environ |= {AWS_PAIR[0]: "OFFLINE", AWS_PAIR[1]: "x"}
    assert keys.find() is None


def test_an_error_leaves_the_environment_as_it_was(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("EMPTY", "")
    before = dict(os.environ)

    def interrupted() -> None:
        os.environ |= {AWS_PAIR[0]: "A", "AWS_S3_ENDPOINT": "a"}
        del os.environ["AWS_PROFILE"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), keys.placing(Found(Keys(Secret("A"), Secret("B")), "?")):
        interrupted()
    assert dict(os.environ) == before and keys._Memory.placed is None


def test_forgetting_removes_keys_and_addresses(monkeypatch):
    names = (*PAIR, *AWS_PAIR, "AWS_S3_ENDPOINT", "AWS_HTTPS", "AWS_VIRTUAL_HOSTING")
    for name in names:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("GDAL_NUM_THREADS", "1")
    keys.forget()
    assert not set(names) & os.environ.keys() and os.environ["GDAL_NUM_THREADS"] == "1"
