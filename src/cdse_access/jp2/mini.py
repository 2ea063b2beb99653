"""Tệp nhỏ (*mini JP2*): tệp JP2 bình thường trên lưới đầy đủ, nhưng chỉ vài ô có thật.

Phần đầu và các ô có thật là của ESA, giữ nguyên từng byte; ô khác toàn số 0. Nhờ vậy mọi thư viện mở được nó.
Nguồn: ISO/IEC 15444-1, phụ lục A (dấu).
"""

import struct
from functools import cache
from threading import Lock

import rasterio
import rasterio.shutil
from odc.geo.converters import rio_geobox
from odc.geo.geobox import GeoBox
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from cdse_access.jp2.cache import short
from cdse_access.jp2.sources import InMemory
from cdse_access.jp2.tile_parts import COD, EOC, QCD, SIZ, Header, labelled, read_header, walk
from cdse_access.problems import BadData, Reason


@cache
def empty_tiles(width: int, height: int, tile: tuple[int, int], dtypes: tuple[int, ...], levels: int) -> list[bytes]:
    """Các ô toàn số 0 (không dữ liệu), nén một lần từ ảnh không chứa gì; mỗi ô mang theo tham số nén của chính nó.

    COD và QCD đặt trong ô thắng tham số chung của tệp, nên dùng được với mọi tệp cùng lưới và kiểu số.
    """
    kind = "Byte" if dtypes[0] <= 8 else "UInt16"
    bands = "".join(f'<VRTRasterBand dataType="{kind}" band="{band + 1}"/>' for band in range(len(dtypes)))
    north = "<GeoTransform>0, 1, 0, 0, 0, -1</GeoTransform>"  # thiếu nó thì rasterio cảnh báo
    blank = f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">{north}{bands}</VRTDataset>'
    options = {"blockxsize": tile[0], "blockysize": tile[1], "resolutions": levels + 1, "nbits": dtypes[0]}
    with MemoryFile(ext=".jp2") as memory, rasterio.open(blank) as source:
        rasterio.shutil.copy(source, memory.name, driver="JP2OpenJPEG", quality=100, reversible="YES", **options)
        file = InMemory("ô trống", memory.read())
    head = read_header(file)
    extra = head.segments[COD] + head.segments[QCD]
    tiles = []
    for number, [(at, length)] in sorted(walk(file, head).items()):
        data = file.read(at, at + length)
        tiles.append(labelled(data[:12] + extra + data[12:], number, length + len(extra)))
    return tiles


_encoding = Lock()


def join(head: Header, tiles: dict[int, bytes]) -> bytes:
    """Tệp nhỏ: phần đầu nguyên gốc, các ô có thật, và ô trống ở mọi chỗ khác."""
    components = struct.unpack_from(">H", head.segments[SIZ], 38)[0]
    depths = tuple(head.segments[SIZ][40 + 3 * band] + 1 for band in range(components))
    if len(set(depths)) != 1 or depths[0] > 16:
        raise BadData(f"Ảnh có số bit {depths}: chỉ đọc được ảnh không dấu, tối đa 16 bit.", Reason.BROKEN)
    with _encoding:
        empty = empty_tiles(head.width, head.height, head.tile, depths, head.segments[COD][9])
    return head.data + b"".join(tiles.get(number, blank) for number, blank in enumerate(empty)) + EOC


def check_place(data: bytes, wanted: GeoBox, name: str) -> None:
    """Tệp có nằm đúng chỗ item ghi không? Một bit hỏng trong tọa độ dời cả ảnh đi mà không ai báo.

    Lỗi: BadData khi không mở được, sai CRS, hay lệch quá nửa pixel.
    """
    try:
        found = _grid(data)
        if not isinstance(found, GeoBox) or found.crs is None:
            what = "nó không có tọa độ"
        elif found.crs != wanted.crs:
            what = f"nó ở EPSG:{found.crs.epsg}"
        elif (apart := _apart(found, wanted)) >= 0.5:
            what = f"lệch {apart:.1f} pixel"
        else:
            return
    except (RasterioError, ProjError, ValueError) as error:
        what = str(error)
    raise BadData(f"{name} không nằm ở chỗ item ghi ({what}): hãy bỏ ngày này, hoặc tìm lại item.", Reason.BROKEN)


_grids: dict[str, GeoBox] = {}  # đã đọc: mở một tệp mất chừng 10 ms, mà các ngày của một ô lưới có cùng phần đầu


def _grid(data: bytes) -> GeoBox:
    """Lưới mà phần đầu tệp ghi."""
    try:
        header = short(read_header(InMemory("tệp nhỏ", data)).data)
    except BadData:  # thì mở ra sẽ hỏng, và nói vì sao
        header = short(data)
    if header not in _grids:
        with MemoryFile(data, ext=".jp2") as memory, memory.open() as file:
            _grids[header] = rio_geobox(file)
    return _grids[header]


def _apart(found: GeoBox, wanted: GeoBox) -> float:
    """Hai lưới lệch nhau nhiều nhất bao nhiêu pixel."""
    shift = ~wanted.affine * found.affine
    corners = ((0, 0), (wanted.width, wanted.height))
    return max(abs(a - b) for corner in corners for a, b in zip(shift * corner, corner, strict=True))


def split(data: bytes, name: str) -> tuple[Header, dict[int, bytes]]:
    """Phần đầu và các ô có thật của một tệp nhỏ. Lỗi: BadData khi nó hỏng."""
    file = InMemory(name, data)
    head = read_header(file)
    places = walk(file, head).items()
    tiles = {number: b"".join(file.read(at, at + length) for at, length in some) for number, some in places}
    return head, {number: tile for number, tile in tiles.items() if tile[12:14] != COD}  # ô trống mở đầu bằng COD
