"""Bản đồ: giãn màu chung, trục có tọa độ và đơn vị, hình có mô tả bằng lời."""

import io
from collections.abc import Iterable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pystac import Item

from cdse_access.problems import BadInput
from lessons.messages import say

# Vàng nhạt đến lục đậm phân biệt được cả khi mù màu đỏ–lục; nước (NDVI < 0) xanh lam, không dữ liệu xám.
NDVI_COLORS = plt.colormaps["YlGn"].with_extremes(under="#4f81bd", bad="#d0d0d0")


def simulated(items: Iterable[Item]) -> str:
    """Chuỗi " (ảnh mô phỏng)" để ghép vào tiêu đề nếu có item mô phỏng, chuỗi rỗng nếu mọi item là ảnh thật."""
    is_simulated = any(item.properties.get("cdse_offline:simulated") for item in items)
    return say("simulated") if is_simulated else ""


def stretch(rgb: xr.DataArray, low: float = 1, high: float = 99.5) -> dict[str, float]:
    """Ngưỡng đen `vmin` và trắng `vmax` chung cho mọi band, mọi ngày: hai bách phân vị của toàn mảng, bỏ qua NaN.

    rgb: phản xạ, kích thước bất kỳ. Lỗi: BadInput (ValueError) khi không còn pixel nào, hoặc mọi pixel bằng nhau.
    """
    if not rgb.notnull().any():
        raise BadInput(say("stretch"))
    black, white = np.nanpercentile(rgb, [low, high])
    if black >= white:
        raise BadInput(say("stretch"))
    return {"vmin": float(black), "vmax": float(white)}


def draw_map(ax: Axes, array: xr.DataArray, title: str, **style: Any) -> None:
    """Vẽ một bản đồ lên `ax`: trục tính bằng km trong CRS của mảng, tỉ lệ hai trục bằng nhau.

    array: (y, x), có thang màu lấy tên và đơn vị từ attrs; hoặc có thêm chiều "band" (3) để vẽ RGB.
    style: cmap, vmin, vmax ... chuyển cho xarray. Tọa độ x, y tính bằng mét.
    """
    kilometres = {"x": array.x / 1000, "y": array.y / 1000}
    array = array.assign_coords(kilometres)
    rgb = "band" if "band" in array.dims else None
    array.plot.imshow(ax=ax, rgb=rgb, **style)
    ax.set(title=title, aspect="equal", xlabel="x (km)", ylabel="y (km)")
    if "spatial_ref" in array.coords:
        ax.set_xlabel(f"x (km, EPSG:{int(array.spatial_ref)})")


def show(figure: Figure, alt: str) -> None:
    """Hiện hình kèm mô tả bằng lời `alt` (cho người nghe đọc màn hình và khi hình không tải được), rồi đóng hình."""
    has_images = any(ax.images for ax in figure.axes)
    kind = "jpeg" if has_images else "png"  # ảnh gọn hơn với JPEG, biểu đồ nét hơn với PNG
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=110, bbox_inches="tight", pil_kwargs={"quality": 82})
    plt.close(figure)
    picture = {f"image/{kind}": buffer.getvalue(), "text/plain": alt}
    display(picture, raw=True)  # type: ignore[no-untyped-call]
