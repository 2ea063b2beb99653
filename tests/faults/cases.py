"""The catalogue of faults as data: what befalls a learner, and what the course may answer.

The numbers up to 98 are those of the first catalogue; later ones were found since. A case names what is done, what is
wrong meanwhile, and what may come of it: the truth, bit for bit, or an error with one of these reasons. `silent`
stands where nobody can see the fault; the book says so.
"""

from dataclasses import dataclass, field
from typing import Any

from cdse_access.problems import Reason
from cdse_offline.practice import fault
from tests.faults.world import IMAGES, LANDING, MANY, RED, SEARCH, SILENT, TRUTH

GROUPS = {
    "Khóa và môi trường": range(1, 30),
    "Kho ảnh": range(30, 56),
    "Catalog": range(56, 81),
    "Dữ liệu và phép tính": range(81, 99),
    "Phát hiện về sau": range(99, 123),
    "Ảnh COG": range(123, 135),
}
LAST = max(map(max, GROUPS.values()))


@dataclass(frozen=True)
class Case:
    """`environ` changes the learner's variables: KEY, SECRET, ENDPOINT and STAC stand for the names that each of the
    two programs reads; `None` takes a variable away. `instead` are the arguments that give the truth."""

    number: int
    title: str  # Vietnamese, as in the book's table; cases of one number and title make one row
    expects: frozenset[str]
    action: str = "load"
    faults: tuple[dict, ...] = ()
    environ: dict[str, str | None] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)
    instead: dict[str, Any] | None = None
    truth: Any = None  # a value worked by hand, in place of a run without faults
    real_time: bool = False  # with the course's own waits
    unmet: bool = False  # the course asks nothing that could meet the fault
    limits: dict[str, Any] = field(default_factory=dict)  # of the service


def _expects(*ends: str) -> frozenset[str]:
    return frozenset(str(end) for end in ends)


CASES: list[Case] = []


def case(number: int, title: str, *expects: str, **more: Any) -> None:
    more["faults"] = tuple(more.get("faults", ()))
    CASES.append(Case(number, title, _expects(*expects), **more))


# -- keys and environment (1-29) ---------------------------------------------


def keys(number: int, title: str, *expects: str, environ: dict[str, str | None], **more: Any) -> None:
    case(number, title, *expects, action="connect", environ=environ, **more)


keys(1, "Không có khóa", Reason.KEYS, environ={"KEY": None, "SECRET": None})
keys(
    1, "Không có khóa, đòi CDSE thật", Reason.KEYS, environ={"KEY": None, "SECRET": None}, arguments={"service": "live"}
)
keys(2, "Chỉ có access key", Reason.KEYS, environ={"SECRET": None})
keys(3, "Chỉ có secret key", Reason.KEYS, environ={"KEY": None})
keys(4, "Khóa là chuỗi rỗng", Reason.KEYS, environ={"KEY": "", "SECRET": ""})
keys(4, "Một nửa khóa là chuỗi rỗng", Reason.KEYS, environ={"SECRET": ""})
keys(5, "Khóa gõ sai, đã xóa hoặc hết hạn", Reason.KEY_UNKNOWN, environ={"KEY": "KHONGCO" * 3})
keys(5, "Khóa gõ sai, đã xóa hoặc hết hạn", Reason.KEY_UNKNOWN, environ={}, faults=[fault("key-unknown")])
keys(6, "Secret sai một ký tự", Reason.SECRET_WRONG, environ={"SECRET": "{secret_wrong}"})
keys(6, "Secret sai một ký tự", Reason.SECRET_WRONG, environ={}, faults=[fault("secret-wrong")])
keys(7, "Hai khóa đảo chỗ", Reason.KEYS, environ={"KEY": "{secret}", "SECRET": "{access}"})
for form in ("{access}\n", " {access}", "{access}\r\n", "\t{access} "):
    keys(8, "Access key dính khoảng trắng hay xuống dòng ở đầu, cuối", TRUTH, environ={"KEY": form})
for form in ("{access_start} {access_end}", "{access_start}\n{access_end}"):
    keys(8, "Khoảng trắng hay xuống dòng giữa access key", Reason.KEYS, environ={"KEY": form})
for form in ("{secret}\n", " {secret}", "{secret}\r\n"):
    keys(9, "Secret dính khoảng trắng hay xuống dòng ở đầu, cuối", TRUTH, environ={"SECRET": form})
keys(9, "Khoảng trắng giữa secret", Reason.KEYS, environ={"SECRET": "{secret_start} {secret_end}"})
for quote in ("'", '"'):
    keys(
        10,
        "Khóa nằm trong dấu nháy",
        TRUTH,
        environ={"KEY": f"{quote}{{access}}{quote}", "SECRET": f"{quote}{{secret}}{quote}"},
    )
