"""Files that the tests of jp2 share: encoded ones, and tile-parts put together by hand."""

import struct
from typing import Any

import numpy as np
import rasterio
from rasterio.io import MemoryFile

from cdse_access.jp2.codestream import SOT
from cdse_access.jp2.ranges import Remote
from cdse_access.secrets import Keys
from cdse_access.store import Store

SIDE, TILE = 300, 64  # 5 x 5 tiles, those at the edges cut off


class Counted(Remote):
    """A file that counts how often it is asked."""

    def __init__(self, content: bytes) -> None:
        store = Store("127.0.0.1:1", False, Keys.from_texts("A", "B"), "")
        nobody: Any = None
        super().__init__("s3://eodata/x.jp2", store, nobody)
        self.content = content
        self.requests: list[tuple[int, int]] = []

    def _get(self, start: int, stop: int) -> bytes:
        self.size = len(self.content)
        self.requests.append((start, stop))
        return self.content[start:stop]


def encoded(side: int = SIDE, tile: int = TILE) -> bytes:
    """Random pixels: tiles of about 8 KB, but for the last rows, which hold nothing."""
    pixels = np.random.default_rng(1).integers(0, 32767, (1, side, side), dtype=np.uint16)
    pixels[:, side // 2 :, : side // 2] = 0
    options = {
        "blockxsize": tile,
        "blockysize": tile,
        "resolutions": 3,
        "precincts": "{256,256},{256,256},{256,256}",
        "nbits": 15,
        "codec": "JP2",
        "transform": rasterio.Affine(10, 0, 0, 0, -10, 0),
    }
    with MemoryFile() as memory:
        with memory.open(
            "JP2OpenJPEG", side, side, 1, "EPSG:32632", dtype="uint16", quality=100, reversible="YES", **options
        ) as file:
            file.write(pixels)
        return bytes(memory.getbuffer())


def sot(number: int, body: bytes, order: int = 0, total: int = 1, length: int | None = None) -> bytes:
    return SOT + struct.pack(">HHIBB", 10, number, 12 + len(body) if length is None else length, order, total) + body
