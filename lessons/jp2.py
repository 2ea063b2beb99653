"""Đọc nhanh: chỉ tải những ô JPEG 2000 nằm dưới vùng quan tâm, ghép thành tệp nhỏ mà mọi thư viện đọc được.

Tệp nhỏ là tệp JP2 bình thường trên lưới đầy đủ: phần đầu và các ô cần đọc là của ESA, ô khác toàn số 0.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock

import odc.stac
import rasterio
import rasterio.shutil
from botocore.httpsession import URLLib3Session
from IPython.display import ProgressBar
from odc.geo.geobox import GeoBox
from pystac import Item
from rasterio.io import MemoryFile

from jp2_parts.remote import Remote, cache_root, folder, keep, open_session
from jp2_parts.tiles import COD, EOC, QCD, SIZ, Header, read_header, read_tiles, walk
from lessons.cdse import CONNECTIONS

Frame = tuple[float, float, float, float]  # trái, trên, phải, dưới, tính bằng pixel


@cache
def empty_tiles(width: int, height: int, tile: tuple[int, int], dtypes: tuple[int, ...], levels: int) -> list[bytes]:
    """Các ô toàn số 0 (không dữ liệu), nén một lần từ ảnh không chứa gì; mỗi ô mang theo tham số nén của chính nó.

    COD và QCD đặt trong ô thắng tham số chung của tệp, nên dùng được với mọi tệp cùng lưới và kiểu số.
    """
    kind = "Byte" if dtypes[0] <= 8 else "UInt16"
    bands = "".join(f'<VRTRasterBand dataType="{kind}" band="{band + 1}"/>' for band in range(len(dtypes)))
    north = "<GeoTransform>0, 1, 0, 0, 0, -1</GeoTransform>"  # thiếu nó thì rasterio cảnh báo
    blank = f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">{north}{bands}</VRTDataset>'
    options = {"blockxsize": tile[0], "blockysize": tile[1], "resolutions": levels + 1, "nbits": dtypes[0]}
    with MemoryFile(ext=".jp2") as memory, rasterio.open(blank) as source:
        rasterio.shutil.copy(source, memory.name, driver="JP2OpenJPEG", quality=100, reversible="YES", **options)
        file = Remote("ô trống", memory.read())
    head = read_header(file)
    extra = head.segments[COD] + head.segments[QCD]
    tiles = []
    for _, [(at, length)] in sorted(walk(file, head).items()):
        data = file.read(at, at + length)
        tiles.append(data[:6] + struct.pack(">I", length + len(extra)) + data[10:12] + extra + data[12:])
    return tiles


_encoding = Lock()


def join(head: Header, tiles: dict[int, bytes]) -> bytes:
    """Tệp nhỏ: phần đầu nguyên gốc, các ô có thật, và ô trống ở mọi chỗ khác."""
    components = struct.unpack_from(">H", head.segments[SIZ], 38)[0]
    depths = tuple(head.segments[SIZ][40 + 3 * band] + 1 for band in range(components))
    if len(set(depths)) != 1 or depths[0] > 16:
        raise ValueError(f"Ảnh có số bit {depths}: chỉ đọc được ảnh không dấu, tối đa 16 bit, hãy đọc thẳng.")
    with _encoding:
        empty = empty_tiles(head.width, head.height, head.tile, depths, head.segments[COD][9])
    return head.data + b"".join(tiles.get(number, blank) for number, blank in enumerate(empty)) + EOC


def split(path: Path) -> tuple[Header, dict[int, bytes]] | None:
    """Phần đầu và các ô có thật của tệp đã cất; `None` (và xóa tệp) nếu nó hỏng."""
    try:
        file = Remote(str(path), path.read_bytes())
        head = read_header(file)
        tiles = {
            number: b"".join(file.read(at, at + length) for at, length in places)
            for number, places in walk(file, head).items()
        }
    except (ValueError, FileNotFoundError):
        path.unlink(missing_ok=True)
        return None
    return head, {number: tile for number, tile in tiles.items() if tile[12:14] != COD}  # ô trống mở đầu bằng COD


def bring(root: Path, href: str, shape: tuple[int, int], frame: Frame, session: URLLib3Session) -> Path:
    """Tệp nhỏ của một ảnh có đủ các ô dưới khung `frame` (pixel): lấy cái đã cất, hoặc thêm ô còn thiếu."""
    place, kept = folder(root, href), []
    for path in sorted(place.glob("*.jp2"), key=lambda path: path.stat().st_mtime, reverse=True):
        if found := split(path):
            if found[0].under(*frame) <= found[1].keys():
                return path
            kept.append((path.name.split("-")[0], found[1]))
    file = Remote(href, session=session)
    head = read_header(file)
    if (head.height, head.width) != shape:
        raise ValueError(f"{href} rộng {head.width} × {head.height} pixel, item ghi {shape[::-1]}: hãy bỏ ngày này.")
    version = sha256(file.etag.encode()).hexdigest()[:12]
    tiles = {number: tile for name, old in kept if name == version for number, tile in old.items()}
    tiles |= read_tiles(file, head, head.under(*frame) - tiles.keys())
    path = place / f"{version}-{sha256(str(sorted(tiles)).encode()).hexdigest()[:12]}.jp2"
    keep(path, join(head, tiles))
    return path


def under(area: GeoBox, image: GeoBox) -> Frame | None:
    """Khung (trái, trên, phải, dưới) của vùng trong ảnh, tính bằng pixel, rộng thêm 4 pixel; `None` nếu ở ngoài ảnh."""
    left, top, right, bottom = image.project(area.footprint(image.crs, buffer=4)).boundingbox.buffered(4)
    return (left, top, right, bottom) if left < image.width and top < image.height and min(right, bottom) > 0 else None


def fetch(items: Iterable[Item], bands: Sequence[str], *, progress: bool = True, **area) -> Callable[[str], str]:
    """Tải các ô JPEG 2000 mà `odc.stac.load(items, bands, ...)` sẽ đọc, và trả về `patch_url` để đưa cho nó.

    area: bbox, crs, resolution, geobox, like ... đúng như đưa cho `odc.stac.load`. Ngoài các ô đã tải, ảnh là 0.
    Nhiều nhất 4 kết nối; ô đã tải được cất lại. Ảnh không phải .jp2 trên S3 được đọc thẳng như thường.
    Lỗi: ValueError khi thiếu vùng hay tệp hỏng; OSError khi không đọc hay không ghi được.
    """
    parsed = [odc.stac.parse_item(item) for item in items]
    geobox = odc.stac.output_geobox(parsed, bands, **area) if area else None
    if geobox is None:
        raise ValueError("fetch cần vùng quan tâm: hãy đưa bbox (và resolution, crs) đúng như đưa cho odc.stac.load.")
    jobs = {}
    for item in parsed:
        for source in item.resolve_bands(bands).values():
            suitable = source.geobox and source.uri.startswith("s3://") and source.uri.endswith(".jp2")
            if suitable and (frame := under(geobox, source.geobox)):
                jobs[source.uri] = tuple(source.geobox.shape), frame
    bar, paths, root, session = ProgressBar(len(jobs)), {}, cache_root(), open_session(CONNECTIONS)
    if progress:
        bar.display()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        running = {pool.submit(bring, root, href, *job, session): href for href, job in jobs.items()}
        try:
            for done in as_completed(running):
                paths[running[done]] = str(done.result())
                if progress:
                    bar.progress = len(paths)
        finally:
            pool.shutdown(cancel_futures=True)
    return lambda href: paths.get(href, href)
