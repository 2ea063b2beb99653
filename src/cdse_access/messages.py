"""All that the client says to learners, in Vietnamese: by reason, then by slot, slots in alphabetical order."""

from cdse_access.problems import Messages, Reason

VIETNAMESE: dict[Reason | None, dict[str, str]] = {
    None: {
        "ago-hours": "{hours} giờ trước",
        "ago-minutes": "{minutes} phút trước",
        "ago-now": "vừa xong",
        "and": " và ",
        "area-empty": "Không pixel nào của vùng có dữ liệu, ở bất kỳ ngày nào: hãy xem lại bbox.",
        "area-part": "Chỉ {share} vùng có dữ liệu{where}; phần còn lại trống ở mọi ngày.",
        "area-part-box": ", nằm trong bbox {bbox}",
        "area-part-promised": "Theo các item, chỉ chừng {share} vùng có dữ liệu{where}.",
        "assets-dropped": "Bỏ asset mà {source} ghi hỏng: {items}.",
        "cache-cleared": "Đã xóa {files} tệp ảnh đã cất, {megabytes:.0f} MB, trong {path}.",
        "cannot-run": "Không chạy được {program} ({why}): {cure}, rồi gọi lại connect().",
        "cure-or-variable": "{cure}, hoặc đặt {variable} là một thư mục khác",
        "dates-drop": 'Muốn tải những ngày còn lại, hãy gọi load(..., on_bad="drop").',
        "dates-dropped": "Bỏ {number} ngày không dùng được ({dates}):",
        "dates-overcast": "Không pixel nào quang mây theo {band} vào {number} ngày: {dates}.",
        "dates-partial": "Vùng chỉ có dữ liệu ở một phần vào {number} ngày: {dates}.",
        "disk-file-size": "tệp lớn quá giới hạn của hệ thống",
        "disk-file-size-cure": "hãy nới `ulimit -f`",
        "disk-forbidden": "không có quyền",
        "disk-forbidden-cure": "hãy xem lại quyền và chủ của thư mục",
        "disk-full": "đĩa đầy, hay hết hạn mức",
        "disk-full-cure": "hãy dọn đĩa",
        "disk-gone": "không có chỗ ấy, hay vừa bị xóa",
        "disk-gone-cure": "hãy xem lại đường dẫn",
        "disk-in-the-way": "một tệp hay liên kết hỏng đứng ở chỗ của thư mục",
        "disk-in-the-way-cure": "hãy dời nó đi",
        "disk-memory": "hết bộ nhớ",
        "disk-memory-cure": "hãy đóng bớt kernel hay chương trình",
        "disk-name": "tên quá dài, hay có byte không phải UTF-8",
        "disk-name-cure": "hãy đặt tên ngắn, không dấu",
        "disk-no-home": "không biết thư mục nhà của bạn",
        "disk-no-home-cure": "hãy đặt HOME",
        "disk-open-files": "đang mở quá nhiều tệp",
        "disk-open-files-cure": "hãy đóng bớt kernel, hay nới `ulimit -n`",
        "disk-other": "{words}",
        "disk-other-cure": "hãy xem lại ổ đĩa",
        "disk-read-only": "ổ đĩa chỉ cho đọc",
        "disk-read-only-cure": "hãy dùng ổ đĩa khác",
        "env-file-kept": "Đã cất khóa vào {file}, chỉ mình bạn đọc được: các bài sau tự thấy.",
        "env-file-public": "Người khác trên máy này đọc được tệp .env: hãy gõ `chmod 600 .env`.",
        "fault-others": "{fault} Cũng thế: {items}.",
        "feature-fault": "{field} {why}",
        "feature-lacks": "còn thiếu",
        "feature-more": " và {number} chỗ nữa",
        "feature-number": "item thứ {number}",
        "feature-value": "là {value}, cần {wanted}",
        "feature-wanted": "cần {wanted}",
        "features-dropped": "Bỏ item mà {source} ghi hỏng: {items}.",
        "form-bbox": "cần bốn số (tây, nam, đông, bắc) tính bằng độ",
        "form-collections": 'cần tên, ví dụ ["sentinel-2-l2a"]',
        "form-datetime": 'hãy viết "2023-06-15", "2023-06", "2023", hoặc khoảng "2023-05-01/2023-09-30"',
        "form-intersects": "cần một hình GeoJSON, Polygon hay Point",
        "grid-box": ", proj:bbox {box}",
        "grid-fields": "proj:shape {shape}, proj:transform {transform}{box}",
        "grid-mended": "{band} của {number} item ({item} …) ghi sai proj:transform: đã lấy lưới theo proj:bbox.",
        "grid-turned": (
            "{number} item ({item} …) ghi proj:transform theo thứ tự của GDAL (góc ảnh đứng đầu): đã đọc đúng chỗ, "
            "không phải sửa gì."
        ),
        "how-code": "mã {code}",
        "how-late": "sau {seconds} giây vẫn chưa trả lời",
        "how-signal": "bị dừng bằng tín hiệu {number}",
        "items-dropped": "Bỏ {number} item trùng hoặc cũ hơn của cùng lần chụp: {items}.",
        "items-neighbours": (
            "Bỏ {number} item của ô lưới bên cạnh: ở vùng này, CDSE ngoại tuyến chỉ có pixel trong các item còn lại."
        ),
        "items-odd": "Bỏ {number} item hỏng: {faults}",
        "kept-elsewhere": (
            "không cất ảnh được trong {folder} ({why}), nên lần chạy này cất tạm trong {now}. Muốn giữ lại thì đặt "
            "{variable} là một thư mục khác."
        ),
        "key-question": "{name} (gõ không hiện ra): ",
        "layers-joined": "Có lớp gộp nhiều vệ tinh hay nhiều ngày, mỗi pixel lấy từ item đầu tiên có nó: {layers}.",
        "logged-out": "Đã đăng xuất: kernel này không còn giữ khóa nào.",
        "mended": "Đã sửa giúp: {what}.",
        "mended-blanks": "khoảng trắng",
        "mended-key": "bỏ {what} quanh {name}",
        "mended-quotes": "dấu nháy",
        "minutes": " {minutes} phút",
        "no-encryption": "Chú ý: đường tới {host} không mã hóa, chỉ dùng khóa của lớp, đừng dùng khóa CDSE thật.",
        "no-jp2-driver": (
            "Chú ý: GDAL của máy này thiếu trình đọc JPEG 2000 (JP2OpenJPEG), nên không ảnh Sentinel-2 nào mở "
            "được: với conda, hãy cài gói libgdal-jp2openjpeg; với pip, hãy cài lại rasterio."
        ),
        "not-connected": "Chưa kết nối: hãy gọi connect().",
        "not-tried": "chưa được, catalog trống",
        "note": "Chú ý: {note}",
        "odd-bands": "{bands} band",
        "odd-coding": "các tham số nén không khớp nhau",
        "odd-copies": "hai chỗ ghi cỡ ảnh không giống nhau",
        "odd-length": "độ dài sai ở byte {at}",
        "odd-mask": "có mặt nạ hay kênh trong suốt",
        "odd-numbers": "kiểu số {kind}",
        "odd-planes": "mỗi kênh nằm trong những ô riêng",
        "odd-scale": "ghi scale {scale} và offset {offset} mà item không ghi",
        "odd-strips": "không chia thành ô",
        "odd-tables": "các bảng ở phần đầu hỏng",
        "odd-tiles": "{count} ô",
        "odd-tiling": "ô {width} × {height} pixel",
        "or-offline": ', hoặc gọi connect("offline")',
        "pixels-outside": (
            "{share:.0%} khung đã tải nằm ngoài hình, và vẫn có pixel: muốn bỏ, hãy đổi ra phản xạ rồi gọi "
            '.odc.mask(odc.geo.geom.Geometry(hình, "EPSG:4326")).'
        ),
        "place-none": "nó không có tọa độ",
        "place-other-crs": "nó ở EPSG:{epsg}",
        "place-shifted": "lệch {pixels:.1f} pixel",
        "plain-unreachable": (
            "Chú ý: không đặt được thiết lập riêng cho GDAL của máy này, nên chỉ load() đọc được kho ảnh, còn "
            "rasterio.open hay odc.stac.load thì không."
        ),
        "plain-unsafe": (
            "Chú ý: {name} đang tắt việc kiểm tra chứng chỉ, nên không đưa khóa cho GDAL: load() vẫn đọc được kho ảnh, "
            "rasterio.open và odc.stac.load thì không. Hãy bỏ biến ấy rồi gọi lại connect()."
        ),
        "progress-images": "Tải ảnh",
        "progress-layers": "Đọc ảnh",
        "progress-left": "còn",
        "region": "{title} ({id}): bbox {bbox}, {first} đến {last}",
        "region-box": "{title} (bbox {bbox})",
        "region-days": "{title} ({first} đến {last})",
        "regions-beside": (
            "CDSE ngoại tuyến không có ảnh ở vùng này: item tìm được ở đây là của cả ô lưới, và chỉ có pixel trong "
            'vùng {regions}. Nơi khác và năm khác cần CDSE thật, connect("live").'
        ),
        "regions-elsewhere": (
            "CDSE ngoại tuyến không có ảnh ở vùng này, chỉ có ở {regions}. catalog.regions ghi bbox từng vùng; nơi "
            'khác và năm khác cần CDSE thật, connect("live").'
        ),
        "regions-other-days": (
            "CDSE ngoại tuyến không có ảnh vào thời gian này, chỉ có {regions}. Nơi khác và năm khác cần CDSE thật, "
            'connect("live").'
        ),
        "seconds": " {seconds} giây",
        "secret": "<{length} ký tự, đã che>",
        "secret-stays": ("Khóa không được ghi vào tệp hay gửi sang tiến trình khác: hãy gọi connect() ở nơi cần đọc."),
        "service-given": "dịch vụ được chỉ định",
        "service-in-use": "Đang dùng {service}",
        "service-itself": "{service}.",
        "service-live": "CDSE thật",
        "service-offline": "CDSE ngoại tuyến: ảnh mô phỏng, không cần tài khoản hay mạng",
        "service-with-keys": "{service}, khóa lấy từ {source}.",
        "some-minutes": " vài phút",
        "source-arguments": "tham số keys",
        "source-file": "tệp .env",
        "source-note": "{problem} Khóa ấy lấy từ {source}.",
        "source-own": "tự cấp",
        "source-typed": "chuỗi bạn vừa gõ",
        "source-variable": "biến {name}",
        "status-hosts": "máy chủ",
        "status-keys": "khóa",
        "status-service": "dịch vụ",
        "status-tried": "thử khóa",
        "this-machine": "máy này",
        "tried": "{ago}, được nhận",
        "wanted-anchor": '"edge", "center" hay "floating"',
        "wanted-bbox": "bốn số (tây, nam, đông, bắc)",
        "wanted-chunks": 'một từ điển, ví dụ {{"y": 512, "x": 512}}, -1 hay "auto" là cả chiều, hoặc {{}}',
        "wanted-crs": 'một hệ tọa độ, ví dụ "EPSG:32648"',
        "wanted-degrees": "kinh độ rồi vĩ độ, tính bằng độ",
        "wanted-dtype": 'một kiểu số, ví dụ "float32"',
        "wanted-flag": "True hay False",
        "wanted-geobox": "một odc.geo.geobox.GeoBox có hệ tọa độ",
        "wanted-groupby": '"solar_day", "time", "id", tên một thuộc tính của item, hoặc một hàm',
        "wanted-like": "một mảng đã tải hay một GeoBox, có hệ tọa độ",
        "wanted-larger": "một số lớn hơn",
        "wanted-length": "một danh sách có độ dài khác",
        "wanted-list": "một danh sách",
        "wanted-mapping": "một từ điển",
        "wanted-number": "một số",
        "wanted-on-bad": '"raise" hay "drop"',
        "wanted-order": "start_datetime trước end_datetime",
        "wanted-other": "giá trị khác",
        "wanted-polygon": "Polygon hay MultiPolygon",
        "wanted-polygon-area": "một vùng có diện tích, không phải điểm hay đường",
        "wanted-polygon-crs": "vùng có hệ tọa độ: hãy gọi set_crs() trước",
        "wanted-polygon-form": "GeoJSON, shapely, odc.geo hay geopandas",
        "wanted-polygon-no-text": "một hình, không phải chuỗi: hãy dùng shapely.from_wkt(...) hay json.loads(...)",
        "wanted-polygon-valid": "đường viền không tự cắt ({why}): hãy dùng shapely.make_valid(...)",
        "wanted-pool": "một số luồng từ 1 trở lên, hay một ThreadPoolExecutor",
        "wanted-resampling": "một trong {names}",
        "wanted-resolution": "một số dương theo đơn vị của crs (mét, độ), hay odc.geo.resxy_(...)",
        "wanted-ring": "một vòng khép kín có diện tích",
        "wanted-session": "phiên nối mà connect() trả về: catalog.session",
        "wanted-span": "hai số, số nhỏ đứng trước",
        "wanted-text": "một chuỗi",
        "wanted-time": "thời điểm, ví dụ 2023-06-15T10:00:00Z",
        "wanted-transform": "6 hoặc 9 số của một phép biến đổi affine",
        "wanted-year": "năm từ {first} đến {last}",
        "wanted-zone": "thời điểm có múi giờ, ví dụ Z",
        "why-begins": "nó bắt đầu bằng {begin!r}",
        "why-broken-off": "mất kết nối giữa chừng: {what}",
        "why-certificate": "chứng chỉ không hợp lệ",
        "why-constant": "{value} không phải một số",
        "why-cut-short": "nhận thiếu dữ liệu",
        "why-deep": "JSON lồng quá sâu",
        "why-empty": "câu trả lời rỗng",
        "why-encryption": "không lập được đường mã hóa: {what}",
        "why-folder-of-no-certificates": "thư mục không có chứng chỉ nào đặt tên theo OpenSSL",
        "why-half-letter": "có nửa ký tự UTF-16",
        "why-in-the-open": "máy trả lời không mã hóa",
        "why-links": "links sai dạng",
        "why-no-catalog": "JSON này không mô tả một catalog, {what}",
        "why-no-certificates": "trong đó không có chứng chỉ nào",
        "why-no-day": "không có ngày ấy",
        "why-no-list": "không có danh sách kết quả",
        "why-no-object": "JSON này không mô tả gì",
        "why-number": "có số quá lớn",
        "why-proxy": "không đi qua được proxy ({what}), hãy xem HTTPS_PROXY và NO_PROXY",
        "why-redirected": "bị chuyển sang {href}",
        "why-redirected-often": "bị chuyển hướng {hops} lần",
        "why-silent": "nó không nói vì sao",
        "why-slow": "quá lâu không trả lời",
        "why-twice": "tên {name} đứng hai lần trong một đối tượng",
        "why-unclear": "không hiểu được",
        "why-undecodable": "không giải nén được câu trả lời",
        "why-unknown-host": "không tìm thấy tên máy",
        "why-unreachable": "không kết nối được",
    },
    Reason.INPUT: {
        "address-empty": ("{name} là {value!r}: hãy ghi địa chỉ, hoặc bỏ {name} đi; chưa có gì được gửi tới đâu."),
        "address-half": "Hãy đặt cả {stac} và {s3}, hoặc bỏ cả hai.",
        "address-s3": "{name} là {value!r}: cần tên máy và cổng, ví dụ {example}",
        "address-stac": "{name} là {value!r}: cần địa chỉ đầy đủ, ví dụ {example}",
        "area-crs": "x và y cần có crs.",
        "area-edge": (
            "Vùng {bounds} chạm kinh tuyến 180 hay cực, nơi ảnh không ghép đúng được: hãy ở trong khoảng kinh độ ±179, "
            "vĩ độ ±85."
        ),
        "area-half": "Hãy đưa cả {names}.",
        "area-missing": "Cần biết vùng: hãy đưa bbox, crs và resolution, giống nhau cho fetch và odc.stac.load.",
        "area-outside": "{area} nằm ngoài {item}, vốn phủ {covered}: hãy xem lại bbox.",
        "area-outside-window": (
            "{area} nằm ngoài khung {covered}, nơi duy nhất CDSE ngoại tuyến có pixel của {item}: hãy tìm và tải một "
            'bbox trong khung ấy, hay của catalog.regions. Nơi khác thì cần CDSE thật, connect("live").'
        ),
        "area-small": "{area} nhỏ hơn một pixel: hãy nới vùng, hoặc xem lại resolution và crs.",
        "area-twice": "Vùng được ghi nhiều lần ({names}): hãy chọn một.",
        "argument-band": "{name} nói về {band!r}, không item nào có band ấy: hãy chọn trong {bands}, *.",
        "argument-misspelt": "load không nhận tham số {name!r}: có phải {alike} không?",
        "argument-unknown": "load không nhận tham số {name!r}: hãy bỏ nó ra.",
        "argument-value": "{name} là {value}: cần {wanted}.",
        "band-address": (
            "{item}: band {band!r} trỏ tới {href!r}, không phải ảnh .jp2 hay .tif dưới s3://eodata/: hãy chọn band "
            "khác, hoặc tìm lại item trong catalog của CDSE."
        ),
        "band-classes": (
            "{band} là bảng phân lớp, nội suy {resampling!r} sinh ra lớp không có thật: hãy đặt "
            'resampling={{"*": {resampling!r}, "{band}": "nearest"}}.'
        ),
        "band-code": "{item} ghi hệ tọa độ của {band} là {code!r}, không phải một phép chiếu: hãy bỏ item này.",
        "band-colours": (
            "{item}: {band!r} là ảnh {channels} kênh, load chỉ đọc band một kênh: hãy tải B04_10m, B03_10m, B02_10m, "
            "hoặc mở tệp mà fetch đã tải bằng rasterio."
        ),
        "band-contradicts": "{item} ghi lưới của {band} mâu thuẫn ({grid}): hãy bỏ item này, hoặc chọn band khác.",
        "band-file": "{item} để {name} làm {band}, tệp của band hay lần chụp khác: hãy bỏ item này, hoặc tìm lại.",
        "band-grid": "{item} thiếu {lacking} của {band}: hãy tìm lại item trong catalog, không dùng fields=.",
        "band-missing": "{item} không có band {band!r}: hãy chọn trong {offered}.",
        "band-nowhere": "{item} đặt {band} ngoài phạm vi của {code}: hãy bỏ item này, hoặc tìm lại.",
        "band-type": "{item} ghi kiểu số của {band} là {kind!r}, nodata {nodata}: hãy bỏ item này, hoặc đổi band.",
        "band-zone": "{item} ghi {band} ở {code}, không phải múi của ô {tile}: hãy bỏ item này.",
        "bands-list": 'bands là {bands!r}: hãy ghi một danh sách, ví dụ ["B04_10m", "B08_10m"].',
        "bbox-numbers": "bbox là {bbox!r}: cần bốn số (tây, nam, đông, bắc) tính bằng độ.",
        "bbox-order": (
            "bbox {bbox} sai thứ tự: cần (tây, nam, đông, bắc), tây < đông và nam < bắc. Vùng vắt qua kinh tuyến "
            "180 phải tách làm hai."
        ),
        "bbox-range": ("bbox {bbox} ra ngoài miền: kinh độ từ -180 đến 180, vĩ độ từ -90 đến 90. Có đảo chỗ không?"),
        "bbox-wide": "bbox {bbox} rộng hơn 10°: hãy kiểm tra thứ tự (tây, nam, đông, bắc) hoặc chia nhỏ vùng.",
        "cache-limit": "{name} là {value!r}: cần một số gigabyte, ví dụ {example:g}.",
        "catalog-address": "Địa chỉ catalog là {href!r}: cần địa chỉ đầy đủ, bắt đầu bằng https://.",
        "catalog-many-items": (
            "Tìm được hơn {items} item: hãy thu hẹp thời gian hay vùng, hoặc đặt max_items={items} để chỉ lấy chừng ấy."
        ),
        "catalog-refused": "Catalog không nhận câu hỏi (HTTP {status}): {why}",
        "certificates": (
            "{name} là {path}, không dùng được làm chứng chỉ ({why}): hãy sửa hoặc bỏ biến này. Chưa gửi gì cho ai."
        ),
        "cluster-client": (
            "share_session cần một distributed.Client đang nối, không phải asynchronous; đây là {kind}. Hãy gọi "
            "share_session(Client(cluster))."
        ),
        "cluster-elsewhere": (
            "Cụm dask có tiến trình ở máy khác ({address}): khóa không được gửi khỏi máy này, hãy dùng LocalCluster."
        ),
        "cluster-session": "Chỉ chia được phiên của connect() gần nhất, đây là một {kind} khác: hãy bỏ session=.",
        "collection-unknown": "Catalog không có collection {name!r}: có phải {offered} không?",
        "count-small": "{name} là {value!r}: cần số nguyên từ 1 trở lên, hoặc bỏ nó ra.",
        "datetime-instant": (
            "datetime {value!r} là đúng một thời điểm, gần như không ảnh nào chụp lúc ấy: {form}; nếu đúng ý thì "
            "thêm múi giờ, Z cho UTC."
        ),
        "datetime-order": "datetime {value!r} kết thúc trước khi bắt đầu: hãy đổi chỗ hai ngày.",
        "dtype-small": "dtype {dtype} không giữ đúng được mọi DN của {band}: hãy bỏ dtype, hoặc dùng float32.",
        "env-file-off": "CDSE_ENV_FILE là none, nghĩa là đừng dùng tệp .env: hãy bỏ biến này rồi gọi lại.",
        "fetch-area": "fetch cần vùng quan tâm: hãy đưa bbox (và resolution, crs) đúng như đưa cho odc.stac.load.",
        "fetch-unplaced": (
            "{number} item ({item} …) không ghi proj:transform, hay ghi theo thứ tự của GDAL: odc-stac sẽ đặt ảnh sai "
            "chỗ. Hãy dùng cdse_access.load thay cho fetch."
        ),
        "gdal-drivers": (
            "GDAL của kernel này thiếu trình đọc {drivers}: hãy bỏ biến GDAL_SKIP rồi khởi động lại kernel."
        ),
        "gdal-threads": "GDAL_NUM_THREADS phải là 1, nếu không lỗi đọc biến thành số 0: hãy gọi lại connect().",
        "grid-invalid": "Vùng và lưới không hợp lệ ({error}): hãy đưa bbox, crs và resolution.",
        "grid-twice": "{grid} đã định lưới: hãy bỏ {names}.",
        "grid-unknown": "Không suy ra được lưới: hãy ghi cả crs và resolution, ví dụ resolution=10.",
        "groupby-mixed": "groupby={groupby!r} không xếp được thứ tự các item ({error}).",
        "groupby-raises": "groupby lỗi ở {item}: {error}.",
        "groupby-unknown": "groupby là {groupby!r}, không có trong thuộc tính của {items}: có phải {alike} không?",
        "intersects-range": "intersects phủ {bounds}, ra ngoài miền: kinh độ đứng trước vĩ độ, tính bằng độ.",
        "item-faults": "{item}: {faults}. Hãy bỏ item này, hoặc tìm lại.",
        "item-geometry": "{item} không ghi nó phủ nơi nào (geometry): hãy bỏ nó, hoặc tìm lại không dùng fields=.",
        "item-projection": "{item} không khai phần mở rộng projection: hãy tìm lại item trong catalog.",
        "item-time": "{item} không ghi thời gian: hãy bỏ nó, hoặc tìm lại không dùng fields=.",
        "item-unreadable": "odc-stac không đọc được {item} ({error}): hãy tìm lại item trong catalog.",
        "items-collections": "Item thuộc nhiều collection ({collections}): hãy tải riêng.",
        "items-list": "items là {kind}: hãy đưa một danh sách item, ví dụ catalog.search(...).item_collection().",
        "items-strange": "items có một {kind}, không phải pystac.Item: từ điển thì dùng pystac.Item.from_dict(...).",
        "jp2-driver": (
            "GDAL của máy này thiếu trình đọc JPEG 2000 ({driver}): với conda, hãy cài gói libgdal-jp2openjpeg; với "
            "pip, hãy cài lại rasterio; bỏ GDAL_SKIP nếu đã đặt. Rồi khởi động lại kernel."
        ),
        "keys-and-strategy": "Đã đưa keys thì không tìm khóa ở đâu nữa: hãy bỏ strategy={strategy!r}.",
        "live-addresses": 'connect("live") là CDSE thật: hãy bỏ stac và s3, hoặc gọi connect(stac=..., s3=...).',
        "memory": (
            "Tải {shape} cần khoảng {needed:.1f} GB bộ nhớ, máy chỉ còn {available:.1f} GB: hãy thu nhỏ vùng, bớt "
            "ngày, bớt band, tăng resolution, hoặc thêm chunks={{}} để đọc từng phần."
        ),
        "offline-arguments": "CDSE ngoại tuyến tự cấp địa chỉ và khóa: hãy bỏ {names}.",
        "offline-strategy": "CDSE ngoại tuyến tự cấp khóa: hãy bỏ strategy={strategy!r}.",
        "persist-live": 'persist=True chỉ dùng cùng connect("live"), nơi bạn gõ khóa của mình.',
        "proxy-address": (
            "Không hiểu địa chỉ proxy {proxy} ({why}): hãy sửa hoặc bỏ HTTPS_PROXY, HTTP_PROXY, ALL_PROXY."
        ),
        "projections": (
            "GDAL không tìm thấy bảng hệ quy chiếu (proj.db), vì biến trỏ tới nơi khác: {variables}. Hãy bỏ biến ấy "
            "(thường do QGIS, PostGIS hay conda để lại), rồi khởi động lại kernel."
        ),
        "question-refused": "Câu hỏi tìm kiếm không hợp lệ: {error}",
        "question-value": "{name} là {value!r}, {why}: {form}.",
        "service-unknown": (
            'Không có dịch vụ {service!r}: hãy gọi connect(), connect("live") hoặc connect("offline").'
        ),
        "strategy-unknown": "Không có cách tìm khóa {strategy!r}: hãy chọn {known}.",
        "tls-secrets": ("{name} là {path}, không ghi được vào đó ({why}): hãy bỏ biến này. Chưa gửi gì cho ai."),
        "zones-differ": 'Item nằm ở nhiều múi UTM, {zones}: hãy chọn một, ví dụ crs="{first}".',
    },
    Reason.KEYS: {
        "connect-first": "Chưa kết nối dịch vụ nào: hãy gọi connect() trước.",
        "env-file-encoding": "Không đọc được {file}: hãy lưu lại tệp ấy với bảng mã UTF-8.",
        "env-file-in-git": (
            "git sẽ đưa {file} lên mạng cùng dự án: hãy thêm dòng {file} vào .gitignore. Nếu nó đã vào git (`git "
            "ls-files {file}` in ra tên nó), hãy gõ `git rm --cached {file}` và thay cặp khóa."
        ),
        "env-file-missing": "CDSE_ENV_FILE chỉ tới {path}, không có tệp ấy: hãy sửa hoặc bỏ biến này.",
        "env-file-other-service": "Tệp .env đang ghi {address} của dịch vụ khác: hãy bỏ dòng ấy rồi gọi lại.",
        "env-file-unreadable": "Không đọc được {file} ({why}): hãy xem lại tệp.",
        "file-lacks-keys": "Tệp .env có {address} mà thiếu {access} và {secret}: hãy ghi đủ.",
        "key-blank-inside": "{name} có khoảng trắng hoặc xuống dòng ở giữa: hãy dán lại đúng chuỗi khóa.",
        "key-sample": "{name} còn là chữ mẫu: hãy thay bằng khóa thật, tạo tại {manager}",
        "key-strange-letters": (
            "{name} có chữ có dấu hoặc ký tự lạ: hãy tắt bộ gõ tiếng Việt rồi dán lại đúng chuỗi khóa."
        ),
        "keys-beside-arguments": (
            "Thiếu khóa S3 cho {store}: khóa đặt ở nơi khác không được gửi tới đó, hãy đưa keys=(..., ...) cùng với "
            "stac và s3."
        ),
        "keys-for-another": "{name} nằm cạnh địa chỉ của {beside}, nên không được gửi tới {store}.",
        "keys-for-whom": (
            'keys là của CDSE, hay của {store} mà địa chỉ đang được đặt? Hãy gọi connect("live", keys=...), hoặc '
            "connect(keys=..., stac=..., s3=...)."
        ),
        "keys-form": "keys cần một cặp chuỗi, keys=(access_key, secret_key).",
        "keys-half": "Thiếu {missing}: hãy đặt cả {access} và {secret}, hoặc bỏ cả hai.",
        "keys-in-the-open": (
            "Cặp khóa này có dạng khóa của một kho thật như CDSE, mà đường tới {store} không mã hóa: chưa có gì được "
            "gửi đi. Hãy đặt cặp khóa mà dịch vụ của lớp in ra, hoặc dùng một địa chỉ https://."
        ),
        "keys-missing": (
            "Thiếu khóa S3: hãy tạo tại {manager} rồi đặt {access} và {secret} trong môi trường hoặc trong tệp "
            '.env, hoặc gọi connect("offline").'
        ),
        "keys-missing-beside": (
            "Thiếu khóa S3 cho {store}: khóa phải nằm cùng một nơi với địa chỉ. Hãy đặt {access} và {secret} của dịch "
            'vụ ấy cạnh {place}, hoặc gọi connect("offline").'
        ),
        "keys-of-aws": "{name} chỉ được dùng khi {endpoint} ghi {store}.",
        "keys-same": (
            "{access} và {secret} giống hệt nhau: secret key là chuỗi thứ hai trên trang quản lý khóa, hãy dán lại."
        ),
        "keys-swapped": (
            "{access} và {secret} có vẻ đảo chỗ (dài {first} và {second} ký tự, access key phải ngắn hơn): hãy "
            "đổi chỗ hai chuỗi."
        ),
    },
    Reason.KEY_UNKNOWN: {
        "s3-key-unknown": (
            "Dịch vụ không biết khóa S3 đang dùng (gõ sai, đã xóa hoặc hết hạn): hãy tạo cặp khóa mới, đặt vào "
            "môi trường rồi gọi lại connect()."
        ),
    },
    Reason.SECRET_WRONG: {
        "s3-secret-wrong": "Secret không thuộc về khóa S3 đang dùng: hãy dán lại cả cặp khóa rồi gọi lại connect().",
    },
    Reason.CLOCK: {
        "s3-clock": "Đồng hồ của máy này lệch{skew} so với dịch vụ: hãy bật tự động đặt giờ rồi chạy lại.",
    },
    Reason.FORBIDDEN: {
        "catalog-forbidden": "Catalog {href} không cho hỏi (HTTP {status}). Hãy kiểm tra mạng và địa chỉ{instead}.",
        "s3-forbidden": (
            "Dịch vụ không cho đọc {file}: hãy xem tài khoản còn quyền đọc kho eodata không, rồi gọi lại connect()."
        ),
    },
    Reason.MISSING: {
        "s3-missing": (
            "Kho ảnh không có {file} (đã chuyển chỗ hoặc được xử lý lại): hãy tìm lại item, hoặc bỏ ngày này."
        ),
    },
    Reason.BUSY: {
        "catalog-busy": "Catalog {href} đang quá tải hoặc bảo trì (HTTP {status}): hãy chờ rồi chạy lại{instead}.",
        "catalog-busy-wait": (
            "Catalog {href} đang quá tải hoặc bảo trì (HTTP {status}, dịch vụ bảo chờ {wait:.0f} giây): hãy chờ "
            "rồi chạy lại{instead}."
        ),
        "connecting-already": (
            "Một connect() hay logout() khác trong kernel này chưa xong: hãy chờ nó xong (hoặc ngắt nó) rồi gọi lại."
        ),
        "own-busy": (
            "CDSE ngoại tuyến còn đang vẽ {file}, lâu hơn mọi khi vì máy bận: hãy chờ{wait} rồi chạy lại. Ảnh vẽ xong "
            "được giữ lại."
        ),
        "s3-busy": "Dịch vụ quá tải hoặc đang hỏng: hãy chờ{wait} rồi chạy lại{instead}.",
        "slots-taken": (
            "Cả {count} kết nối đang do các tiến trình khác của cụm dùng: hãy chờ rồi chạy lại, hoặc bớt việc chạy "
            "cùng lúc."
        ),
    },
    Reason.NETWORK: {
        "catalog-lost": "Không hỏi được catalog {href} ({why}). Hãy kiểm tra mạng và địa chỉ{instead}.",
        "read-failed-once": (
            "Đọc hỏng giữa chừng ({why}), nhưng lúc này kho ảnh lại nhận khóa và gửi đúng tệp: hãy chạy lại. Vẫn "
            "lỗi thì tệp hỏng, hãy bỏ ngày này: {file}"
        ),
        "s3-contradicts": (
            "Câu trả lời cho {file} mâu thuẫn với chính phần đầu của nó ({what}), thường do một proxy đứng giữa: "
            "hãy thử mạng khác{instead}."
        ),
        "s3-lost": "Mất kết nối với dịch vụ khi đọc {file} ({why}): hãy kiểm tra mạng rồi chạy lại{instead}.",
    },
    Reason.CERTIFICATE: {
        "catalog-certificate": (
            "Chứng chỉ của {href} không hợp lệ: có máy khác đứng giữa, hoặc đồng hồ máy sai. Hãy kiểm tra mạng "
            "và địa chỉ{instead}."
        ),
        "s3-certificate": (
            "Chứng chỉ TLS của máy trả lời không hợp lệ, nên không gửi gì cho nó: hãy xem lại địa chỉ S3 và đồng "
            "hồ máy; sau proxy của cơ quan, đặt GDAL_CURL_CA_BUNDLE là tệp chứng chỉ của cơ quan."
        ),
    },
    Reason.NOT_SERVICE: {
        "catalog-leads-away": (
            "Catalog ở {host} chỉ sang máy khác, {href}: không đi theo. Hãy kiểm tra mạng và địa chỉ{instead}."
        ),
        "catalog-not-encrypted": (
            "{href} trả lời mà không mã hóa: dịch vụ của lớp bắt đầu bằng http://, hoặc mạng đòi đăng nhập. Hãy "
            "kiểm tra mạng và địa chỉ{instead}."
        ),
        "catalog-not-stac": (
            "{href} có trả lời nhưng không phải catalog STAC ({why}): có lẽ là trang đăng nhập của mạng hay "
            "proxy. Hãy mở địa chỉ ấy bằng trình duyệt{instead}."
        ),
        "page-for-image": (
            "{name} không phải tệp {kind} mà bắt đầu bằng {begin!r}: hãy xem mạng có đòi đăng nhập không, và xem "
            "lại địa chỉ S3."
        ),
        "s3-in-the-open": (
            "Máy trả lời không mã hóa (TLS): hãy xem lại địa chỉ S3 (dịch vụ của lớp bắt đầu bằng http://), xem "
            "mạng có đòi đăng nhập không, rồi chạy lại."
        ),
        "s3-elsewhere": (
            "Kho ảnh chuyển {file} sang chỗ khác, khóa không được gửi theo: hãy xem lại địa chỉ S3, xem mạng có đòi "
            "đăng nhập không."
        ),
        "s3-not-the-range": (
            "Trả lời cho {file} không phải đoạn đã hỏi (bỏ qua Range, hoặc rỗng), thường do một proxy đứng giữa: "
            "hãy thử mạng khác{instead}."
        ),
        "s3-page": (
            "Thứ trả lời không phải kho S3 mà là một trang web (trang đăng nhập mạng, proxy): hãy mở trình duyệt "
            "để đăng nhập mạng, xem lại địa chỉ S3, rồi chạy lại."
        ),
    },
    Reason.CHANGED: {
        "file-changed": "{name} đã đổi trong lúc đang đọc: hãy tìm lại item rồi chạy lại.",
    },
    Reason.BROKEN: {
        "bands-differ": (
            "Ngày {date}, {band} mất trọn ô ({share:.1%} vùng) mà band khác có: không dùng được. Hãy tải lại; vẫn "
            "lỗi thì bỏ ngày này."
        ),
        "bit-depth": "{name} có số bit {depths}: chỉ đọc được ảnh không dấu, tối đa 16 bit.",
        "catalog-broken": "Catalog {href} trả lời sai dạng ({why}): hãy thử lại sau, báo cho dịch vụ{instead}.",
        "catalog-large": (
            "Catalog {href} trả lời dài hơn {megabytes} MB: hãy đặt limit nhỏ hơn, hoặc hỏi ít trường hơn bằng fields."
        ),
        "catalog-repeats": "Catalog {href} trả lại mãi những trang cũ hay trống: hãy thử lại sau.",
        "dates-bad": (
            "{number} ngày không dùng được: {dates}. Hãy thử lại sau, hoặc thay bằng những ngày khác; ô tốt đã được "
            "cất."
        ),
        "dn-large": (
            "{band} ngày {date} có DN {dn:.0f}, Sentinel-2 chỉ ghi đến {largest}: không dùng được. Hãy tải lại; "
            "vẫn lỗi thì bỏ ngày này."
        ),
        "feature-unreadable": "không đọc được: {error}",
        "features-bad": "Không đọc được item nào của {source}: {items}. Hãy thử lại sau, hoặc đổi câu hỏi.",
        "cog-nodata": "{name}: item ghi nodata {told}, tệp ghi {found}: hãy tìm lại item, hoặc bỏ ngày này.",
        "cog-odd": "{name} không đọc đúng được như một COG ({what}): hãy bỏ ngày này, hoặc tìm lại item.",
        "cog-sparse": "{name} để trống ô {tile} mà không ghi nodata, nên ô ấy là gì thì không rõ: hãy bỏ ngày này.",
        "cog-tile": "{name}: ô {tile} không khớp với bảng của tệp. Hãy tải lại; vẫn lỗi thì bỏ ngày này.",
        "cog-type": "{name}: item ghi kiểu số {told}, tệp là {found}: hãy tìm lại item, hoặc bỏ ngày này.",
        "file-cut": "{name} bị cắt cụt: dài {size} byte, phải có {expected}. Hãy thử lại sau, hoặc bỏ ngày này.",
        "header-cut": "{name} bị cắt cụt trong phần đầu: hãy thử lại sau, hoặc bỏ ngày này.",
        "header-incomplete": "{name} hỏng: main header thiếu SIZ, COD hay QCD. Hãy bỏ ngày này.",
        "header-odd": "{name} hỏng: phần đầu tự mâu thuẫn ({what}). Hãy thử lại sau, hoặc bỏ ngày này.",
        "image-broken": ("Không giải nén được ảnh ({error}): không dùng được. Hãy tải lại; vẫn lỗi thì bỏ ngày này."),
        "image-changed": "{name}: item ghi cỡ {told}, kho có {found}. Tệp bị cắt cụt hay đã thay: hãy tìm lại item.",
        "image-misplaced": "{name} không nằm ở chỗ item ghi ({what}): hãy bỏ ngày này, hoặc tìm lại item.",
        "image-nodata": "{name}: item ghi nodata {told}, ảnh Sentinel-2 dùng 0: hãy tìm lại item, hoặc bỏ ngày này.",
        "image-type": (
            "{name}: item ghi kiểu số {told}, không chứa nổi {bits} bit của tệp: hãy tìm lại item, hoặc bỏ ngày này."
        ),
        "no-tile-part": "{name} hỏng ở byte {at}: không có phần ô nào ở đó. Hãy thử lại sau, hoặc bỏ ngày này.",
        "not-image": (
            "{name} không phải tệp {kind} mà bắt đầu bằng {begin!r}: hãy xem mạng có đòi đăng nhập không, và xem "
            "lại địa chỉ S3."
        ),
        "not-this-kind": "{file} không phải tệp {ending}: hãy bỏ ngày này, hoặc tìm lại item.",
        "s3-short": "{file} ngắn hơn phải có (bị cắt cụt, hoặc rỗng): hãy thử lại sau, hoặc bỏ ngày này.",
        "tile-broken": "{name}: không giải nén được ô {tile} ({error}). Hãy tải lại; vẫn lỗi thì bỏ ngày này.",
        "tiles-missing": "{name} bị cắt cụt: có {found} trong {count} ô. Hãy thử lại sau, hoặc bỏ ngày này.",
        "tiles-shifted": (
            "{name} có lưới ô lệch gốc, PPM hay POC, fetch không cắt được: hãy đọc thẳng bằng odc.stac.load."
        ),
    },
    Reason.EMPTY: {
        "no-items": (
            "Không có item nào: hãy nới thời gian hay ngưỡng mây, xem lại bbox (kinh độ trước) và collection."
        ),
        "pixels-none": (
            "{band} ngày {date} không có pixel nào trong vùng, item hứa {promised:.0%}: không dùng được. Hãy tải "
            "lại; vẫn lỗi thì bỏ ngày này."
        ),
    },
    Reason.DISK: {
        "cache-removed": (
            "{path} đã bị xóa hay hỏng sau khi tải, hoặc nằm ở máy khác ({error}): hãy gọi lại load() hay fetch() ở "
            "máy đang tính."
        ),
        "cache-unreadable": "Không đọc được {path} ({why}): {cure} rồi chạy lại.",
        "cannot-write": "Không ghi được {path} ({why}): {cure} rồi chạy lại.",
        "env-file-unwritable": "Không cất được khóa vào {path} ({why}): hãy xem lại thư mục.",
        "folder-unusable": (
            "{variable} là {folder}, không cất được gì ở đó ({why}): {cure}, hoặc đặt biến ấy là một thư mục khác."
        ),
        "no-folder": (
            "Không có chỗ cất ảnh: {folder} không dùng được ({why}), thư mục tạm cũng không. Hãy đặt {variable} là một "
            "thư mục ghi được. {also}"
        ),
        "own-disk-full": (
            "Đĩa của CDSE ngoại tuyến đầy, hay hết hạn mức ({detail}): hãy dọn đĩa, hoặc đặt CDSE_OFFLINE_CACHE là một "
            "thư mục khác, rồi gọi logout() và connect()."
        ),
        "own-folder": (
            "CDSE ngoại tuyến không ghi được vào thư mục ảnh của nó ({detail}): hãy xem lại quyền, hoặc đặt "
            "CDSE_OFFLINE_CACHE là một thư mục khác, rồi gọi logout() và connect()."
        ),
        "working-folder-gone": (
            "Thư mục làm việc của kernel này đã bị xóa hay dời chỗ: hãy mở lại notebook từ chỗ mới, hoặc gọi "
            'os.chdir("/một/thư/mục/khác").'
        ),
    },
    Reason.OFFLINE: {
        "offline-ended": (
            "CDSE ngoại tuyến đã tắt giữa chừng ({how}): hãy gọi lại connect(). Lại tắt nữa thì máy thiếu bộ nhớ: hãy "
            "đóng bớt kernel."
        ),
        "offline-not-started": (
            "CDSE ngoại tuyến không khởi động được ({how}): {why}. Hãy chữa điều ấy, hoặc cài lại bằng `make setup`, "
            "rồi gọi lại connect()."
        ),
        "offline-refuses": "CDSE ngoại tuyến không khởi động được. {why}",
        "own-driver": (
            "GDAL của CDSE ngoại tuyến thiếu trình ghi JPEG 2000 (JP2OpenJPEG): với conda, hãy cài gói "
            "libgdal-jp2openjpeg; với pip, hãy cài lại rasterio; bỏ GDAL_SKIP nếu đã đặt. Rồi gọi logout(), connect()."
        ),
        "own-failed": (
            "CDSE ngoại tuyến không tạo được {file} ({detail}): hãy chạy `python -m cdse_offline clear-cache`, rồi gọi "
            "logout() và connect(). Vẫn lỗi thì cài lại bằng `make clean`, `make setup`."
        ),
        "own-killed": (
            "Tiến trình tạo ảnh của CDSE ngoại tuyến hai lần bị dừng giữa chừng ({detail}), thường vì máy hết bộ nhớ: "
            "hãy đóng bớt kernel và chương trình rồi chạy lại."
        ),
        "own-memory": ("CDSE ngoại tuyến hết bộ nhớ khi tạo {file}: hãy đóng bớt kernel và chương trình rồi chạy lại."),
        "own-open-files": (
            "CDSE ngoại tuyến mở quá nhiều tệp ({detail}): hãy nới `ulimit -n`, rồi gọi logout() và connect()."
        ),
    },
}

say = Messages(VIETNAMESE)
