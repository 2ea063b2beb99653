"""Hai cách đọc cùng một band lúc có sự cố: như mọi bài hướng dẫn, và như khóa học."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr
from pystac import Item, ItemCollection
from pystac_client import Client

from cdse_access.checks.items import list_items
from cdse_access.loading import load
from cdse_access.problems import Problem
from cdse_access.telling import tell
from lessons.messages import say

# Items at stdin, the band, the grid's CRS, transform and shape, and a file for the pixels.
PROGRAM = """
import json, sys
import numpy, odc.stac, pystac
from affine import Affine
from odc.geo.geobox import GeoBox
band, crs, transform, shape, path = sys.argv[1:]
grid = GeoBox(json.loads(shape), Affine(*json.loads(transform)), crs)
items = pystac.ItemCollection.from_dict(json.load(sys.stdin))
loaded = odc.stac.load(items, [band], geobox=grid, chunks=dict())
numpy.save(path, loaded.compute()[band][0])
"""


def try_plainly(catalog: Client, items: Iterable[Item], truth: xr.DataArray) -> xr.DataArray | None:
    """Chạy `odc.stac.load(...).compute()` trong một tiến trình con, với thiết lập mặc định của GDAL, rồi kể lại.

    truth: band ấy của một ngày, đọc lúc không có sự cố, (y, x). Kết quả là pixel đọc được, cùng lưới, hoặc None khi
    chương trình dừng vì lỗi. Tiến trình con: sau một sự cố, GDAL nhớ câu trả lời sai suốt đời tiến trình.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pixels.npy"
        child = _run(catalog, items, truth, path)
        if child.returncode:
            tell(say("trial-failed", error=child.stderr.splitlines()[-1]))
            return None
        pixels = truth.copy(data=np.load(path))
    tell(say("trial-pixels", share=float((pixels > 0).mean())))
    return pixels


def _run(catalog: Client, items: Iterable[Item], truth: xr.DataArray, path: Path) -> subprocess.CompletedProcess[str]:
    grid = truth.odc.geobox
    given = [truth.name, grid.crs, list(grid.transform)[:6], list(grid.shape), path]
    sent = ItemCollection(list_items(items)).to_dict()
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, given)],
        input=json.dumps(sent),
        env=_forget_settings(catalog.session.environment()),  # type: ignore[attr-defined]
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def _forget_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Khóa và địa chỉ thì giữ, thiết lập GDAL của `connect` thì không."""
    kept = {name: value for name, value in environment.items() if not name.startswith("GDAL")}
    return kept | {"PYTHONUTF8": "1"}


def try_carefully(items: Iterable[Item], truth: xr.DataArray) -> None:
    """Đọc lại bằng `load`, vào một thư mục trống để nó không dùng ô đã tải, rồi so từng pixel với `truth`."""
    with _empty_cache():
        try:
            dn = load(items, [str(truth.name)], like=truth, progress=False)
        except Problem as problem:
            tell(say("trial-stopped", reason=problem.reason, problem=problem))
            return
    is_equal = np.array_equal(dn[truth.name].isel(time=0), truth)
    tell(say("trial-equal" if is_equal else "trial-wrong"))


@contextmanager
def _empty_cache() -> Iterator[None]:
    before = os.environ.get("CDSE_CACHE")
    with TemporaryDirectory() as folder:
        os.environ["CDSE_CACHE"] = folder
        try:
            yield
        finally:
            del os.environ["CDSE_CACHE"]
            if before is not None:
                os.environ["CDSE_CACHE"] = before