for words in ("your_access_key", "<ACCESS_KEY>", "your_actual_access_key"):
    keys(
        10,
        "Chuỗi mẫu thay cho khóa",
        Reason.KEYS,
        environ={"KEY": words, "SECRET": words.replace("access", "secret").replace("ACCESS", "SECRET")},
    )
keys(11, "Còn sót AWS_SESSION_TOKEN", TRUTH, environ={"AWS_SESSION_TOKEN": "cu"})
keys(12, "Còn sót AWS_NO_SIGN_REQUEST", TRUTH, environ={"AWS_NO_SIGN_REQUEST": "YES"})
keys(13, "AWS_PROFILE trỏ tới profile không có", TRUTH, environ={"AWS_PROFILE": "khong-co"})
keys(
    14,
    "AWS_PROFILE của tài khoản khác, và có khóa",
    TRUTH,
    environ={"AWS_PROFILE": "default", "AWS_SHARED_CREDENTIALS_FILE": "{credentials}"},
)
keys(
    15,
    "Chỉ có ~/.aws của tài khoản khác",
    Reason.KEYS,
    environ={"KEY": None, "SECRET": None, "AWS_SHARED_CREDENTIALS_FILE": "{credentials}"},
)
for region in ("us-west-2", "default", ""):
    keys(16, "AWS_REGION lạ hoặc rỗng", TRUTH, environ={"AWS_REGION": region})
keys(17, "Địa chỉ kho ảnh có http://", TRUTH, environ={"ENDPOINT": "http://{s3}"})
keys(17, "Địa chỉ kho ảnh có http://", TRUTH, environ={"ENDPOINT": "http://{s3}/"})
keys(18, "Địa chỉ kho ảnh thừa gạch chéo", TRUTH, environ={"ENDPOINT": "{s3}/"})
keys(19, "Địa chỉ kho ảnh dính khoảng trắng", TRUTH, environ={"ENDPOINT": " {s3} "})
keys(19, "Địa chỉ kho ảnh rỗng", Reason.INPUT, environ={"ENDPOINT": ""})
keys(20, "Không đặt địa chỉ kho ảnh", Reason.INPUT, environ={"ENDPOINT": None})
keys(20, "Chỉ đặt AWS_ENDPOINT_URL", Reason.INPUT, environ={"ENDPOINT": None, "AWS_ENDPOINT_URL": "http://{s3}"})
for value in ("TRUE", None):
    keys(21, "AWS_VIRTUAL_HOSTING bật hoặc không đặt", TRUTH, environ={"AWS_VIRTUAL_HOSTING": value})
keys(22, "AWS_HTTPS trái với dịch vụ", TRUTH, environ={"AWS_HTTPS": "YES"})
keys(
    22,
    "Địa chỉ catalog ghi https mà dịch vụ không mã hóa",
    Reason.NOT_SERVICE,
    environ={"STAC": "https://{s3}/stac/v1/"},
)
for minutes in (20, -20, 600):
    keys(23, "Đồng hồ máy lệch", Reason.CLOCK, environ={}, faults=[fault("clock", minutes=minutes)])
case(24, "Sửa khóa sau một lần đọc hỏng", TRUTH, action="mend_keys")
for asked in ("after 1", "after 2", "after 3"):
    case(25, "Khóa hết hạn giữa lúc tải", Reason.KEY_UNKNOWN, faults=[fault("key-expires", which=asked)])
case(27, "Khóa đưa qua odc.stac.configure_rio", TRUTH, action="configured", instead={})
for wrong in (False, True):
    case(28, "Khóa lọt vào những gì in ra", TRUTH, action="said", arguments={"wrong": wrong}, truth=[])
keys(
    29,
    "Chạy không có người gõ khóa",
    Reason.KEYS,
    environ={"KEY": None, "SECRET": None, "AWS_SHARED_CREDENTIALS_FILE": None},
)

# -- the image store (30-55) -------------------------------------------------

BUSY = (503, 429, 500, 502, 504)
for status in BUSY:
    case(
        30, "Một lần 503, 429, 500, 502, 504 giữa lúc đọc", TRUTH, faults=[fault("status", IMAGES, "3", status=status)]
    )
    case(31, "Một lần 503, 429, 500, 502, 504 lúc mở tệp", TRUTH, faults=[fault("status", RED, "first", status=status)])
    case(
        32,
        "503, 429, 500, 502, 504 mãi, từ giữa chừng",
        Reason.BUSY,
        faults=[fault("status", IMAGES, "after 2", status=status)],
    )
