"""Khóa S3: tìm ở đâu, theo thứ tự nào, sửa được gì, từ chối gì. Không thông báo nào in khóa ra.

Mỗi cách tìm hoặc có khóa, hoặc chưa sẵn sàng (thử cách sau), hoặc có mà hỏng (dừng, nói cách chữa).
Khóa bị dịch vụ từ chối cũng dừng: không lặng lẽ thử khóa khác. Không bao giờ đọc AWS profile: có thể là của người khác.
"""

import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from getpass import getpass
from pathlib import Path

from dotenv import dotenv_values

from cdse_access.problems import BadInput, Reason

KEY_MANAGER = "https://eodata-s3keysmanager.dataspace.copernicus.eu/"
LIVE_S3 = "eodata.dataspace.copernicus.eu"
PAIR = ("CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY")
AWS_PAIR = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
ADDRESSES = ("CDSE_STAC_URL", "CDSE_S3_ENDPOINT")
TYPED = "chuỗi bạn vừa gõ"
KEYRING = "cdse"  # tên dịch vụ trong keyring; tên người dùng là tên biến

_QUOTES, _BLANKS = "\"'`“”‘’", " \t\r\n\v\f\xa0\u200b\u200c\u200d\u2060\ufeff"
_SAMPLES = re.compile(
    r"[<\[{].*[>\]}]|\$\{?\w+\}?|%\w+%|x{3,}|\*{3,}|\.{3,}|none|null|undefined|todo|(my|access|secret)[-_ ]?key|"
    r"(cdse|aws)_\w+|.*(\b|_)your(\b|_).*|.*change[-_]?me.*|.*example.*|.*placeholder.*|.*(của|cua)[-_ ]?(bạn|ban)\b.*",
    re.IGNORECASE | re.DOTALL,
)


class Secret:
    """Một chuỗi không tự hiện ra: in, ghi nhật ký, báo lỗi hay pickle đều không có nó; chỉ `reveal()` đưa nó ra."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Chính chuỗi ấy, để đưa thẳng cho thư viện cần nó."""
        return self._text

    def __repr__(self) -> str:
        return f"<{len(self._text)} ký tự, đã che>"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce_ex__(self, protocol: object) -> tuple:
        raise TypeError("Khóa không được ghi vào tệp hay gửi sang tiến trình khác: hãy gọi connect() ở nơi cần đọc.")


@dataclass(frozen=True)
class Keys:
    """Cặp khóa S3. `keys[0]`, `keys[1]` đưa chuỗi ra ở đúng chỗ dùng; mọi cách in đều bị che."""

    access: Secret
    secret: Secret

    def __getitem__(self, place: int) -> str:
        return (self.access, self.secret)[place].reveal()


@dataclass(frozen=True)
class Found:
    """Cặp khóa tìm được, nơi tìm thấy, địa chỉ ghi cạnh nó (chỉ `.env`), và những điều cần nói với người dùng."""

    keys: Keys
    source: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    mended: tuple[str, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)


class _Memory:
    """Điều tiến trình này nhớ giữa hai lần gọi connect()."""

    placed: Keys | None = None  # cặp mà connect() đã đặt vào AWS_…
    own: Mapping[str, Secret] = {}  # AWS_… của người dùng, trước khi bị ghi đè
    typed: Found | None = None  # cặp đã gõ và được nhận


# -- tìm ---------------------------------------------------------------------


def find(strategy: str | None = None, *, ask: bool = False, endpoint: str = LIVE_S3) -> Found | None:
    """Cặp khóa đầu tiên theo thứ tự của `STRATEGIES`, `None` nếu không đâu có.

    strategy: tên một cách để chỉ dùng cách ấy. ask: được hỏi người dùng. endpoint: kho ảnh sắp đọc; cặp `AWS_…`
    đặt cho kho khác thì không dùng.
    Lỗi: BadInput khi tên cách lạ, hoặc khóa tìm được không thể đúng.
    """
    if strategy not in (None, *STRATEGIES):
        raise BadInput(f"Không có cách tìm khóa {strategy!r}: hãy chọn {', '.join(map(repr, STRATEGIES))}.")
    for name, search in STRATEGIES.items():
        allowed = name != "prompt" or ask or strategy == name
        if strategy in (None, name) and (found := search(endpoint) if allowed else _Memory.typed):
            return found
    return None


