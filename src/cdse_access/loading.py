"""Đọc nhanh: chỉ tải những ô JPEG 2000 nằm dưới vùng quan tâm, ghép thành tệp nhỏ mà mọi thư viện đọc được."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

import odc.stac
import xarray as xr
from odc.geo.geobox import GeoBox
from pystac import Item

from cdse_access.checks.arguments import check_load, select_area
from cdse_access.checks.pixels import check_pixels, discard_broken_files
from cdse_access.jp2.cache import cache_root, folder, keep, short, stored
from cdse_access.jp2.mini import check_place, join, split
from cdse_access.jp2.ranges import Pool, Remote, open_pool
from cdse_access.jp2.tile_parts import Known, read_header, read_tiles
from cdse_access.problems import BadData, BadInput, Reason
from cdse_access.session import Session, current
from cdse_access.settings import CONNECTIONS
from cdse_access.store import Store

Frame = tuple[float, float, float, float]  # trái, trên, phải, dưới, tính bằng pixel


class Image(NamedTuple):
    """Một ảnh cần đọc: địa chỉ, lưới và số byte mà item ghi, và khung dưới vùng quan tâm."""

    href: str
    grid: GeoBox
    size: int | None
    frame: Frame


def bring(root: Path, image: Image, store: Store, pool: Pool, others: list[Known]) -> Path:
    """Tệp nhỏ của một ảnh có đủ các ô dưới khung của nó: lấy cái đã cất, hoặc thêm ô còn thiếu.

    others: vị trí các ô trong những ảnh vừa đọc, để đoán cho ảnh này: ngày kế bên có đất và mây gần giống.
    """
    place, known = folder(root, store, image.href), []
    for path, data in stored(place):
        head, tiles = split(data, str(path))
        if head.under(*image.frame) <= tiles.keys():
            return path
        known.append((path.name, tiles))
    file = Remote(image.href, store, pool)
    head = read_header(file)
    for told, found in ((tuple(image.grid.shape), (head.height, head.width)), (image.size, file.size)):
        if told not in (None, found):
            text = f"{file.name}: item ghi cỡ {told}, kho có {found}. Tệp bị cắt cụt hay đã thay: hãy tìm lại item."
            raise BadData(text, Reason.BROKEN)
    version = short(file.etag.encode())
    tiles = {number: tile for name, old in known if name.startswith(version) for number, tile in old.items()}
    tiles |= read_tiles(file, head, head.under(*image.frame) - tiles.keys(), others)
    data = join(head, tiles)
    check_place(data, image.grid, file.name)
    return keep(place, version, data)


def under(area: GeoBox, image: GeoBox) -> Frame | None:
    """Khung (trái, trên, phải, dưới) của vùng trong ảnh, tính bằng pixel, rộng thêm 4 pixel; `None` nếu ở ngoài ảnh."""
    left, top, right, bottom = image.project(area.footprint(image.crs, buffer=4)).boundingbox.buffered(4)
    return (left, top, right, bottom) if left < image.width and top < image.height and min(right, bottom) > 0 else None


def fetch(
    items: Iterable[Item], bands: Sequence[str], *, progress: bool = True, session: Session | None = None, **area
) -> Callable[[str], str]:
    """Tải các ô JPEG 2000 mà `odc.stac.load(items, bands, ...)` sẽ đọc, và trả về `patch_url` để đưa cho nó.

    area: bbox, crs, resolution, geobox, like ... Hãy đưa cùng một `area` cho cả hai: ngoài các ô đã tải, ảnh là 0,
    tức là không có dữ liệu. Nhiều nhất 4 kết nối; ô đã tải được cất lại, lần sau không hỏi ai nữa.
    Ảnh không phải .jp2 trên S3 được đọc thẳng như thường.
    session: phiên nối của `connect()` (`catalog.session`); không đưa thì dùng phiên gần nhất.
    Lỗi: BadInput khi thiếu vùng; Unavailable, Rejected khi dịch vụ không trả lời hay từ chối; BadData khi tệp hỏng.
    """
    items = list(items)
    parsed = [odc.stac.parse_item(item) for item in items]
    geobox = odc.stac.output_geobox(parsed, bands, **area) if area else None
    if geobox is None:
        raise BadInput("fetch cần vùng quan tâm: hãy đưa bbox (và resolution, crs) đúng như đưa cho odc.stac.load.")
    sizes = {asset.href: asset.extra_fields.get("file:size") for item in items for asset in item.assets.values()}
    jobs = {}
    for source in (source for item in parsed for source in item.resolve_bands(bands).values()):
        suitable = source.geobox and source.uri.startswith("s3://") and source.uri.endswith(".jp2")
        if suitable and (frame := under(geobox, source.geobox)):
            jobs[source.uri] = Image(source.uri, source.geobox, sizes.get(source.uri), frame)
    store = (session or current()).store
    paths, others, root, connections = {}, [], cache_root(store), open_pool(store, CONNECTIONS)
    if progress:
        from IPython.display import ProgressBar  # chương trình không vẽ thanh tiến độ thì không cần nạp IPython

        bar = ProgressBar(len(jobs))
        bar.display()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        running = {pool.submit(bring, root, image, store, connections, others): image.href for image in jobs.values()}
        try:
            for done in as_completed(running):
                paths[running[done]] = str(done.result())
                if progress:
                    bar.progress = len(paths)
        finally:
            connections.stop.set()  # một ảnh hỏng thì các ảnh kia thôi chờ và thử lại
            pool.shutdown(cancel_futures=True)
    return lambda href: paths.get(href, href)


def load(
    items: Iterable[Item], bands: Sequence[str], *, progress: bool = True, session: Session | None = None, **area
) -> xr.Dataset:
    """Như `odc.stac.load(items, bands, ...)`, nhưng nhanh, và mọi thứ được kiểm tra trước và sau khi tải.

    area: bbox, crs, resolution, chunks, resampling ... của `odc.stac.load`; `groupby` mặc định là "solar_day".
    Trả về Dataset (time, y, x) gồm DN (số nguyên, không thứ nguyên; 0 là không có dữ liệu), x và y tính bằng mét
    nếu CRS là UTM. Mọi pixel đã nằm trong bộ nhớ; có `chunks` thì Dataset lười (các ô vẫn tải ngay), và không
    được kiểm tra sau khi tải. Vài bản xử lý của cùng một lần chụp: chỉ tải bản mới nhất, in tên bản bị bỏ.
    Lỗi: BadInput (ValueError) nêu điều cần sửa; Unavailable, Rejected, BadData (OSError) khi dịch vụ hay tệp hỏng.
    """
    area = {"groupby": "solar_day"} | area
    items = check_load(items, bands, **area)
    patch_url = fetch(items, bands, progress=progress, session=session, **select_area(area))
    with discard_broken_files(patch_url, items, bands), ThreadPoolExecutor(CONNECTIONS) as pool:
        dn = odc.stac.load(items, bands, patch_url=patch_url, **{"pool": pool} | area)
        if not dn.chunks:
            check_pixels(dn, items)
    return dn