case(32, "503 mãi, ngay từ đầu", Reason.BUSY, faults=[fault("status", IMAGES)], real_time=True)
keys(32, "503 mãi, khi connect thử khóa", Reason.BUSY, environ={}, faults=[fault("status", "/eodata/*")])
case(33, "403 giữa lúc đọc", Reason.FORBIDDEN, faults=[fault("status", IMAGES, "after 2", status=403)])
case(33, "404 giữa lúc đọc", Reason.MISSING, faults=[fault("status", IMAGES, "after 2", status=404)])
case(33, "403 một lần", Reason.FORBIDDEN, faults=[fault("status", IMAGES, "3", status=403)])
case(34, "Tệp không có trong kho", Reason.MISSING, faults=[fault("status", RED, status=404)])
case(34, "Tệp không có trong kho", Reason.MISSING, arguments={"items": "moved"})
for asked in ("first", "2", "3", "first 2"):
    case(35, "Mất kết nối trước khi trả lời", TRUTH, faults=[fault("reset", IMAGES, asked)])
case(35, "Lần nào cũng mất kết nối trước khi trả lời", Reason.NETWORK, faults=[fault("reset", IMAGES)])
case(35, "Lần nào cũng mất kết nối trước khi trả lời", Reason.NETWORK, faults=[fault("reset", IMAGES, "after 2")])
for asked, fin in (("first", False), ("2", False), ("3", False), ("3", True)):
    case(36, "Đứt giữa nội dung một lần", TRUTH, faults=[fault("cut", IMAGES, asked, fin=fin)])
case(36, "Đứt ngay sau header một lần", TRUTH, faults=[fault("cut", IMAGES, "3", after=0)])
for fin in (False, True):
    case(37, "Lần nào cũng đứt ngay sau header", Reason.NETWORK, faults=[fault("cut", IMAGES, fin=fin, after=0)])
    case(37, "Lần nào cũng đứt giữa nội dung", Reason.NETWORK, faults=[fault("cut", IMAGES, fin=fin)])
case(38, "Không ghi Content-Length, đứt giữa chừng một lần", TRUTH, faults=[fault("no-length", IMAGES, "3")])
case(38, "Lần nào cũng không ghi Content-Length và đứt", Reason.NETWORK, faults=[fault("no-length", IMAGES)])
case(39, "Trả lời ngắn hơn đã hứa một lần", TRUTH, faults=[fault("short", IMAGES, "3")])
case(
    39,
    "Lần nào cũng hứa mà không gửi byte nào",
    Reason.NETWORK,
    faults=[fault("short", IMAGES, after=0)],
)
case(39, "Lần nào cũng trả lời ngắn hơn đã hứa", Reason.NETWORK, faults=[fault("short", IMAGES)])
case(40, "Bỏ qua Range một lần", TRUTH, faults=[fault("ignore-range", IMAGES, "3")])
case(40, "Lần nào cũng bỏ qua Range", Reason.NOT_SERVICE, faults=[fault("ignore-range", IMAGES)])
for asked in ("first", "3", "after 2", "all"):
    case(41, "Trang đăng nhập thay cho ảnh", Reason.NOT_SERVICE, faults=[fault("html", IMAGES, asked)])
for asked in ("first", "3"):
    case(41, "Trả lời 200 rỗng một lần", TRUTH, faults=[fault("empty", IMAGES, asked)])
case(41, "Lần nào cũng trả lời 200 rỗng", Reason.NOT_SERVICE, faults=[fault("empty", IMAGES)])
keys(41, "Trang đăng nhập, khi connect thử khóa", Reason.NOT_SERVICE, environ={}, faults=[fault("html", "/eodata/*")])
for asked in ("first", "3"):
    case(42, "Một lần không trả lời", TRUTH, faults=[fault("hang", IMAGES, asked)])
case(42, "Không bao giờ trả lời", Reason.NETWORK, faults=[fault("hang", IMAGES)], real_time=True)
keys(42, "Không bao giờ trả lời, khi connect thử khóa", Reason.NETWORK, environ={}, faults=[fault("hang", "/eodata/*")])
for asked in ("first", "3"):
    case(43, "Một lần đứng im giữa nội dung", TRUTH, faults=[fault("stall", IMAGES, asked)])
case(
    43, "Lần nào cũng đứng im ngay sau header", Reason.NETWORK, faults=[fault("stall", IMAGES, after=0)], real_time=True
)
case(44, "Mạng chậm, 400 kB mỗi giây", TRUTH, faults=[fault("slow", IMAGES, rate=400_000)])
case(44, "Trễ 0,3 giây mỗi yêu cầu", TRUTH, faults=[fault("delay", IMAGES, seconds=0.3)])
case(45, "Kho chỉ cho 4 kết nối", TRUTH, limits={"connections": 4}, arguments={"bands": MANY}, unmet=True)
case(45, "Kho chỉ cho 1 kết nối", TRUTH, limits={"connections": 1}, arguments={"bands": MANY})
case(
    46,
    "429 và bảo chờ 1 giây",
    TRUTH,
    faults=[fault("status", IMAGES, "first", status=429, retry_after=1)],
    real_time=True,
)
case(46, "503 và bảo chờ một giờ", Reason.BUSY, faults=[fault("status", IMAGES, "first", status=503, retry_after=3600)])
case(
    47,
    "Không được liệt kê kho ảnh",
    TRUTH,
    faults=[fault("status", "/eodata/", status=403), fault("status", "/eodata", status=403)],
    unmet=True,
)
case(48, "Danh sách kho ảnh rỗng", TRUTH, faults=[fault("empty", "/eodata/"), fault("empty", "/eodata")], unmet=True)
for size in (2, 5000, 20_000, None):
    case(49, "Tệp trong kho bị cắt cụt", Reason.BROKEN, faults=[fault("truncate", RED, size=size)])