def _from_environment(endpoint: str) -> Found | None:
    held = _sealed(os.environ)
    own = _own(held)
    other_store = own.get("AWS_S3_ENDPOINT")
    if other_store and bare_host(other_store.reveal()) not in (endpoint, LIVE_S3):
        own = {}
    return _pair(held, PAIR, f"biến {PAIR[0]}") or _pair(own, AWS_PAIR, f"biến {AWS_PAIR[0]}")


def _from_file(endpoint: str) -> Found | None:
    path = env_file()
    held = _read(path) if path else {}
    found = _pair(held, PAIR, "tệp .env")
    addresses = {name: held[name].reveal() for name in ADDRESSES if held.get(name)}
    if found is None:
        if addresses:
            raise BadInput(f"Tệp .env có {min(addresses)} mà thiếu {' và '.join(PAIR)}: hãy ghi đủ.", Reason.KEYS)
        return None
    _refuse_if_tracked(path)
    public = os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077
    notes = ("Người khác trên máy này đọc được tệp .env: hãy gõ `chmod 600 .env`.",) if public else ()
    return Found(found.keys, found.source, addresses, found.mended, notes)


def _from_keyring(endpoint: str) -> Found | None:
    try:
        import keyring
        import keyring.errors
    except ImportError:  # khóa học không đòi keyring
        return None
    try:
        held = {name: Secret(keyring.get_password(KEYRING, name) or "") for name in PAIR}
    except keyring.errors.KeyringError:  # máy này không có nơi cất, hoặc nơi ấy đang khóa
        return None
    return _pair(held, PAIR, "keyring")


def _from_prompt(endpoint: str) -> Found | None:
    if not _someone_answers():
        return None
    try:
        held = {name: Secret(getpass(f"{name} (gõ không hiện ra): ")) for name in PAIR}
    except (EOFError, NotImplementedError):  # kernel không có ai ngồi trước màn hình
        return None
    return _pair(held, PAIR, TYPED)


STRATEGIES: dict[str, Callable[[str], Found | None]] = {
    "environment": _from_environment,
    ".env": _from_file,
    "keyring": _from_keyring,
    "prompt": _from_prompt,
}


def missing() -> BadInput:
    """Lỗi khi cần khóa mà không đâu có."""
    return BadInput(
        f"Thiếu khóa S3: hãy tạo tại {KEY_MANAGER} rồi đặt {PAIR[0]} và {PAIR[1]} trong môi trường hoặc trong "
        'tệp .env, hoặc gọi connect("offline").',
        Reason.KEYS,
    )


def _someone_answers() -> bool:
    """Có người để hỏi không: cửa sổ dòng lệnh, hoặc kernel (kernel không người thì `getpass` của nó báo lỗi ngay)."""
    if "PYTEST_CURRENT_TEST" in os.environ:
        return False
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel") or bool(sys.stdin and sys.stdin.isatty())


# -- tệp .env ----------------------------------------------------------------


def env_file() -> Path | None:
    """Tệp `.env` gần thư mục hiện tại nhất, lên đến gốc dự án; `CDSE_ENV_FILE` chỉ tệp khác, để trống thì không đọc."""
    if (given := os.environ.get("CDSE_ENV_FILE")) is not None:
        return Path(given).expanduser() if given else None
    return next((path for folder in _folders() if (path := folder / ".env").is_file()), None)


def _folders() -> list[Path]:
    """Thư mục hiện tại, rồi từng thư mục trên nó đến gốc dự án."""
    folders = [Path.cwd(), *Path.cwd().parents]
    tops = [number for mark in (".git", "pyproject.toml") for number, at in enumerate(folders) if (at / mark).exists()]
    return folders[: tops[0] + 1] if tops else folders[:1]


