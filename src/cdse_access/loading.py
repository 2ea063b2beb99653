"""Reading an area fast: only the JPEG 2000 tiles under it are fetched, and each is decoded once."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import odc.stac
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.loader import RioDriver, RioReader
from odc.loader.types import RasterSource
from pystac import Item
from rasterio.errors import RasterioError

from cdse_access.assets import select_assets
from cdse_access.checks.arguments import check_fetch, check_load
from cdse_access.checks.items import read_bands
from cdse_access.checks.pixels import check_pixels, discard_broken_files
from cdse_access.checks.values import read_values
from cdse_access.deadline import forgetting
from cdse_access.georeference import write_georeference
from cdse_access.jp2.reader import Reader
from cdse_access.jp2.wanted import find_wanted
from cdse_access.messages import say
from cdse_access.problems import BadData
from cdse_access.progress import follow
from cdse_access.session import Session, current
from cdse_access.settings import CONNECTIONS


@forgetting
def fetch(
    items: Iterable[Item], bands: Sequence[str], *, progress: bool = True, session: Session | None = None, **area: Any
) -> Callable[[str], str]:
    """Tải các ô JPEG 2000 mà `odc.stac.load(items, bands, ...)` sẽ đọc, và trả về `patch_url` để đưa cho nó.

    area: bbox, crs, resolution, geobox, like ... Hãy đưa cùng một `area` cho cả hai: ngoài các ô đã tải, ảnh là 0,
    tức là không có dữ liệu. Nhiều nhất 4 kết nối; ô đã tải được giải nén và cất lại, lần sau không hỏi ai nữa.
    Ảnh không phải .jp2 trên S3 được đọc thẳng như thường.
    session: phiên nối của `connect()` (`catalog.session`); không đưa thì dùng phiên gần nhất.
    Lỗi: BadInput khi thiếu vùng; Unavailable, Rejected khi dịch vụ không trả lời hay từ chối; BadData khi tệp hỏng.
    """
    items, bands, area = check_fetch(items, bands, **area)
    wanted = find_wanted(items, bands, **area)
    reader = Reader((session or current()).store)
    read = reader.read_all(wanted, reader.keep_tiles)
    shown = follow(read, len(wanted), say("progress-images"), shown=progress)
    paths = {one.href: str(path) for one, path in shown}
    return lambda href: paths.get(href, href)


@forgetting
def load(
    items: Iterable[Item], bands: Sequence[str], *, progress: bool = True, session: Session | None = None, **area: Any
) -> xr.Dataset:
    """Như `odc.stac.load(items, bands, ...)`, nhưng nhanh, và mọi thứ được kiểm tra trước và sau khi tải.

    area: bbox, crs, resolution, chunks, resampling ... của `odc.stac.load`; `groupby` mặc định là "solar_day".
    Trả về Dataset (time, y, x) gồm DN (số nguyên, không thứ nguyên; 0 là không có dữ liệu), x và y tính bằng mét
    nếu CRS là UTM. Mọi pixel đã nằm trong bộ nhớ; có `chunks` thì Dataset lười (các ô vẫn tải ngay), và không
    được kiểm tra sau khi tải. Vài bản xử lý của cùng một lần chụp: chỉ tải bản mới nhất, in tên bản bị bỏ.
    Lỗi: BadInput (ValueError) nêu điều cần sửa; Unavailable, Rejected, BadData (OSError) khi dịch vụ hay tệp hỏng.
    """
    session = session or current()
    area = {"groupby": "solar_day"} | {name: value for name, value in area.items() if value is not None}
    items = check_load(items, bands, **area)
    bands, (area, _) = read_bands(bands), read_values(area)
    patch_url = fetch(items, bands, progress=progress, session=session, **area)
    with discard_broken_files(patch_url, items, bands), ThreadPoolExecutor(CONNECTIONS) as pool:
        selected = [select_assets(item, bands) for item in items]
        settings: dict[str, Any] = {"pool": pool, "driver": KeptDriver()} | area
        dn = odc.stac.load(selected, bands, patch_url=patch_url, **settings)
        if not dn.chunks:
            check_pixels(dn, items)
    return write_georeference(dn)


# -- lazy arrays -------------------------------------------------------------


class KeptDriver(RioDriver):
    """odc-stac's own driver, but that a kept file which has gone since it was fetched is told with a cure."""

    def open(self, src: RasterSource, ctx: Any) -> "KeptReader":
        return KeptReader(src, ctx)


class KeptReader(RioReader):
    """odc-stac's own reader, with errors that say what to do."""

    def read(self, cfg: Any, dst_geobox: GeoBox, **more: Any) -> Any:
        try:
            return super().read(cfg, dst_geobox, **more)
        except RasterioError as error:
            raise BadData(say("cache-removed", path=self._src.uri, error=error)) from error