case(49, "Tệp trong kho ngắn hơn item ghi (file:size)", Reason.BROKEN, arguments={"items": "longer file"})
case(50, "Một bit trong ô ảnh bị lật", SILENT, faults=[fault("corrupt", RED)])
case(50, "4 KiB trong ô ảnh thành số 0", SILENT, faults=[fault("zeroed", RED)])
case(51, "Một bit ở chữ ký JP2 bị lật", Reason.BROKEN, faults=[fault("corrupt", RED, at=4)])
for at, bit in ((200, 0), (384, 6), (384, 1), (432, 1)):
    case(51, "Một bit trong tọa độ của tệp bị lật", Reason.BROKEN, faults=[fault("corrupt", RED, at=at, bit=bit)])
case(51, "Một bit trong tham số nén bị lật", Reason.BROKEN, faults=[fault("corrupt", RED, at=533, bit=4)])
case(52, "Tệp bị thay bằng tệp khác giữa lúc đọc", Reason.CHANGED, faults=[fault("replace", RED, "after 1")])
case(53, "Tệp rỗng", Reason.BROKEN, faults=[fault("truncate", RED, size=0)])
case(
    54,
    "Máy khác giả làm kho ảnh, chứng chỉ tự ký",
    Reason.CERTIFICATE,
    action="impostor",
    environ={"GDAL_HTTP_UNSAFESSL": None},
)
case(
    54,
    "Máy khác giả làm kho ảnh, GDAL_HTTP_UNSAFESSL bật",
    Reason.CERTIFICATE,
    action="impostor",
    environ={"GDAL_HTTP_UNSAFESSL": "YES"},
)
keys(55, "Không có máy nào ở địa chỉ kho ảnh", Reason.NETWORK, environ={"ENDPOINT": "127.0.0.1:9"})
keys(55, "Không có tên máy của kho ảnh", Reason.NETWORK, environ={"ENDPOINT": "eodata.invalid"})
keys(55, "Không có máy nào ở địa chỉ catalog", Reason.NETWORK, environ={"STAC": "http://127.0.0.1:9/stac/v1/"})

# -- the catalogue (56-80) ---------------------------------------------------


def find(number: int, title: str, *expects: str, **more: Any) -> None:
    case(number, title, *expects, action="search", **more)


for status in (429, 500, 502, 503, 504, 408):
    find(
        56,
        "Một lần 429, 500, 502, 503, 504, 408 khi tìm",
        TRUTH,
        faults=[fault("status", SEARCH, "first", status=status)],
    )
for status in (429, 503):
    find(56, "Một lần 429, 503 khi mở catalog", TRUTH, faults=[fault("status", LANDING, "first", status=status)])
find(57, "Catalog hỏng mãi: 503", Reason.BUSY, faults=[fault("status", SEARCH)], real_time=True)
find(57, "Catalog hỏng mãi: 503 ngay khi mở", Reason.BUSY, faults=[fault("status", LANDING)])
find(57, "Catalog hỏng mãi: 500", Reason.BUSY, faults=[fault("status", SEARCH, status=500)])
find(58, "Catalog bảo chờ một giờ", Reason.BUSY, faults=[fault("status", SEARCH, status=429, retry_after=3600)])
find(58, "Catalog bảo chờ 1 giây", TRUTH, faults=[fault("status", SEARCH, "first", status=429, retry_after=1)])
for asked in ("first", "2"):
    find(59, "Mất kết nối khi tìm", TRUTH, faults=[fault("reset", SEARCH, asked)])
