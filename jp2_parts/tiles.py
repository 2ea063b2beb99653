"""Tìm các ô trong một tệp JPEG 2000 mà không đọc cả tệp.

Tệp của ESA là các ô (tile) xếp nối nhau, không mục lục; mỗi phần ô (tile-part) mở đầu bằng dấu SOT ghi số ô và độ dài.
GDAL phải đi từ ô này sang ô kia, hơn trăm yêu cầu; ở đây ta đoán vị trí, đọc 1 MB quanh đó, gặp SOT thì đoán lại.
Nguồn: ISO/IEC 15444-1, phụ lục A (dấu) và I (hộp).
"""

import re
import struct
from collections.abc import Iterable
from typing import NamedTuple

from jp2_parts.remote import Remote

SOT, SIZ, COD, QCD, TLM, EOC = (bytes([0xFF, code]) for code in (0x90, 0x51, 0x52, 0x5C, 0x55, 0xD9))
PLM, PPM, POC = (bytes([0xFF, code]) for code in (0x57, 0x60, 0x5F))
WINDOW = 1 << 20
Places = list[tuple[int, int]]  # các phần của một ô: (vị trí, độ dài)


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


def read_header(file: Remote) -> Header:
    """Đọc phần đầu: thường 8 KB là đủ. Lỗi: ValueError khi không phải JP2, bị cắt, hay có cấu trúc không đọc được."""
    for size in (8192, 1 << 17, WINDOW):
        try:
            return _parse(file.read(0, size), file.size)
        except struct.error:  # phần đầu dài hơn
            if size >= file.size:
                break
    raise ValueError(f"{file.href} bị cắt cụt trong phần đầu: hãy tải lại.")


def _parse(data: bytes, size: int) -> Header:
    if data[:12] != b"\0\0\0\x0cjP  \r\n\x87\n":
        raise ValueError(f"Đây không phải tệp JP2 mà bắt đầu bằng {data[:24]!r}: hãy xem lại khóa và địa chỉ.")
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
        raise ValueError("Tệp JP2 thiếu SIZ, COD hay QCD trong main header: nó hỏng, hãy bỏ ngày này.")
    width, height, *offset, wide, high, x, y = struct.unpack_from(">8I", segments[SIZ], 6)
    if start > size or any((*offset, x, y)) or {PPM, POC} & segments.keys() or not wide * high:
        raise ValueError("Tệp JP2 bị cắt cụt, hoặc lưới ô lệch gốc, có PPM hay POC: hãy đọc thẳng, không qua fetch.")
    return Header(kept, segments, width, height, (wide, high), at, start - 2)


def part(file: Remote, head: Header, at: int, ahead: int = 0) -> tuple[int, int, int, int] | None:
    """Phần ô bắt đầu ở `at`: (số ô, độ dài, thứ tự, tổng số phần hoặc 0 nếu không ghi); `None` nếu không phải."""
    sot = file.read(at, min(at + 14, head.end), ahead)
    if len(sot) < 14 or sot[:4] != SOT + b"\0\x0a":
        return None
    number, length, order, total = struct.unpack_from(">HIBB", sot, 4)
    length = length or head.end - at  # 0: đến hết tệp
    good = number < head.count and 14 <= length <= head.end - at and (order < total or not total)
    return (number, length, order, total) if good else None


def search(file: Remote, head: Header, known: dict[int, int], number: int) -> int | None:
    """Vị trí phần đầu của một ô: đoán theo số pixel đứng trước, đọc 1 MB quanh đó, ghi mọi SOT gặp vào `known`."""
    while number not in known:
        low, high = max(k for k in known if k < number), min(k for k in known if k > number)
        share = (head.before(number) - head.before(low)) / (head.before(high) - head.before(low))
        guess = int(known[low] + share * (known[high] - known[low])) - WINDOW // 2
        at = max(known[low], min(guess, known[high] - WINDOW))
        # Cửa sổ không có SOT nào thì nằm trong một ô lớn: xem tiếp phía sau, rồi phía trước. Chúng chồng nhau một SOT.
        step = WINDOW - 14
        for start in (*range(at, known[high], step), *range(at - step, known[low] - step, -step)):
            before = len(known)
            for place in _marks(file, max(start, known[low]), min(start + WINDOW, known[high] + 14)):
                this, length, order, total = part(file, head, place) or (-1, 0, 0, 0)
                if low <= this < high and order == 0:
                    known.setdefault(this, place)
                    known.setdefault(this + 1 if total == 1 else this, place + length)
            if len(known) > before:
                break
        else:
            return None
    return known[number]


def _marks(file: Remote, start: int, end: int) -> list[int]:
    return [start + match.start() for match in re.finditer(SOT + b"\0\x0a", file.read(start, end))]


def chain(file: Remote, head: Header, number: int, at: int) -> Places | None:
    """Các phần của một ô nối nhau từ `at`, có kiểm tra cả dấu theo sau; `None` nếu có gì không khớp."""
    places: Places = []
    while at < head.end:
        this = part(file, head, at, WINDOW)
        if this is None:
            return None
        if this[0] != number:
            break
        places.append((at, this[1]))
        total, at = this[3], at + this[1]
        file.read(at - this[1], at + 14)  # trong một yêu cầu, cả SOT hay EOC theo sau
    ended = at < head.end or file.read(at, at + 2) == EOC
    return places if places and total == len(places) and ended else None


def walk(file: Remote, head: Header) -> dict[int, Places]:
    """Đi qua mọi phần ô từ đầu đến cuối: chậm nhưng luôn đúng. Lỗi: ValueError khi tệp hỏng."""
    found: dict[int, Places] = {}
    at = head.first
    while at < head.end:
        this = part(file, head, at, 4096)
        if this is None or this[2] != len(found.setdefault(this[0], [])):
            raise ValueError(
                f"{file.href} hỏng ở byte {at}: không có phần ô nào ở đó. Hãy thử lại sau, hoặc bỏ ngày này."
            )
        found[this[0]].append((at, this[1]))
        at += this[1]
    if file.read(head.end, head.end + 2) != EOC or len(found) != head.count:
        raise ValueError(f"{file.href} bị cắt cụt: có {len(found)} trong {head.count} ô. Hãy thử lại sau.")
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


def read_tiles(file: Remote, head: Header, numbers: Iterable[int]) -> dict[int, bytes]:
    """Các phần ô của những ô này: theo mục lục, hoặc tìm, hoặc đi từ đầu; nơi nào cũng được đối chiếu với SOT."""
    index, known, tiles = listed(head), {0: head.first, head.count: head.end}, {}
    for number in sorted(numbers):
        places = index.get(number)
        if not index:
            at = search(file, head, known, number)
            places = at and chain(file, head, number, at)
        if not places or not _confirmed(file, head, number, places):
            index = walk(file, head)
            places = index[number]
        # Độ dài được ghi rõ: trong tệp nhỏ, sau ô cuối (độ dài 0) có thể còn ô khác.
        data = ((length, file.read(at, at + length)) for at, length in places)
        tiles[number] = b"".join(part[:6] + struct.pack(">I", length) + part[10:] for length, part in data)
    return tiles


def _confirmed(file: Remote, head: Header, number: int, places: Places) -> bool:
    for order, (at, length) in enumerate(places):
        file.read(at, at + length)
        found = part(file, head, at)
        if found is None or found[:3] != (number, length, order) or found[3] not in (0, len(places)):
            return False
    return True
