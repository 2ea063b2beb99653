"""Files that are coded in ways which ESA's are not, but may be some day."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio

SIDE, TILE = 300, 96  # 4 x 4 tiles, those at the edges cut off
PLAIN = {"blockxsize": TILE, "blockysize": TILE, "resolutions": 4, "quality": 100, "reversible": "YES"}
# Other precincts, code blocks, order and quantisation than those that the empty tiles carry.
LOSSY = PLAIN | {
    "nbits": 12, "reversible": "NO", "quality": 25, "progression": "RPCL", "precincts": "{64,64},{32,32}",
    "codeblock_width": 16, "sop": "YES", "eph": "YES",
}  # fmt: skip
CODINGS = {
    "plain": PLAIN,
    "lossy": LOSSY,
    "an index in the header": PLAIN | {"tlm": "YES"},
    "several parts a tile": PLAIN | {"tileparts": "RESOLUTIONS"},
    "an index and several parts": PLAIN | {"tileparts": "RESOLUTIONS", "tlm": "YES"},
    "packet lengths": PLAIN | {"plt": "YES"},
    "one tile": PLAIN | {"blockxsize": 512, "blockysize": 512},
}


def encoded(path: Path, options: dict[str, Any], bands: int = 1, dtype: str = "uint16") -> bytes:
    pixels = np.random.default_rng(1).integers(150, 250, (bands, SIDE, SIDE), dtype=dtype)
    place = {"transform": rasterio.Affine(10, 0, 0, 0, -10, 0), "crs": "EPSG:32632"}
    size = {"width": SIDE, "height": SIDE, "count": bands, "dtype": dtype}
    with rasterio.open(path, "w", "JP2OpenJPEG", codec="JP2", **place, **size, **options) as file:
        file.write(pixels)
    return path.read_bytes()