find(59, "Lần nào cũng mất kết nối khi tìm", Reason.NETWORK, faults=[fault("reset", SEARCH)])
find(59, "Lần nào cũng đứt giữa câu trả lời", Reason.NETWORK, faults=[fault("cut", SEARCH)])
find(60, "Một lần catalog không trả lời", TRUTH, faults=[fault("hang", SEARCH, "first")])
find(60, "Catalog không bao giờ trả lời", Reason.NETWORK, faults=[fault("hang", SEARCH)], real_time=True)
find(60, "Catalog không bao giờ trả lời khi mở", Reason.NETWORK, faults=[fault("hang", LANDING)])
find(61, "JSON bị cắt một lần", TRUTH, faults=[fault("truncated-json", which="first")])
find(61, "JSON lần nào cũng bị cắt", Reason.NETWORK, faults=[fault("truncated-json")])
find(62, "Trang đăng nhập thay cho kết quả tìm", Reason.NOT_SERVICE, faults=[fault("html", SEARCH)])
find(62, "Trang đăng nhập thay cho catalog", Reason.NOT_SERVICE, faults=[fault("html", LANDING)])
find(62, "Kết quả tìm rỗng, không có JSON", Reason.NOT_SERVICE, faults=[fault("empty", SEARCH)])
find(62, "Catalog rỗng, không có JSON", Reason.NOT_SERVICE, faults=[fault("empty", LANDING)])
find(63, "JSON không có danh sách item", Reason.NOT_SERVICE, faults=[fault("not-features")])
for name in ("SENTINEL-2", "sentinel2-l2a", "sentinel-2-l2"):
    find(64, "Sai tên collection", Reason.INPUT, arguments={"collections": [name]})
case(
    65,
    "bbox đảo, mà vẫn là một nơi có thật",
    Reason.EMPTY,
    action="search_and_load",
    arguments={"bbox": (47.849, 11.530, 47.855, 11.540)},
)
find(65, "bbox đảo vĩ độ với kinh độ", Reason.INPUT, arguments={"bbox": (20.81, 105.92, 20.83, 105.95)})
find(65, "bbox tính bằng mét UTM", Reason.INPUT, arguments={"bbox": (689_000, 5_302_000, 690_000, 5_303_000)})
find(66, "bbox có tây lớn hơn đông", Reason.INPUT, arguments={"bbox": (9.1, 48.5, 9.0, 48.6)}, truth=[])
find(67, "bbox có nam lớn hơn bắc", Reason.INPUT, arguments={"bbox": (11.530, 47.855, 11.540, 47.849)})
find(68, "bbox theo thứ tự tây, đông, nam, bắc", Reason.INPUT, arguments={"bbox": (9.0, 9.1, 48.5, 48.6)}, truth=[])
find(69, "bbox chỉ có ba số", Reason.INPUT, arguments={"bbox": (11.530, 47.849, 11.540)})
find(69, "bbox có NaN", Reason.INPUT, arguments={"bbox": (11.530, 47.849, 11.540, float("nan"))})
for words in ("September 2023", "28/9/2023", "2023/09/01", "20230901/20230930"):
    find(70, "Thời gian viết không theo ISO", Reason.INPUT, arguments={"datetime": words})
for words in ("2023-09-31", "2023-13-01", "2023-09-01/2023-09-31"):
    find(71, "Ngày không có trong lịch", Reason.INPUT, arguments={"datetime": words})
find(72, "Ngày cuối trước ngày đầu", Reason.INPUT, arguments={"datetime": "2023-09-30/2023-09-01"})
find(73, "Thời gian chỉ đúng một giây", Reason.INPUT, arguments={"datetime": "2023-09-28T10:00:00"})
case(74, "Không tìm thấy gì, rồi tải", Reason.EMPTY, arguments={"items": "none"})
find(75, "Quá nhiều item, chỉ lấy vài cái với max_items", TRUTH, arguments={"limit": 2, "max_items": 3})
find(76, "Trang sau trỏ về chính nó", Reason.BROKEN, faults=[fault("loop")])
find(77, "Các trang lặp lại item", Reason.BROKEN, faults=[fault("repeat")])
find(78, "Trang thứ hai hỏng một lần", TRUTH, faults=[fault("status", SEARCH, "2")])
find(78, "Trang thứ hai hỏng mãi", Reason.BUSY, faults=[fault("status", SEARCH, "after 1")])
find(79, "Trang sau ở máy khác", Reason.NOT_SERVICE, faults=[fault("next-host")])
case(
    80,
    "Item thiếu proj:, có ghi crs và resolution",
    Reason.INPUT,
    action="search_and_load",
    faults=[fault("drop-proj")],
)
case(80, "Item thiếu proj:", Reason.INPUT, arguments={"items": "no projection", "crs": None})

# -- data and arithmetic (81-98) ---------------------------------------------

