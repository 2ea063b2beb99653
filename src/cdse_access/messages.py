"""All that the client says to learners, in Vietnamese: by reason, then by slot, slots in alphabetical order."""

from cdse_access.problems import Messages, Reason

VIETNAMESE: dict[Reason | None, dict[str, str]] = {
    None: {
        "dates-overcast": "Không pixel nào quang mây theo {band} vào {number} ngày: {dates}.",
        "form-bbox": "cần bốn số (tây, nam, đông, bắc) tính bằng độ",
        "form-collections": 'cần tên, ví dụ ["sentinel-2-l2a"]',
        "form-datetime": 'hãy viết "2023-06-15", "2023-06", "2023", hoặc khoảng "2023-05-01/2023-09-30"',
        "form-intersects": "cần một hình GeoJSON, Polygon hay Point",
        "items-dropped": "Bỏ {number} item trùng hoặc cũ hơn của cùng lần chụp: {items}.",
        "why-begins": "nó bắt đầu bằng {begin!r}",
        "why-broken-off": "mất kết nối giữa chừng",
        "why-cut-short": "nhận thiếu dữ liệu",
        "why-empty": "câu trả lời rỗng",
        "why-no-catalog": "JSON này không mô tả một catalog",
        "why-no-day": "không có ngày ấy",
        "why-no-list": "không có danh sách kết quả",
        "why-no-object": "JSON này không mô tả gì",
        "why-proxy": "không đi qua được proxy, hãy xem HTTPS_PROXY và NO_PROXY",
        "why-redirected": "bị chuyển sang {href}",
        "why-slow": "quá lâu không trả lời",
        "why-unclear": "không hiểu được",
        "why-unknown-host": "không tìm thấy tên máy",
        "why-unreachable": "không kết nối được",
    },
    Reason.INPUT: {
        "area-missing": "load cần biết vùng: hãy đưa bbox, cùng với crs và resolution.",
        "area-outside": "{area} nằm ngoài {item}, vốn phủ {covered}: hãy xem lại bbox.",
        "area-small": "{area} nhỏ hơn một pixel: hãy nới vùng, hoặc xem lại resolution và crs.",
        "argument-misspelt": "load không nhận tham số {name!r}: có phải {alike} không?",
        "argument-unknown": "load không nhận tham số {name!r}: hãy bỏ nó ra.",
        "band-address": (
            "{item}: band {band!r} trỏ tới {href!r}, không phải ảnh .jp2 dưới s3://eodata/: hãy chọn band khác, hoặc "
            "tìm lại item trong catalog của CDSE."
        ),
        "band-classes": (
            '{band} là bảng phân lớp, nội suy {resampling!r} sinh ra lớp không có thật: hãy đặt resampling={{"*": '
            '{resampling!r}, "{band}": "nearest"}}.'
        ),
        "band-grid": "{item} thiếu {lacking} của {band}: hãy tìm lại item trong catalog, không dùng fields=.",
        "band-missing": "{item} không có band {band!r}: hãy chọn trong {offered}.",
        "bands-list": 'bands là {bands!r}: hãy ghi một danh sách, ví dụ ["B04_10m", "B08_10m"].',
        "bbox-numbers": "bbox là {bbox!r}: cần bốn số (tây, nam, đông, bắc) tính bằng độ.",
        "bbox-order": (
            "bbox {bbox} sai thứ tự: cần (tây, nam, đông, bắc), tây < đông và nam < bắc. Vùng vắt qua kinh tuyến 180 "
            "phải tách làm hai."
        ),
        "bbox-range": "bbox {bbox} ra ngoài miền: kinh độ từ -180 đến 180, vĩ độ từ -90 đến 90. Có đảo chỗ không?",
        "bbox-wide": "bbox {bbox} rộng hơn 10°: hãy kiểm tra thứ tự (tây, nam, đông, bắc) hoặc chia nhỏ vùng.",
        "catalog-address": "Địa chỉ catalog là {href!r}: cần địa chỉ đầy đủ, bắt đầu bằng https://.",
        "catalog-many-pages": "Tìm được hơn {pages} trang: hãy thu hẹp thời gian hay vùng, hoặc đặt max_items.",
        "catalog-refused": "Catalog không nhận câu hỏi (HTTP {status}): {why}",
        "collection-unknown": "Catalog không có collection {name!r}: có phải {offered} không?",
        "datetime-instant": (
            "datetime {value!r} là đúng một thời điểm, gần như không ảnh nào chụp lúc ấy: {form}; nếu đúng ý thì "
            "thêm múi giờ, Z cho UTC."
        ),
        "datetime-order": "datetime {value!r} kết thúc trước khi bắt đầu: hãy đổi chỗ hai ngày.",
        "gdal-threads": "GDAL_NUM_THREADS phải là 1, nếu không lỗi đọc biến thành số 0: hãy gọi lại connect().",
        "grid-invalid": "Vùng và lưới không hợp lệ ({error}): hãy đưa bbox, crs và resolution.",
        "grid-unknown": "Không suy ra được lưới: hãy ghi cả crs và resolution, ví dụ resolution=10.",
        "intersects-range": "intersects phủ {bounds}, ra ngoài miền: kinh độ đứng trước vĩ độ, tính bằng độ.",
        "item-geometry": "{item} không ghi nó phủ nơi nào (geometry): hãy bỏ nó, hoặc tìm lại không dùng fields=.",
        "item-projection": "{item} không khai phần mở rộng projection: hãy tìm lại item trong catalog.",
        "item-unreadable": "odc-stac không đọc được {item} ({error}): hãy tìm lại item trong catalog.",
        "items-collections": "Item thuộc nhiều collection ({collections}): hãy tải riêng.",
        "max-items": "max_items là {value}: cần số từ 1 trở lên, hoặc bỏ nó ra.",
        "memory": "Tải chừng này cần {size:.0f} GB bộ nhớ: hãy thu nhỏ vùng, bớt ngày, hoặc bớt band.",
        "question-refused": "Câu hỏi tìm kiếm không hợp lệ: {error}",
        "question-value": "{name} là {value!r}, {why}: {form}.",
        "span-order": "{name} là {span}: số nhỏ phải đứng trước.",
        "zones-differ": 'Item nằm ở nhiều múi UTM, {zones}: hãy chọn một, ví dụ crs="{first}".',
    },
    Reason.KEYS: {},
    Reason.KEY_UNKNOWN: {},
    Reason.SECRET_WRONG: {},
    Reason.CLOCK: {},
    Reason.FORBIDDEN: {
        "catalog-forbidden": (
            'Catalog {href} không cho hỏi (HTTP {status}). Hãy kiểm tra mạng và địa chỉ, hoặc gọi connect("offline").'
        ),
    },
    Reason.MISSING: {},
    Reason.BUSY: {
        "catalog-busy": (
            "Catalog {href} đang quá tải hoặc bảo trì (HTTP {status}): hãy chờ rồi chạy lại, hoặc gọi "
            'connect("offline").'
        ),
        "catalog-busy-wait": (
            "Catalog {href} đang quá tải hoặc bảo trì (HTTP {status}, dịch vụ bảo chờ {wait:.0f} giây): hãy chờ rồi "
            'chạy lại, hoặc gọi connect("offline").'
        ),
    },
    Reason.NETWORK: {
        "catalog-lost": (
            'Không hỏi được catalog {href} ({why}). Hãy kiểm tra mạng và địa chỉ, hoặc gọi connect("offline").'
        ),
    },
    Reason.CERTIFICATE: {
        "catalog-certificate": (
            "Chứng chỉ của {href} không hợp lệ: có máy khác đứng giữa, hoặc đồng hồ máy sai. Hãy kiểm tra mạng và "
            'địa chỉ, hoặc gọi connect("offline").'
        ),
    },
    Reason.NOT_SERVICE: {
        "catalog-leads-away": (
            "Catalog ở {host} chỉ sang máy khác, {href}: không đi theo. Hãy kiểm tra mạng và địa chỉ, hoặc gọi "
            'connect("offline").'
        ),
        "catalog-not-encrypted": (
            "{href} trả lời mà không mã hóa: dịch vụ của lớp bắt đầu bằng http://, hoặc mạng đòi đăng nhập. Hãy kiểm "
            'tra mạng và địa chỉ, hoặc gọi connect("offline").'
        ),
        "catalog-not-stac": (
            "{href} có trả lời nhưng không phải catalog STAC ({why}): có lẽ là trang đăng nhập của mạng hay proxy. "
            'Hãy mở địa chỉ ấy bằng trình duyệt, hoặc gọi connect("offline").'
        ),
    },
    Reason.CHANGED: {},
    Reason.BROKEN: {
        "bands-differ": (
            "Ngày {date}, {one} và {other} không cùng thiếu dữ liệu ({share:.1%} vùng): không dùng được. Hãy tải "
            "lại; vẫn lỗi thì bỏ ngày này."
        ),
        "catalog-repeats": "Catalog {href} trả lại mãi những trang cũ: hãy thử lại sau.",
        "dn-large": (
            "{band} ngày {date} có DN {dn:.0f}, Sentinel-2 chỉ ghi đến {largest}: không dùng được. Hãy tải lại; vẫn "
            "lỗi thì bỏ ngày này."
        ),
        "image-broken": "Không giải nén được ảnh ({error}): không dùng được. Hãy tải lại; vẫn lỗi thì bỏ ngày này.",
        "pixels-few": (
            "{band} ngày {date} chỉ có dữ liệu ở {found:.0%} vùng, item hứa {promised:.0%}: không dùng được. Hãy tải "
            "lại; vẫn lỗi thì bỏ ngày này."
        ),
    },
    Reason.EMPTY: {
        "no-items": "Không có item nào: hãy nới thời gian hay ngưỡng mây, xem lại bbox (kinh độ trước) và collection.",
        "pixels-none": (
            "{band} ngày {date} chỉ có dữ liệu ở {found:.0%} vùng, item hứa {promised:.0%}: không dùng được. Hãy tải "
            "lại; vẫn lỗi thì bỏ ngày này."
        ),
    },
    Reason.DISK: {
        "cannot-write": "Không ghi được {path} ({why}): hãy dọn đĩa rồi chạy lại.",
    },
}

say = Messages(VIETNAMESE)
