"""All that the service says to learners and teachers, in Vietnamese: by reason, then by slot in alphabetical order.

What the catalogue holds (titles, descriptions, names of classes) stands with it, in `product`.
"""

from cdse_access.problems import Messages, Reason

VIETNAMESE: dict[Reason | None, dict[str, str]] = {
    None: {
        "ask-record": "Ghi? [c: có, Enter: không] ",
        "bad-parameter": "{name} là {value!r}: cần {wanted}",
        "body-too-large": "Yêu cầu quá lớn: tối đa {most} byte, có ghi Content-Length.",
        "cache-cleared": "Đã xóa {megabytes:.0f} MB trong {folder}",
        "cache-empty": "Bộ nhớ đệm trống: {folder}",
        "cannot-listen": (
            "không nhận được kết nối ở {host}, cổng {port} ({why}): hãy dừng chương trình đang giữ cổng ấy, hoặc chọn "
            "cổng khác, ví dụ --port 8124."
        ),
        "cannot-run": "Không chạy được dịch vụ: {why}",
        "credit-description": "{description}\n\nGói dữ liệu. {credit}.",
        "credit-license": "  Giấy phép: {licenses}",
        "credit-page": (
            "Gói dữ liệu này được ghi ngày {recorded} từ {service}.\n\n{collections}\n"
            "Mỗi tệp .jp2 chỉ giữ những ô ảnh nằm dưới vùng đã ghi; chỗ khác là 0 (không có dữ liệu).\n"
            "Ai phát lại gói này, hay công bố hình vẽ và con số từ nó, phải giữ dòng ghi công ở trên.\n\n"
            "Đã ghi:\n{searches}\n"
        ),
        "credit-providers": "  Nguồn: {providers}",
        "credit-simulated": "Ảnh mô phỏng, không chứa dữ liệu Copernicus",
        "fields-not-made": "Không tạo được tệp thửa ruộng: {why}",
        "fields-wait": "Tệp thửa ruộng còn đang được tạo: hãy thử lại sau vài giây.",
        "foreign-host": "Host không hợp lệ: hãy dùng địa chỉ mà dịch vụ đã in ra.",
        "half-pair": "hãy đặt cả CDSE_OFFLINE_ACCESS_KEY lẫn CDSE_OFFLINE_SECRET_KEY, hoặc bỏ cả hai.",
        "help-bands": "tên asset (mặc định: {bands})",
        "help-bbox": "tây nam đông bắc, độ",
        "help-clear-cache": "xóa bộ nhớ đệm ảnh",
        "help-cloud": "chỉ lấy ảnh ít mây hơn, %% (mặc định: 20)",
        "help-collection": "mặc định: {collection}",
        "help-command": "LỆNH",
        "help-commands": "không ghi lệnh nào thì như serve",
        "help-data": "thư mục có item STAC và tệp ảnh, thay cho ảnh mô phỏng",
        "help-dates": "ví dụ 2023-05-01/2023-09-30, hoặc 2023-05",
        "help-day": "NGÀY",
        "help-folder": "thư mục mới, hoặc thư mục đang ghi dở",
        "help-folder-name": "THƯ-MỤC",
        "help-host": "địa chỉ lắng nghe (mặc định: chỉ máy này)",
        "help-lessons": "ghi đúng những gì năm bài học đọc",
        "help-port": "cổng, 0: cổng trống bất kỳ (mặc định: 8123)",
        "help-practice": "mở phòng tập: cho bật sự cố, chỉ từ máy này",
        "help-record": "ghi một gói dữ liệu cho lớp học, để phục vụ bằng --data",
        "help-serve": "chạy dịch vụ",
        "help-service": "CDSE ngoại tuyến: STAC API và kho S3.",
        "help-until-stdin-closes": "kết thúc cùng chương trình đã gọi",
        "help-which-service": "ép một dịch vụ; không ghi thì như connect()",
        "help-yes": "không hỏi lại trước khi ghi",
        "no-fields": "Không có tệp thửa ruộng này: hãy lấy địa chỉ từ asset fields của offline-truth.",
        "no-jp2-driver": (
            "GDAL trên máy này không có driver {driver} để ghi và đọc ảnh JPEG 2000: hãy cài gói libgdal-jp2openjpeg "
            "(conda), hoặc rasterio từ pip; bỏ GDAL_SKIP nếu đã đặt"
        ),
        "no-parameters": "không có tham số nào",
        "no-thumbnail": "Không có ảnh xem nhanh này.",
        "not-made": "không tạo được tệp: {why}",
        "note": "Chú ý: {note}",
        "nothing-found": "Không tìm thấy: {load}.",
        "nothing-here": "Không có gì ở địa chỉ này.",
        "nothing-recorded": "Không ghi gì.",
        "owner-fault": "Sự cố {kind!r}",
        "pack-asset": "Bỏ asset {assets} của {items}: {why}.",
        "pack-bad-asset": "href hay một trường khác viết sai",
        "pack-bad-size": "tệp không dài đúng file:size đã ghi, hãy chép lại gói",
        "pack-collection": "Gói dữ liệu ngoại tuyến.",
        "pack-description": "STAC API và kho S3 ngoại tuyến, phục vụ một gói dữ liệu trong thư mục. {credit}",
        "pack-empty": "không còn asset nào",
        "pack-item": "{path}: bỏ item {item}: {why}.",
        "pack-items": "{number} item",
        "pack-lacks": "thiếu {names}",
        "pack-no-file": "không có tệp trong gói",
        "pack-outside": "trỏ ra ngoài {bucket}",
        "pack-region": "vùng {number} của gói",
        "pack-region-tiles": "ô {tiles}",
        "pack-title": "CDSE ngoại tuyến: gói dữ liệu {name}",
        "pack-title-credit": ". {credit}",
        "pack-title-partial": " (chưa đủ: {count} trong {total} item)",
        "pack-twice": "{second}: bỏ item {item}: đã có trong {first}.",
        "pack-unserved": "không phục vụ được: {why}",
        "practice-elsewhere": "Chỉ máy đang chạy dịch vụ mới bật được sự cố.",
        "practice-method": "Phòng tập chỉ nhận GET, PUT, DELETE ở {path}.",
        "practice-needs-option": "{name} chỉ có tác dụng cùng --practice: hãy thêm nó, hoặc bỏ biến này.",
        "record-estimate": (
            "Cần ghi {items} item của {days} ngày: {files} tệp, khoảng {kept:.0f} MB trên đĩa, "
            "{fetched:.0f} MB và {requests} yêu cầu qua mạng."
        ),
        "record-excerpt": "Gói dữ liệu này chỉ giữ {count} trong {total} tệp của item, mục assets kể tên chúng.",
        "record-excerpt-window": (
            "Ảnh chỉ có pixel trong khung cdse_offline:window và sát quanh nó, chỗ khác là 0 (không có dữ liệu)."
        ),
        "record-finished": (
            "Xong: {items} item, {files} tệp, {megabytes:.0f} MB trong {folder}.\n"
            "Phục vụ gói này: python -m cdse_offline --data {folder}"
        ),
        "record-has": "{folder} đã có {count} trong {total} item.",
        "record-interrupted": "\nĐã dừng. {again}",
        "record-load": "{collection}, {what}, bbox {bbox}, {bands}",
        "record-no-images": "không tải ảnh",
        "record-partial": "{problem} Mới ghi {done} trong {total} item. {again}",
        "record-progress": "Đã ghi",
        "record-run-again": "Những gì đã ghi vẫn dùng được: chạy lại lệnh này để tiếp tục.",
        "record-search": "{dates}, mây dưới {cloud:g} %",
        "refused-by-system": "{path}: {why}; {cure}.",
        "serve-cache": (
            "Bộ nhớ đệm: {folder} ({megabytes:.0f} MB, nhiều nhất {most:g} GB; xóa: python -m cdse_offline clear-cache)"
        ),
        "serve-practice": "Phòng tập sự cố đang mở: chỉ từ máy này, bằng cdse_offline.practice.switch_on(...).",
        "serve-practice-on": "Chú ý: biến {name} đã bật sẵn sự cố.",
        "serve-public": (
            "Chú ý: máy khác trong mạng cũng đọc được dịch vụ này, không mã hóa. Chỉ dùng trong mạng của lớp học."
        ),
        "serve-running": "Đang chạy; dừng bằng Ctrl+C. Trong môi trường của người học, hãy đặt:",
        "settings-form": 'Cần JSON dạng {{"rules": [...], "limits": {{...}}}}.',
        "settings-not-json": "Không đọc được JSON ({why}).",
        "settings-too-long": "Danh sách sự cố dài {length} byte: tối đa {most}.",
        "settings-types": "rules cần là danh sách (tối đa {most} sự cố), limits cần là từ điển.",
        "thumbnail-not-made": "Không vẽ được ảnh xem nhanh: {why}",
        "thumbnails-wait": "Quá nhiều ảnh xem nhanh đang chờ được vẽ: hãy thử lại sau vài giây.",
        "too-many-connections": "Dịch vụ đang có quá nhiều kết nối: hãy thử lại sau một giây.",
        "unknown-kind": "Không có loại sự cố {kind!r}; các loại: {kinds}.",
        "unknown-parameter": "{owner} không có tham số {names}; tham số hợp lệ: {known}.",
        "wanted-flag": "True hoặc False.",
        "wanted-number": "số từ {low:g} đến {high:g}.",
        "wanted-text": "một chuỗi hợp với mẫu {pattern}",
        "wanted-whole-number": "số nguyên từ {low:g} đến {high:g}.",
    },
    Reason.INPUT: {
        "bad-cloud": "--cloud là {cloud:g}: cần số phần trăm từ 1 đến 100.",
        "folder-is-file": "{folder} là một tệp: hãy chọn thư mục khác.",
        "folder-not-empty": "{folder} đã có {names}…: hãy chọn một thư mục trống hoặc mới.",
        "lessons-fixed": "--lessons đã định sẵn vùng và ngày: hãy bỏ --bbox và --dates.",
        "nobody-to-ask": "Không có ai để hỏi có ghi hay không: hãy thêm --yes vào lệnh.",
        "not-practice": "{address} trả lời {status}, nhưng không phải CDSE ngoại tuyến: hãy xem lại cổng.",
        "other-recording": (
            "{folder} giữ một lần ghi khác ({search} …): hãy chạy lại đúng lệnh ấy để tiếp tục, hoặc chọn thư mục khác."
        ),
        "other-service": ("{folder} đang ghi từ {service}, còn lệnh này dùng {other}: hãy chọn thư mục khác."),
        "pack-bad-note": "{path} không phải do lệnh record ghi: hãy chép lại gói, hoặc bỏ tệp này.",
        "pack-bad-type": "{path}: type là {kind!r}, cần Feature (item), FeatureCollection hoặc Collection.",
        "pack-no-folder": "không có thư mục {folder}.",
        "pack-no-items": ("thư mục {folder} không có item STAC nào: cần ít nhất một tệp .json có type Feature."),
        "pack-not-json": "{path} không phải JSON: {why}",
        "practice-closed": "Dịch vụ tại {address} không mở phòng tập sự cố: hãy chạy lại nó với --practice.",
        "practice-not-here": (
            "Chỉ bật được sự cố cho CDSE ngoại tuyến trên máy này, còn {address!r} thì không: "
            'hãy gọi connect("offline"), hoặc ghi service="127.0.0.1:CỔNG".'
        ),
        "what-to-record": "Ghi gì? Hãy thêm --bbox W S E N và --dates 2023-05-01/2023-09-30, hoặc --lessons.",
    },
    Reason.NETWORK: {
        "practice-silent": (
            "Không có dịch vụ nào trả lời tại {address} ({why}): hãy gọi connect(), chạy "
            '`python -m cdse_offline --practice`, hoặc ghi địa chỉ của nó: service="127.0.0.1:CỔNG".'
        ),
    },
    Reason.NOT_SERVICE: {
        "bad-name": "Dịch vụ trả về tên {name!r}, không dùng làm tên tệp được.",
    },
    Reason.EMPTY: {
        "no-items": (
            "Không có item nào để ghi: hãy nới --dates hay --cloud, xem lại --bbox (kinh độ trước) và --collection."
        ),
    },
    Reason.DISK: {
        "disk-full": (
            "Đĩa của {folder} còn trống {free:.0f} MB mà gói cần khoảng {needed:.0f} MB: "
            "hãy dọn đĩa, thu nhỏ vùng, hoặc chọn thư mục ở đĩa khác."
        ),
    },
}

say = Messages(VIETNAMESE)
