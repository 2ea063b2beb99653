"""Các band của một ảnh: tên, bước sóng và cỡ pixel, đọc từ siêu dữ liệu của từng asset."""

import pandas as pd
from pystac import Item

from cdse_access.problems import BadInput
from lessons.messages import say

COLUMNS = {
    "name": "band",
    "eo:common_name": "tên chung",
    "eo:center_wavelength": "bước sóng (µm)",
}


def list_bands(item: Item) -> pd.DataFrame:
    """Bảng các band phản xạ ở độ phân giải gốc của `item`, xếp theo bước sóng giữa (micromet); pixel tính bằng mét.

    Lỗi: BadInput khi siêu dữ liệu của item không ghi bước sóng, như ở ảnh ghép hay mô hình độ cao.
    """
    originals = [
        asset.extra_fields["bands"][0] | {"pixel (m)": asset.extra_fields["gsd"]}
        for asset in item.assets.values()
        if asset.has_role("reflectance") and asset.has_role("sampling:original")
    ]
    if not originals:
        raise BadInput(say("bands-unknown", item=item.id))
    table = pd.DataFrame(originals).rename(columns=COLUMNS)
    table = table.sort_values("bước sóng (µm)").set_index("band")
    return table[["tên chung", "bước sóng (µm)", "pixel (m)"]]