NAN = float("nan")
case(
    81,
    "Offset trái với baseline",
    Reason.INPUT,
    action="scale_offset",
    arguments={"items": "old baseline"},
)
case(
    81,
    "Gộp ảnh trước và sau baseline 04.00",
    Reason.INPUT,
    action="scale_offset",
    arguments={"items": "two baselines"},
)
case(81, "Quên offset", TRUTH, action="vegetation", truth=[0.714286, 0.714286])
case(
    82,
    "Đổi cả số 0 (không có dữ liệu) ra phản xạ",
    TRUTH,
    action="reflectance",
    arguments={"dn": [0, 1000, 3000]},
    truth=[NAN, 0.0, 0.2],
)
case(82, "Đổi ra phản xạ hai lần", Reason.INPUT, action="reflectance", arguments={"dn": [0.1, 0.2, 0.3]})
case(
    83,
    "NDVI từ số nguyên",
    Reason.INPUT,
    action="ndvi",
    arguments={"nir": [1000, 40000], "red": [2000, 30000], "dtype": "uint16"},
)
case(
    84,
    "NDVI khi tổng phản xạ bằng 0 hoặc âm",
    TRUTH,
    action="ndvi",
    arguments={"nir": [0.1, -0.02, 0.3], "red": [-0.1, 0.01, -0.05], "dtype": "float32"},
    truth=[NAN, NAN, 1.0],
)
case(85, "Hai bản xử lý của một lần chụp", TRUTH, arguments={"items": "reprocessed"}, instead={})
case(85, "Một item lặp hai lần", TRUTH, arguments={"items": "twice"}, instead={})
case(86, "Hai ô cùng ngày", TRUTH, arguments={"items": "two tiles"}, instead={})
case(87, "Item ở hai múi UTM, không chọn CRS", Reason.INPUT, arguments={"items": "two zones", "crs": None})
case(88, "Vùng nằm ngoài ảnh", Reason.INPUT, arguments={"bbox": (13.0, 47.0, 13.01, 47.01)})
case(88, "Vùng đảo vĩ độ với kinh độ", Reason.INPUT, arguments={"bbox": (47.849, 11.530, 47.855, 11.540)})
case(88, "Vùng trong ô nhưng ngoài cảnh mô phỏng", Reason.INPUT, arguments={"bbox": (11.0, 48.0, 11.01, 48.01)})
case(89, "Một item thiếu band", Reason.INPUT, arguments={"items": "lacks a band"})
for name in ("B04", "red", "B99", "b04_20m"):
    case(90, "Tên band không có", Reason.INPUT, arguments={"bands": [name]})
case(
    91,
    "Nội suy lớp SCL",
    Reason.INPUT,
    arguments={"resampling": "bilinear", "resolution": 10},
    instead={"resolution": 10},
)
case(92, "Mọi pixel đều là mây", Reason.INPUT, action="stretch", arguments={"values": [NAN, NAN, NAN]})
case(93, "Mọi pixel bằng nhau", Reason.INPUT, action="stretch", arguments={"values": [0.1, 0.1, 0.1]})
case(
    94, "Bách phân vị có NaN", TRUTH, action="stretch", arguments={"values": [NAN, 0.0, 0.1, 0.2]}, truth=[0.002, 0.199]
)
case(95, "Vùng nhỏ hơn một pixel", Reason.INPUT, arguments={"bbox": (11.535, 47.852, 11.53501, 47.85201)})
case(96, "Vùng tải có tây lớn hơn đông", Reason.INPUT, arguments={"bbox": (11.540, 47.849, 11.530, 47.855)})
find(97, "Vùng vắt qua kinh tuyến 180", Reason.INPUT, arguments={"bbox": (179.9, 47.849, -179.9, 47.855)})
case(
    98,
    "Bảo odc-stac bỏ qua lỗi",
    Reason.INPUT,
    arguments={"fail_on_error": False},
    faults=[fault("status", IMAGES, "after 2", status=403)],
    unmet=True,
)
case(98, "Item trỏ tới tệp trên máy này", Reason.INPUT, arguments={"items": "local file"})
case(98, "Item trỏ tới trang web khác", Reason.INPUT, arguments={"items": "web page"})

# -- found since (99-122) ----------------------------------------------------

case(
    99,
    "Máy khác giả làm kho ảnh, biến chứng chỉ rỗng",
    Reason.CERTIFICATE,
    action="impostor",
    environ={"GDAL_CURL_CA_BUNDLE": ""},
)
for name in ("REQUESTS_CA_BUNDLE", "GDAL_CURL_CA_BUNDLE"):
    keys(
        100,
        "Biến chứng chỉ trỏ tới tệp không có",
        Reason.INPUT,
        environ={name: "{folder}/khong-co", "STAC": "https://{s3}/stac/v1/"},
    )
for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
    keys(
        101,
        "Proxy đã tắt, dịch vụ ở máy này",
        TRUTH,
        environ={name: "http://127.0.0.1:9", "NO_PROXY": None, "no_proxy": "example.org"},
    )
for stream in ("cp1258", "ascii", "closed", "none", "full"):
    case(
        102,
        "Nơi in không viết được tiếng Việt, đã đóng, hay đầy đĩa",
        TRUTH,
        action="speak",
        arguments={"stream": stream},
        instead={},
    )
