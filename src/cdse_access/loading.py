"""Reading an area fast: only the tiles of images under it are fetched, and each is decoded once."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import odc.stac
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.loader import RioDriver, RioReader
from odc.loader.types import RasterSource
from pystac import Item
from rasterio.errors import RasterioError

from cdse_access.assets import LISTS, is_cog, read_numbers, select_assets
from cdse_access.checks.arguments import check_fetch, check_load, select_area
from cdse_access.checks.items import read_bands
from cdse_access.checks.layers import guard
from cdse_access.checks.pixels import check_pixels, find_members
from cdse_access.checks.season import OF_A_FILE, Fault, join_faults, tell_dropped
from cdse_access.checks.values import read_values
from cdse_access.current import choose_session
from cdse_access.deadline import forgetting
from cdse_access.georeference import mark_simulated, write_georeference
from cdse_access.jp2.cache import discard_image
from cdse_access.jp2.decoding import Image
from cdse_access.jp2.reader import Kept, Reader, Seal, find_damage
from cdse_access.jp2.wanted import Wanted, find_wanted
from cdse_access.messages import say
from cdse_access.problems import BadData
from cdse_access.progress import follow
from cdse_access.session import Session
from cdse_access.settings import CONNECTIONS

DAY = timedelta(hours=12)  # overpasses of one solar day are less apart
Attempt = Kept | BadData


@forgetting
def fetch(
    items: Iterable[Item], bands: Sequence[str], *, progress: bool = True, session: Session | None = None, **area: Any
) -> Callable[[str], str]:
    """Tải các ô ảnh mà `odc.stac.load(items, bands, ...)` sẽ đọc, và trả về `patch_url` để đưa cho nó.

    area: bbox, crs, resolution và mọi tham số khác của `load`. Hãy đưa cùng một `area` cho cả hai: ngoài các ô đã tải,
    ảnh là nodata (band không ghi nodata thì báo lỗi). Nhiều nhất 4 kết nối; ô đã tải được cất lại, không tải lần hai.
    Ảnh không phải .jp2 hay .tif trên S3 được đọc thẳng như thường.
    session: phiên nối của `connect()` (`catalog.session`); không đưa thì dùng phiên gần nhất.
    Lỗi: BadInput khi thiếu vùng; Unavailable, Rejected khi dịch vụ không trả lời hay từ chối; BadData khi tệp hỏng.
    """
    items, bands, area = check_fetch(items, bands, **area)
    brought = _bring(items, bands, choose_session(session), progress, **area)
    if brought.faults:
        raise join_faults(brought.faults)
    return brought.patch_url


@forgetting
def load(
    items: Iterable[Item],
    bands: Sequence[str],
    *,
    on_bad: str = "raise",
    progress: bool = True,
    session: Session | None = None,
    **area: Any,
) -> xr.Dataset:
    """Như `odc.stac.load(items, bands, ...)`, nhưng nhanh, và mọi thứ được kiểm tra trước và sau khi tải.

    area: bbox, crs, resolution, chunks, resampling ... của `odc.stac.load`; `groupby` mặc định là "solar_day".
    geopolygon chỉ cho khung chữ nhật quanh hình: pixel ngoài hình vẫn còn, và một dòng nói phải làm gì để bỏ chúng.
    Trả về Dataset (time, y, x) gồm DN (số nguyên, không thứ nguyên; 0 là không có dữ liệu), x và y tính bằng mét
    nếu CRS là UTM. Mọi pixel đã nằm trong bộ nhớ; có `chunks` thì Dataset lười (các ô vẫn tải ngay), và không
    được kiểm tra sau khi tải. Vài bản xử lý của cùng một lần chụp: chỉ tải bản mới nhất, in tên bản bị bỏ.
    Đọc được cả các bộ COG (sentinel-2-global-mosaics, sentinel-1-global-mosaics, Copernicus DEM): kiểu số và nodata là
    của tệp, và nằm trong attrs; DN của chúng không có offset, và 0 là một giá trị.
    on_bad: "raise" báo lỗi, kể mọi ngày hỏng một lần; "drop" bỏ những ngày ấy, in tên chúng, và tải các ngày còn lại
    (với `chunks`: chỉ những ngày mà tệp hỏng). Ô của ngày tốt luôn được cất lại.
    Vùng không có đủ dữ liệu thì một dòng nói bao nhiêu phần có, và ở bbox nào; ngày có ít hơn các ngày khác thì in ra
    (với `chunks`, khi chưa đọc pixel nào: chỉ phần mà các item hứa).
    Lỗi: BadInput (ValueError) nêu điều cần sửa; Unavailable, Rejected, BadData (OSError) khi dịch vụ hay tệp hỏng.
    """
    session = choose_session(session)
    area = {"groupby": "solar_day"} | {name: value for name, value in area.items() if value is not None}
    items = check_load(items, bands, on_bad=on_bad, **area)
    bands, (area, _) = read_bands(bands), read_values(area)
    read_area = select_area(area) | {name: area[name] for name in ("use_overviews",) if name in area}
    brought = _bring(items, bands, session, progress, **read_area)
    faults = list(brought.faults)
    whole = _leave_out(items, brought.broken, area["groupby"])
    if not whole or (faults and on_bad == "raise" and "chunks" in area):
        raise join_faults(faults, others=bool(whole))
    dn = _read(whole, bands, brought, progress, **area)
    if not dn.chunks:
        found = check_pixels(dn, whole, brought.images)
        _discard_files(found, dn, whole, brought)
        dn = _select_good(dn, found)
        faults += found
    if faults and (on_bad == "raise" or not dn.sizes["time"]):
        raise join_faults(faults, others=dn.sizes["time"] > 0)
    if faults:
        tell_dropped(faults)
    dn = write_georeference(dn)
    if any(item.properties.get("cdse_offline:simulated") for item in whole):
        mark_simulated(dn)
    return dn


# -- bringing ----------------------------------------------------------------


class Brought(NamedTuple):
    """What became of each file that was wanted, by address."""

    kept: dict[str, Kept]
    broken: list[str]
    faults: list[Fault]

    @property
    def images(self) -> dict[str, Image]:
        return {href: kept.image for href, kept in self.kept.items()}

    def patch_url(self, href: str) -> str:
        """Where to read what stands at this address."""
        return str(self.kept[href].path) if href in self.kept else href


def _bring(items: Iterable[Item], bands: Sequence[str], session: Session, progress: bool, **area: Any) -> Brought:
    """Fetch what is missing. A broken file costs no other: all are tried, those that are whole are kept."""
    wanted = find_wanted(items, bands, **area)
    reader = Reader(session.store)
    read = reader.read_all(wanted, partial(_try_file, reader))
    shown = follow(read, len(wanted), say("progress-images"), shown=progress)
    brought = Brought({}, [], [])
    for one, found in shown:
        if isinstance(found, Kept):
            brought.kept[one.href] = found
        else:
            brought.broken.append(one.href)
            dates = sorted({str(item.datetime)[:10] for item in items if _reads(item, bands, one.href)})
            brought.faults.extend(Fault(date, str(found), found.reason, [one.band]) for date in dates)
    return brought


def _reads(item: Item, bands: Sequence[str], href: str) -> bool:
    """One file may stand in several items."""
    return any(item.assets[band].href == href for band in bands)


def _try_file(reader: Reader, wanted: Wanted) -> Attempt:
    """A file, or what is wrong with it; what is wrong with the service ends the load."""
    try:
        return reader.keep_tiles(wanted)
    except BadData as problem:
        if problem.reason not in OF_A_FILE:
            raise
        return problem.with_traceback(None)  # its frames hold all that was read


def _leave_out(items: Sequence[Item], broken: Sequence[str], groupby: Any) -> list[Item]:
    """The items without those whose files are broken, and without others of the same layers."""
    odd = [item for item in items if any(asset.href in broken for asset in item.assets.values())]
    return [item for item in items if not any(_share_layer(item, other, groupby) for other in odd)]


def _share_layer(item: Item, other: Item, groupby: Any) -> bool:
    if item is other:
        return True
    apart = abs(_find_time(item) - _find_time(other))
    return apart < DAY if groupby == "solar_day" else groupby != "id" and not apart


def _find_time(item: Item) -> datetime:
    return item.get_datetime() or item.common_metadata.start_datetime or datetime.min


# -- reading -----------------------------------------------------------------


def _read(items: Sequence[Item], bands: Sequence[str], brought: Brought, progress: bool, **area: Any) -> xr.Dataset:
    selected = [_complete_numbers(select_assets(item, bands), bands, brought.images) for item in items]
    seals = {str(kept.path): kept.seal for kept in brought.kept.values()}
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        settings: dict[str, Any] = {"pool": pool, "driver": KeptDriver(seals)} | area
        settings["groupby"] = guard(area["groupby"])
        settings["progress"] = partial(_follow_layers, shown=progress)
        return odc.stac.load(selected, bands, patch_url=brought.patch_url, **settings)


def _follow_layers(layers: Collection[Any], shown: bool) -> Iterator[Any]:
    """Each is a band of a day; odc-stac reads while it is asked for the next."""
    return follow(layers, len(layers), say("progress-layers"), shown=shown)


def _complete_numbers(item: Item, bands: Sequence[str], images: Mapping[str, Image]) -> Item:
    """The item, or a copy that says of GeoTIFFs what they say themselves, where it leaves that out."""
    for band in bands:
        asset = item.assets[band]
        image = images.get(asset.href)
        if image is None or not is_cog(asset.href):
            continue
        numbers: dict[str, Any] = {"data_type": image.layout.dtype}
        if image.nodata is not None:
            numbers["nodata"] = image.nodata
        fields = {name: value for name, value in asset.extra_fields.items() if name not in LISTS}
        changed = copy(asset)
        changed.extra_fields = fields | read_numbers(item, band) | numbers
        item = copy(item)
        item.assets = item.assets | {band: changed}
    return item


def _discard_files(faults: Iterable[Fault], dn: xr.Dataset, items: Sequence[Item], brought: Brought) -> None:
    """What reads broken is fetched again by the next load; what is whole stays."""
    for fault in faults:
        for item, band in product(find_members(dn, items, fault.layer), fault.bands):
            if kept := brought.kept.get(item.assets[band].href):
                discard_image(kept.path)


def _select_good(dn: xr.Dataset, faults: Iterable[Fault]) -> xr.Dataset:
    bad = {fault.layer for fault in faults}
    return dn.isel(time=[number for number in range(dn.sizes["time"]) if number not in bad]) if bad else dn


# -- lazy arrays -------------------------------------------------------------


class KeptDriver(RioDriver):
    """odc-stac's own driver, but that kept files are looked at before they are read: they may lie elsewhere by then.

    It goes to the workers of dask with what it takes to check them; keys do not.
    """

    def __init__(self, seals: Mapping[str, Seal]) -> None:
        super().__init__()
        self.seals = seals

    def open(self, src: RasterSource, ctx: Any) -> "KeptReader":
        return KeptReader(src, ctx, self.seals.get(src.uri))


class KeptReader(RioReader):
    """odc-stac's own reader, with errors that say what to do."""

    def __init__(self, src: RasterSource, ctx: Any, seal: Seal | None) -> None:
        super().__init__(src, ctx)
        self.path, self.seal = Path(src.uri), seal

    def read(self, cfg: Any, dst_geobox: GeoBox, **more: Any) -> Any:
        if self.seal and (damaged := find_damage(self.path, self.seal)):
            raise BadData(say("cache-removed", path=self.path, error=damaged.name))
        try:
            return super().read(cfg, dst_geobox, **more)
        except RasterioError as error:
            if not self.seal:
                raise BadData(say("image-broken", error=error)) from error
            discard_image(self.path)
            raise BadData(say("cache-removed", path=self.path, error=error)) from error
