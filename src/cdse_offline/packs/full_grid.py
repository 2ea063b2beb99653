"""Small files of the whole grid: ordinary JPEG 2000 files in which a few tiles are real and all others are zeros.

The header and the real tiles are as they were in the file they come from; every library opens the result.
"""

from functools import cache
from threading import Lock

import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile

from cdse_access.jp2.codestream import COD, QCD, Header, Layout, label_part, read_header, walk_parts, write_tiles
from cdse_access.jp2.sources import InMemory

_encoding = Lock()


def write_full_grid(header: Header, tiles: dict[int, list[bytes]]) -> bytes:
    """A file with these tiles, each a list of tile-parts, and zeros in all others."""
    with _encoding:
        empty = _encode_empty(header.layout, header.segments[COD][9])
    every = (b"".join(tiles.get(number, [zeros])) for number, zeros in enumerate(empty))
    return write_tiles(header, every)


@cache
def _encode_empty(layout: Layout, levels: int) -> list[bytes]:
    """Tiles of zeros, encoded once. Each brings its own COD and QCD, which win over the file's, so that it fits any."""
    file = InMemory("zeros", _encode_zeros(layout, levels))
    header = read_header(file)
    coding = header.segments[COD] + header.segments[QCD]
    tiles = []
    for number, [(at, length)] in sorted(walk_parts(file, header).items()):
        part = file.read(at, at + length)
        tiles.append(label_part(part[:12] + coding + part[12:], number, length + len(coding)))
    return tiles


def _encode_zeros(layout: Layout, levels: int) -> bytes:
    kind = {"uint8": "Byte", "uint16": "UInt16"}[layout.dtype]
    bands = "".join(f'<VRTRasterBand dataType="{kind}" band="{band + 1}"/>' for band in range(layout.bands))
    size = f'rasterXSize="{layout.width}" rasterYSize="{layout.height}"'
    north = "<GeoTransform>0, 1, 0, 0, 0, -1</GeoTransform>"  # without it rasterio warns
    coding = {"quality": 100, "reversible": "YES", "resolutions": levels + 1, "nbits": layout.bits}
    tiling = {"blockxsize": layout.tile_width, "blockysize": layout.tile_height}
    with MemoryFile(ext=".jp2") as memory, rasterio.open(f"<VRTDataset {size}>{north}{bands}</VRTDataset>") as zeros:
        rasterio.shutil.copy(zeros, memory.name, driver="JP2OpenJPEG", **tiling, **coding)
        return bytes(memory.read())