keys(103, "CDSE_CACHE là một tệp", Reason.DISK, environ={"CDSE_CACHE": "{file}"})
keys(103, "CDSE_CACHE_MAX không phải số", Reason.INPUT, environ={"CDSE_CACHE_MAX": "20GB"})
keys(
    104,
    "Địa chỉ của lớp, khóa của Amazon",
    Reason.KEYS,
    environ={"KEY": None, "SECRET": None, "AWS_ACCESS_KEY_ID": "{access}", "AWS_SECRET_ACCESS_KEY": "{secret}"},
)
for surplus in (4096, -64):
    for chunked in (False, True):
        misfit: dict[str, Any] = {"surplus": surplus, "chunked": chunked}
        case(105, "Nội dung không vừa Content-Range một lần", TRUTH, faults=[fault("mismatch", IMAGES, "3", **misfit)])
        case(
            105,
            "Lần nào nội dung cũng không vừa Content-Range",
            Reason.NETWORK,
            faults=[fault("mismatch", IMAGES, **misfit)],
        )
case(106, "Content-Range của đoạn khác một lần", TRUTH, faults=[fault("wrong-range", IMAGES, "3", shift=1)])
case(106, "Content-Range của đoạn khác mãi", Reason.NETWORK, faults=[fault("wrong-range", IMAGES, shift=1)])
case(106, "Content-Range của tệp cỡ khác", Reason.CHANGED, faults=[fault("wrong-range", IMAGES, "3", growth=1)])
for kind in ("packed", "header"):
    case(107, "Nội dung nén, hay nói là nén, một lần", TRUTH, faults=[fault(kind, IMAGES, "3")])
    case(107, "Nội dung nén, hay nói là nén, mãi", Reason.NETWORK, faults=[fault(kind, IMAGES)])
for asked in ("3", "every 2"):
    case(108, "ETag đổi, nội dung thì không", Reason.CHANGED, faults=[fault("new-etag", RED, asked)])
case(
    109, "Header nhỏ giọt, không bao giờ hết", Reason.NETWORK, faults=[fault("drip", IMAGES, seconds=5)], real_time=True
)
find(109, "Header của catalog nhỏ giọt", Reason.NETWORK, faults=[fault("drip", SEARCH, seconds=5)], real_time=True)
LONG = fault("header", which="first", name="Retry-After", value="9" * 5000)
case(
    110,
    "Retry-After dài 5000 chữ số",
    Reason.BUSY,
    faults=[LONG | {"path": IMAGES}, fault("status", IMAGES, "first")],
)
find(
    110,
    "Retry-After của catalog dài 5000 chữ số",
    Reason.BUSY,
    faults=[LONG | {"path": SEARCH}, fault("status", SEARCH)],
)


def mutated(number: int, title: str, *expects: str, place: str, text: str = "null", path: str = SEARCH) -> None:
    changed = fault("mutate", path, place=place, text=text)
    case(number, title, *expects, action="search_and_load", faults=[changed])


ASSET = "features/*/assets/B04_20m"
mutated(111, "Item ghi kiểu số không chứa nổi pixel", Reason.BROKEN, place=f"{ASSET}/data_type", text='"uint8"')
mutated(112, "Item không có hình dạng", Reason.INPUT, place="features/*/geometry")
mutated(
    112, "Item là một điểm", Reason.INPUT, place="features/*/geometry", text='{"type":"Point","coordinates":[11,47]}'
)
mutated(113, "Asset không có địa chỉ", Reason.INPUT, place=f"{ASSET}/href", text="")
for place, text in (
    ("id", "5"),
    ("properties", "null"),
    ("assets", "[]"),
    ("properties/datetime", '"2023-09-28T10:17:19"'),
):
    mutated(114, "Trường của item sai kiểu", Reason.BROKEN, place=f"features/*/{place}", text=text)
for text in ("null", "[" * 3000 + "]" * 3000):
    mutated(115, "Trang kết quả có links sai, hay lồng quá sâu", Reason.BROKEN, place="links", text=text)
mutated(115, "Trang kết quả không có danh sách item", Reason.NOT_SERVICE, place="features")
mutated(116, "Catalog không có links", Reason.NOT_SERVICE, path=LANDING, place="links")
case(117, "NDVI từ hai lưới khác nhau", Reason.INPUT, action="ndvi_of_grids")
case(118, "Lớp SCL có chỗ trống (NaN)", TRUTH, action="clear", arguments={"scl": [4, NAN, 9]}, truth=[1, 0, 0])
mutated(
    119,
    "proj:transform trái với proj:bbox",
    TRUTH,
    place="features/*/assets/SCL_20m/proj:transform",
    text="[40, 0, 600000, 0, -40, 5400000]",
)
for odd in (
    {"groupby": "day"},
    {"groupby": 5},
    {"resampling": 3},
    {"chunks": "a"},
    {"bbox": "11.53,47.849,11.54,47.855"},
):
    case(120, "Tham số của load sai kiểu hay vô nghĩa", Reason.INPUT, arguments=odd)
