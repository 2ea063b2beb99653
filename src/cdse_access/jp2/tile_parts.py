"""Tìm các ô trong một tệp JPEG 2000 mà không đọc cả tệp.

Tệp của ESA là các ô (tile) xếp nối nhau, không mục lục; mỗi phần ô (tile-part) mở đầu bằng dấu SOT ghi số ô và độ dài.
GDAL phải đi từ ô này sang ô kia, hơn trăm yêu cầu; ở đây ta đoán vị trí, đọc 1 MB quanh đó, gặp SOT thì đoán lại.
Nguồn: ISO/IEC 15444-1, phụ lục A (dấu) và I (hộp).
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice, pairwise
from typing import NamedTuple

from cdse_access.jp2.answers import file_name, is_page
from cdse_access.jp2.sources import Source
from cdse_access.problems import BadData, Reason

SOT, SIZ, COD, QCD, TLM, EOC = (bytes([0xFF, code]) for code in (0x90, 0x51, 0x52, 0x5C, 0x55, 0xD9))
PLM, PPM, POC = (bytes([0xFF, code]) for code in (0x57, 0x60, 0x5F))
SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"  # 12 byte đầu của mọi tệp JP2
LEAST = 1 << 19  # byte; đọc ít hơn cũng không nhanh hơn: mỗi yêu cầu chờ lâu bằng chừng ấy
TRIES = 8  # đoạn liền nhau không có SOT nào: thôi tìm, đi từ đầu tệp
Places = list[tuple[int, int]]  # các phần của một ô: (vị trí, độ dài)
Known = dict[int, int]  # số ô: vị trí; có cả ô đầu, và chỗ kết thúc của ô cuối


class Header(NamedTuple):
    """Phần đầu tệp: các hộp và main header, đã bỏ mục lục; lưới ô; chỗ bắt đầu và kết thúc của các ô."""

    data: bytes
    segments: dict[bytes, bytes]
    width: int
    height: int
    tile: tuple[int, int]  # rộng, cao
    first: int
    end: int  # vị trí của EOC

    @property
    def across(self) -> int:
        return -(-self.width // self.tile[0])

    @property
    def count(self) -> int:
        return self.across * -(-self.height // self.tile[1])

    @property
    def window(self) -> int:
        """Số byte mỗi lần đọc để tìm: hơn độ dài trung bình của một ô, nên thường gặp ít nhất một SOT."""
        return max(LEAST, int(1.2 * (self.end - self.first) / self.count))

    def before(self, number: int) -> int:
        """Số pixel của mọi ô đứng trước ô này."""
        row, column = divmod(number, self.across)
        top = min(row * self.tile[1], self.height)
        return top * self.width + min(self.tile[1], self.height - top) * column * self.tile[0]

    def under(self, left: float, top: float, right: float, bottom: float) -> set[int]:
        """Số của các ô nằm dưới khung tính bằng pixel."""
        columns = range(max(int(left // self.tile[0]), 0), min(int(right // self.tile[0]) + 1, self.across))
        rows = range(max(int(top // self.tile[1]), 0), min(int(bottom // self.tile[1]) + 1, self.count // self.across))
        return {row * self.across + column for row in rows for column in columns}


def read_header(file: Source) -> Header:
    """Đọc phần đầu: thường 8 KB là đủ. Lỗi: BadData khi không phải JP2, bị cắt, hay có cấu trúc không đọc được."""
    for size in (8192, 1 << 17, 1 << 20):
        try:
            return _parse(file.read(0, size), file.size, file.href)
        except struct.error:  # phần đầu dài hơn
            if size >= file.size:
                break
    raise BadData(f"{file.name} bị cắt cụt trong phần đầu: hãy thử lại sau, hoặc bỏ ngày này.", Reason.BROKEN)


def _parse(data: bytes, size: int, href: str) -> Header:
    if data[:12] != SIGNATURE:
        reason = Reason.NOT_SERVICE if is_page(data) else Reason.BROKEN
        raise BadData(
            f"{file_name(href)} không phải tệp JP2 mà bắt đầu bằng {data[:24]!r}: hãy xem mạng có đòi đăng nhập không, "
            "và xem lại địa chỉ S3.",
            reason,
        )
    start, kind = 0, b""
    while kind != b"jp2c":
        box, at = start, start + 8
        length, kind = struct.unpack_from(">I4s", data, box)
        if length == 1:
            (length,), at = struct.unpack_from(">Q", data, at), at + 8
        start = box + length if length else size
    segments, kept = {}, data[:box] + struct.pack(">I4s", 0, b"jp2c") + data[at : at + 2]
    at += 2
    while (marker := data[at : at + 2]) != SOT:
        (length,) = struct.unpack_from(">H", data, at + 2)
        segments[marker] = segments.get(marker, b"") + data[at : at + 2 + length]
        kept += b"" if marker in (TLM, PLM) else data[at : at + 2 + length]  # mục lục của tệp lớn, sai với tệp nhỏ
        at += 2 + length
    if not {SIZ, COD, QCD} <= segments.keys():
        raise BadData(f"{file_name(href)} hỏng: main header thiếu SIZ, COD hay QCD. Hãy bỏ ngày này.", Reason.BROKEN)
    width, height, *offset, wide, high, x, y = struct.unpack_from(">8I", segments[SIZ], 6)
    if start > size:
        text = f"{file_name(href)} bị cắt cụt: dài {size} byte, phải có {start}. Hãy thử lại sau, hoặc bỏ ngày này."
        raise BadData(text, Reason.BROKEN)
    if any((*offset, x, y)) or {PPM, POC} & segments.keys() or not wide * high:
        name = file_name(href)
        text = f"{name} có lưới ô lệch gốc, PPM hay POC, fetch không cắt được: hãy đọc thẳng bằng odc.stac.load."
        raise BadData(text, Reason.BROKEN)
    return Header(kept, segments, width, height, (wide, high), at, start - 2)


def part(file: Source, head: Header, at: int, ahead: int = 0) -> tuple[int, int, int, int] | None:
    """Phần ô bắt đầu ở `at`: (số ô, độ dài, thứ tự, tổng số phần hoặc 0 nếu không ghi); `None` nếu không phải."""
    sot = file.read(at, min(at + 14, head.end), ahead)
    if len(sot) < 14 or sot[:4] != SOT + b"\0\x0a":
        return None
    number, length, order, total = struct.unpack_from(">HIBB", sot, 4)
    length = length or head.end - at  # 0: đến hết tệp
    good = number < head.count and 14 <= length <= head.end - at and (order < total or not total)
    return (number, length, order, total) if good else None


class Guess(NamedTuple):
    """Cách đoán vị trí: phần của tệp đứng trước mỗi ô (đơn vị nào cũng được), và sai số so với quãng phải đoán."""

    before: Callable[[int], float]
    doubt: float


def expected(known: Known, before: Callable[[int], float], number: int) -> float:
    """Vị trí của một ô: đã biết, hoặc nội suy giữa hai ô đã biết."""
    if number in known:
        return known[number]
    low, high = max(k for k in known if k < number), min(k for k in known if k > number)
    share = (before(number) - before(low)) / (before(high) - before(low))
    return known[low] + share * (known[high] - known[low])


def guess(head: Header, others: Iterable[Known]) -> Guess:
    """Theo tệp cùng lưới dài gần bằng nhất, vốn giống cả đất lẫn mây; chưa có tệp nào thì theo số pixel."""

    def unlike(other: Known) -> float:
        return max(other[head.count] / head.end, head.end / other[head.count])

    nearest = min((other for other in others if head.count in other), key=unlike, default=None)
    if nearest is None or unlike(nearest) > 1.5:
        return Guess(head.before, 0.1)
    return Guess(partial(expected, nearest, head.before), 0.005)


def search(file: Source, head: Header, known: Known, way: Guess, run: tuple[int, int]) -> int | None:
    """Vị trí ô đầu của dãy ô `run` (đầu, cuối + 1): đoán, đọc quanh đó, ghi mọi SOT gặp vào `known`, rồi đoán lại."""
    while run[0] not in known:
        for start, end in islice(_windows(head.window, known, way, run), TRIES):
            before = len(known)
            for place in _marks(file, start, end):
                found = part(file, head, place)
                if found and found[2] == 0:
                    number, length, _, total = found
                    known.setdefault(number, place)
                    known.setdefault(number + 1 if total == 1 else number, place + length)
            if len(known) > before:
                break
        else:
            return None
        way = Guess(way.before, 2 * way.doubt)  # đoán trượt: bớt tin
    return known[run[0]]


def _windows(size: int, known: Known, way: Guess, run: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Những đoạn để tìm ô đầu của dãy: chỗ đoán trước, rồi phía sau nó, rồi phía trước, giữa hai ô đã biết."""
    low, high = max(k for k in known if k < run[0]), min(k for k in known if k > run[0])
    low, high = known[low], known[high]
    first, last = (int(expected(known, way.before, number)) for number in run)
    margin = int(max(size // 16, way.doubt * min(first - low, high - first)))
    # Đoán chắc thì đọc luôn cả dãy; không chắc thì chỉ cần gặp một SOT.
    start, end = (first - margin, last + margin) if margin <= size // 2 else (first - size // 2, first + size // 2)
    start, end = max(start, low), min(end, high + 14)
    yield start, end
    # Không có SOT nào thì đoạn ấy nằm trong một ô lớn. Các đoạn chồng nhau 14 byte, vừa một SOT.
    yield from ((at, min(at + size, high + 14)) for at in range(end - 14, high, size - 14))
    yield from ((max(at - size, low), at) for at in range(start + 14, low + 14, 14 - size))


def _marks(file: Source, start: int, end: int) -> list[int]:
    """Nơi có vẻ là SOT. Độ dài 0 (đến hết tệp) thì không có gì phía sau để đối chiếu: chỉ `walk` dùng được."""
    pattern = re.compile(re.escape(SOT) + rb"\0\x0a(?=..(?!\0\0\0\0)....)", re.DOTALL)
    return [start + match.start() for match in pattern.finditer(file.read(start, end))]


def chain(file: Source, head: Header, number: int, at: int) -> Places | None:
    """Các phần của một ô nối nhau từ `at`, có kiểm tra cả dấu theo sau; `None` nếu có gì không khớp."""
    places: Places = []
    while at < head.end:
        this = part(file, head, at, head.window)
        if this is None:
            return None
        if this[0] != number:
            break
        places.append((at, this[1]))
        total, at = this[3], at + this[1]
        file.read(at - this[1], at + 14)  # trong một yêu cầu, cả SOT hay EOC theo sau
    ended = at < head.end or file.read(at, at + 2) == EOC
    return places if places and total == len(places) and ended else None


def walk(file: Source, head: Header) -> dict[int, Places]:
    """Đi qua mọi phần ô từ đầu đến cuối: chậm nhưng luôn đúng. Lỗi: BadData khi tệp hỏng."""
    found: dict[int, Places] = {}
    at = head.first
    while at < head.end:
        this = part(file, head, at, 4096)
        if this is None or this[2] != len(found.setdefault(this[0], [])):
            raise BadData(
                f"{file.name} hỏng ở byte {at}: không có phần ô nào ở đó. Hãy thử lại sau, hoặc bỏ ngày này.",
                Reason.BROKEN,
            )
        found[this[0]].append((at, this[1]))
        at += this[1]
    if file.read(head.end, head.end + 2) != EOC or len(found) != head.count:
        raise BadData(
            f"{file.name} bị cắt cụt: có {len(found)} trong {head.count} ô. Hãy thử lại sau, hoặc bỏ ngày này.",
            Reason.BROKEN,
        )
    return found


def listed(head: Header) -> dict[int, Places]:
    """Mục lục TLM nếu tệp có: số ô và độ dài của mọi phần ô, theo thứ tự."""
    found: dict[int, Places] = {}
    entries: list[tuple[int, ...]] = []
    at, rest = head.first, head.segments.get(TLM, b"")
    try:
        while rest:
            length, style = struct.unpack_from(">HxB", rest, 2)
            code = ">" + ("", "B", "H")[style >> 4 & 3] + "HI"[style >> 6 & 1]
            entries += struct.iter_unpack(code, rest[6 : 2 + length])
            rest = rest[2 + length :]
    except (struct.error, IndexError):
        return {}  # mục lục hỏng: cứ tìm như khi không có
    for place, (*number, length) in enumerate(entries):
        found.setdefault(number[0] if number else place, []).append((at, length))
        at += length
    return found


def read_tiles(
    file: Source, head: Header, numbers: Iterable[int], others: list[Known] | None = None
) -> dict[int, bytes]:
    """Các phần ô của những ô này: theo mục lục, hoặc tìm, hoặc đi từ đầu; nơi nào cũng được đối chiếu với SOT.

    others: vị trí các ô trong những tệp đã đọc, giúp đoán cho tệp này; vị trí vừa biết được ghi thêm vào đó.
    """
    index, known, tiles = listed(head), {0: head.first, head.count: head.end}, {}
    way, sure = guess(head, others or []), dict(known)
    for first, stop in _runs(numbers):
        if not index and search(file, head, known, way, (first, stop)) and stop - first > 1:
            # Các ô liền nhau: một yêu cầu.
            file.read(known[first], int(expected(known, way.before, stop)) + head.window // 16)
        for number in range(first, stop):
            places = index.get(number) or (number in known and chain(file, head, number, known[number]))
            if not places or not _confirmed(file, head, number, places):
                index = walk(file, head)
                places = index[number]
            start, end = places[0][0], sum(places[-1])
            if end - start == sum(length for _, length in places):  # các phần nối nhau
                sure |= {number: start, number + 1: end}
                known |= {number + 1: end}
            # Độ dài được ghi rõ: trong tệp nhỏ, sau ô cuối (độ dài 0) có thể còn ô khác.
            tiles[number] = b"".join(labelled(file.read(at, at + length), number, length) for at, length in places)
    if others is not None:
        others.append(sure)
    return tiles


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Các dãy số liền nhau: (đầu, cuối + 1)."""
    ordered = sorted(numbers)
    breaks = [place for place in range(1, len(ordered)) if ordered[place] != ordered[place - 1] + 1]
    return [(ordered[a], ordered[b - 1] + 1) for a, b in pairwise([0, *breaks, len(ordered)]) if a < b]


def labelled(data: bytes, number: int, length: int) -> bytes:
    """Cùng phần ô ấy, mang số ô và độ dài này."""
    return data[:4] + struct.pack(">HI", number, length) + data[10:]


def _confirmed(file: Source, head: Header, number: int, places: Places) -> bool:
    for order, (at, length) in enumerate(places):
        file.read(at, at + length)
        found = part(file, head, at)
        if found is None or found[:3] != (number, length, order) or found[3] not in (0, len(places)):
            return False
    return True