def keep(found: Found) -> str:
    """Cất cặp khóa vừa gõ vào `.env` thay cho cặp cũ, ngoài git, chỉ mình người dùng đọc được; câu nói đã cất ở đâu.

    Khóa không phải vừa gõ thì đã có chỗ của nó: không cất gì, trả về chuỗi rỗng.
    Lỗi: BadInput khi `.env` ghi địa chỉ của dịch vụ khác, khi git sẽ nhận nó, hay không ghi được.
    """
    if found.source != TYPED:
        return ""
    if os.environ.get("CDSE_ENV_FILE") == "":
        raise BadInput("CDSE_ENV_FILE đang trống, nghĩa là đừng dùng tệp .env: hãy bỏ biến này rồi gọi lại.")
    path = env_file() or _folders()[-1] / ".env"
    before = _read(path) if path.is_file() else {}
    if other := [name for name in ADDRESSES if before.get(name)]:
        raise BadInput(f"Tệp .env đang ghi {other[0]} của dịch vụ khác: hãy bỏ dòng ấy rồi gọi lại.", Reason.KEYS)
    _refuse_if_tracked(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []
        lines = [line for line in lines if not re.match(rf"\s*(export\s+)?({'|'.join(PAIR)})\s*=", line)]
        lines += [f"{name}={found.keys[place]}" for place, name in enumerate(PAIR)]
        handle, temporary = tempfile.mkstemp(prefix=".env.", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(
            f"Không cất được khóa vào {path} ({error.strerror}): hãy xem lại thư mục.", Reason.DISK
        ) from None
    return f"Đã cất khóa vào {path.name}, chỉ mình bạn đọc được: các bài sau tự thấy."


def _read(path: Path) -> dict[str, Secret]:
    if not path.is_file():
        raise BadInput(f"CDSE_ENV_FILE chỉ tới {path}, không có tệp ấy: hãy sửa hoặc bỏ biến này.", Reason.KEYS)
    try:
        return _sealed(dotenv_values(path, interpolate=False, encoding="utf-8-sig"))  # Notepad ghi BOM
    except UnicodeDecodeError:  # PowerShell ghi UTF-16
        raise BadInput(f"Không đọc được {path.name}: hãy lưu lại tệp ấy với bảng mã UTF-8.", Reason.KEYS) from None
    except OSError as error:
        raise BadInput(f"Không đọc được {path.name} ({error.strerror}): hãy xem lại tệp.", Reason.KEYS) from None


def _refuse_if_tracked(path: Path) -> None:
    """Dừng nếu git đang giữ, hoặc sẽ nhận, tệp này. Ngoài kho git, hoặc máy không có git, thì không có gì để lo."""
    command = ["git", "-c", "safe.directory=*", "check-ignore", "--quiet", path.name]
    try:
        code = subprocess.run(command, cwd=path.parent, capture_output=True, timeout=20, check=False).returncode
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return
    if code == 1:
        raise BadInput(
            f"git sẽ đưa {path.name} lên mạng cùng dự án: hãy thêm dòng {path.name} vào .gitignore. Nếu nó đã vào git "
            f"(`git ls-files {path.name}` in ra tên nó), hãy gõ `git rm --cached {path.name}` và thay cặp khóa.",
            Reason.KEYS,
        )


# -- sửa và từ chối ----------------------------------------------------------


def _sealed(values: Mapping[str, str | None]) -> dict[str, Secret]:
    return {name: Secret(value or "") for name, value in values.items()}


def _pair(held: Mapping[str, Secret], names: Sequence[str], source: str) -> Found | None:
    """Cặp khóa dưới hai tên này, đã sửa và đã kiểm tra; `None` nếu cả hai đều trống."""
    mended = [mend(name, held.get(name, Secret(""))) for name in names]
    values = [value for value, _ in mended]
    if not any(values):
        return None
    for name, value in zip(names, values, strict=True):
        if not value:
            raise BadInput(f"Thiếu {name}: hãy đặt cả {names[0]} và {names[1]}, hoặc bỏ cả hai.", Reason.KEYS)
        if fault := _fault(value):
            raise BadInput(f"{name} {fault}", Reason.KEYS)
    if fault := _pair_fault(*values):
        raise BadInput(f"{names[0]} và {names[1]} {fault}", Reason.KEYS)
    return Found(Keys(*values), source, mended=tuple(filter(None, (note for _, note in mended))))


def mend(name: str, value: Secret) -> tuple[Secret, str]:
    """Bỏ khoảng trắng và dấu nháy ở hai đầu; trả về giá trị đã sửa, và câu nói đã sửa gì (rỗng nếu không)."""
    text = value.reveal()
    without = text.strip(_BLANKS + _QUOTES)
    ends = text[: text.find(without)] + text[text.find(without) + len(without) :] if without else ""
    what = [word for word, letters in (("khoảng trắng", _BLANKS), ("dấu nháy", _QUOTES)) if set(ends) & set(letters)]
    return Secret(without), f"bỏ {' và '.join(what)} quanh {name}" if what else ""


def _fault(value: Secret) -> str:
    """Vì sao chuỗi này không thể là khóa; rỗng nếu không thấy gì sai."""
    text = value.reveal()
    if _SAMPLES.fullmatch(text):
        return f"còn là chữ mẫu: hãy thay bằng khóa thật, tạo tại {KEY_MANAGER}"
    if set(text) & set(_BLANKS):
        return "có khoảng trắng hoặc xuống dòng ở giữa: hãy dán lại đúng chuỗi khóa."
    if not (text.isascii() and text.isprintable()):
        return "có chữ có dấu hoặc ký tự lạ: hãy tắt bộ gõ tiếng Việt rồi dán lại đúng chuỗi khóa."
    return ""


def _pair_fault(access: Secret, secret: Secret) -> str:
    first, second = len(access.reveal()), len(secret.reveal())
    if access == secret:
        return "giống hệt nhau: secret key là chuỗi thứ hai trên trang quản lý khóa, hãy dán lại."
    if first >= 32 > second:  # access key của S3 dài chừng 20 ký tự, secret key dài 40
        return f"có vẻ đảo chỗ (dài {first} và {second} ký tự, access key phải ngắn hơn): hãy đổi chỗ hai chuỗi."
    return ""


def bare_host(address: str) -> str:
    """`https://máy:cổng/đường/dẫn` còn lại `máy:cổng`."""
    return re.sub(r"^\w+://", "", address.strip(_BLANKS + _QUOTES)).split("/")[0].lower()


# -- đặt vào môi trường, và quên đi -------------------------------------------


def _own(held: Mapping[str, Secret]) -> Mapping[str, Secret]:
    """Các biến `AWS_…` của người dùng: cặp mà connect() đã đặt thì không phải."""
    if _Memory.placed and all(held.get(name) == Secret(_Memory.placed[place]) for place, name in enumerate(AWS_PAIR)):
        return _Memory.own
    return {name: held[name] for name in (*AWS_PAIR, "AWS_S3_ENDPOINT") if name in held}


@contextmanager
def placing(found: Found) -> Iterator[None]:
    """Quanh chỗ đặt khóa vào `AWS_…`: có lỗi thì môi trường trở lại y như trước; xong thì nhớ đó là khóa nào."""
    before = _sealed(os.environ)
    own = _own(before)
    try:
        yield
    except BaseException:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update((name, value.reveal()) for name, value in before.items())
        raise
    _Memory.placed, _Memory.own = found.keys, own
    if found.source == TYPED:
        _Memory.typed = replace(found, mended=())  # đã nói rồi


def forget() -> None:
    """Xóa khỏi tiến trình này mọi khóa và địa chỉ; tệp `.env`, keyring và cửa sổ dòng lệnh vẫn giữ bản của chúng."""
    for name in (*PAIR, *AWS_PAIR, "AWS_S3_ENDPOINT", "AWS_HTTPS", "AWS_VIRTUAL_HOSTING"):
        os.environ.pop(name, None)
    _Memory.placed, _Memory.own, _Memory.typed = None, {}, None


def scrubbed(text: str) -> str:
    """Lời của thư viện khác, với mọi khóa trong môi trường đã che."""
    values = {os.environ.get(name, "") for name in (*PAIR, *AWS_PAIR)} - {""}
    for value in sorted(values, key=len, reverse=True):  # một khóa có thể là một đoạn của khóa kia
        text = text.replace(value, repr(Secret(value)))
    return text