for odd in ({"max_items": -1}, {"datetime": 5}):
    find(121, "Tham số của search sai kiểu hay vô nghĩa", Reason.INPUT, arguments=odd)
case(122, "Vùng chạm kinh tuyến 180", Reason.INPUT, arguments={"bbox": (179.9, 47.849, 180, 47.855)})

# -- GeoTIFFs (123-134) ------------------------------------------------------

COG_RADAR = "*/VV.tif"


def cog(number: int, title: str, *expects: str, name: str = "radar", **more: Any) -> None:
    given = {"name": name} | more.pop("arguments", {})
    case(number, title, *expects, action="load_cog", arguments=given, **more)


CORNER = (499980, 2400000)
RIGHT = {"fields": {"proj:transform": [20, 0, CORNER[0], 0, -20, CORNER[1]]}}
cog(123, "COG có proj:transform theo thứ tự của GDAL", TRUTH, instead={"name": "radar"} | RIGHT)
cog(123, "COG tính bằng độ, proj:transform theo thứ tự của GDAL", TRUTH, name="heights")
cog(124, "COG mà item không ghi proj:transform, proj:bbox rộng quá", TRUTH, name="mosaic")
for wrong_order in (
    [CORNER[0], 20, 0, CORNER[1] + 9000, 0, -20],
    [20, 0, CORNER[0], 0, 20, CORNER[1]],
    [200, 0, CORNER[0], 0, -200, CORNER[1]],
):
    cog(
        125,
        "COG có proj:transform không khớp với gì",
        Reason.INPUT,
        arguments={"fields": {"proj:transform": wrong_order}},
    )
cog(
    125,
    "COG có proj:transform lệch nửa pixel",
    Reason.BROKEN,
    arguments={"fields": {"proj:transform": [20, 0, CORNER[0] + 10, 0, -20, CORNER[1]]}},
)
for size in (5, 3000, 100_000):
    cog(126, "COG bị cắt cụt", Reason.BROKEN, faults=[fault("truncate", COG_RADAR, size=size)])
cog(127, "COG ghi sai thứ tự byte", Reason.BROKEN, faults=[fault("corrupt", COG_RADAR, at=0, bit=2)])
for at in (400, 1200):
    cog(127, "COG có một bit trong các bảng bị lật", TRUTH, Reason.BROKEN, faults=[fault("corrupt", COG_RADAR, at=at)])
cog(128, "COG có một bit trong ô ảnh bị lật", Reason.BROKEN, faults=[fault("corrupt", COG_RADAR)])
cog(
    129,
    "COG không có overview, đọc ở độ phân giải thô",
    TRUTH,
    name="no overviews",
    arguments={"resolution": 40},
    instead={"name": "mosaic", "resolution": 40, "use_overviews": False},
)
cog(130, "COG có mặt nạ bên trong", Reason.BROKEN, name="mask")
cog(131, "COG có nodata khác item ghi", Reason.BROKEN, name="nodata")
cog(131, "COG có kiểu số khác item ghi", Reason.BROKEN, name="type")
for odd_file in ("elsewhere", "zone", "smaller"):
    cog(132, "COG là tệp của ô khác, múi khác, cỡ khác", Reason.BROKEN, name=odd_file)
cog(132, "GeoTIFF không chia ô", Reason.BROKEN, name="strips")
cog(133, "Một lần 503 giữa lúc đọc COG", TRUTH, faults=[fault("status", COG_RADAR, "2", status=503)])
cog(133, "503 mãi giữa lúc đọc COG", Reason.BUSY, faults=[fault("status", COG_RADAR, "after 1", status=503)])
cog(133, "403 giữa lúc đọc COG", Reason.FORBIDDEN, faults=[fault("status", COG_RADAR, "after 1", status=403)])
cog(133, "404 khi mở COG", Reason.MISSING, faults=[fault("status", COG_RADAR, status=404)])
cog(134, "Một lần không trả lời giữa lúc đọc COG", TRUTH, faults=[fault("hang", COG_RADAR, "2")])
cog(134, "Bỏ qua Range một lần khi đọc COG", TRUTH, faults=[fault("ignore-range", COG_RADAR, "2")])
cog(134, "COG bị thay giữa lúc đọc", Reason.CHANGED, faults=[fault("replace", COG_RADAR, "after 1")])

WITHOUT = {
    26: "khóa học không dùng cụm Dask, mọi bài tải bằng luồng trong một tiến trình",
}
