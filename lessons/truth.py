"""Đáp án của cảnh mô phỏng: những gì có trên mặt đất và trên trời trước khi ảnh được vẽ ra."""

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr
from pystac import Item
from pystac_client import Client

from cdse_access.checks.items import list_items
from cdse_access.loading import load
from cdse_access.telling import tell
from lessons.messages import say

TRUTH = "offline-truth"
OUTCOMES = {  # 2 × giữ lại + bầu trời có làm đổi pixel
    0: ("loại nhầm", "#e08214"),
    1: ("loại đúng", "#d0d0d0"),
    2: ("giữ đúng", "#b8e186"),
    3: ("giữ nhầm", "#542788"),
}


def load_truth(
    catalog: Client,
    items: Iterable[Item],
    bands: Sequence[str],
    *,
    like: xr.DataArray,
) -> xr.Dataset:
    """Các band đáp án (B04_10m, CLASS_10m, SKY_10m…) của đúng những ngày có trong `like`, trên lưới của `like`.

    items: item của sentinel-2-l2a; đáp án mang cùng id. Giá trị giữ nguyên như trong tệp (band phản xạ là DN).
    Ngày không có đáp án là NaN; không ngày nào có, như ở ảnh thật, thì hàm còn báo một dòng.
    """
    days = np.atleast_1d(like.time.dt.floor("D"))
    ids = [item.id for item in list_items(items) if np.datetime64(f"{item.datetime:%Y-%m-%d}") in days]
    found = _find(catalog, ids)
    if not found:
        tell(say("truth-none"))
        return xr.Dataset(dict.fromkeys(bands, like * np.nan))
    truth = load(found, bands, like=like)
    truth = truth.assign_coords(time=truth.time.dt.floor("D"))
    truth = truth.reindex(time=days)
    if "time" not in like.dims:
        truth = truth.isel(time=0)
    return truth.assign_coords(time=like.time)


def _find(catalog: Client, ids: list[str]) -> list[Item]:
    has_truth = any(collection.id == TRUTH for collection in catalog.get_collections())
    if not has_truth or not ids:
        return []
    search = catalog.search(collections=[TRUTH], ids=ids)
    return list(search.items())
