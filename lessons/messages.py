"""Mọi lời mà các hàm của bài học nói với người học: theo lý do, rồi theo tên ngắn, xếp theo bảng chữ cái."""

from cdse_access.problems import Messages, Reason

VIETNAMESE: dict[Reason | None, dict[str, str]] = {
    None: {
        "axis-column": "cột (pixel)",
        "axis-latitude": "vĩ độ (°)",
        "axis-longitude": "kinh độ (°)",
        "axis-row": "hàng (pixel)",
        "differ-crs": "hệ quy chiếu {one} và {other}",
        "differ-days": "ngày chỉ có ở mảng trước: {one}, chỉ có ở mảng sau: {other}",
        "differ-dims": "chiều {one} và {other}",
        "differ-hours": "time cùng ngày nhưng khác giờ: {one} và {other}",
        "differ-labels": "{axis} mang nhãn khác nhau",
        "differ-order": "time cùng các ngày nhưng xếp khác thứ tự",
        "differ-shift": "{axis} lệch nhau tới {shift:g} (mỗi bước {step:g})",
        "differ-size": "{axis} dài {one} và {other}",
        "differ-steps": "{axis} có {one} điểm cách nhau {step:g}, và {other} điểm cách nhau {other_step:g}",
        "location-area": "vùng của ta",
        "location-title": "Vùng của ta trong ô lưới {tiles}",
        "map-one-day": "Hãy chọn một ngày: array.isel(time=0).",
        "mask-no": "không",
        "mask-yes": "có",
        "more": "… và {number} lỗi nữa.",
        "no-crs": "không rõ",
        "no-data": "không có dữ liệu",
        "place-outside": "{name} nằm ngoài bản đồ này nên không được đánh dấu.",
        "quicklook-title": "{day}\nmây cả ô: {cover} %",
        "quicklooks-title": "Ảnh thu nhỏ quanh vùng{simulated}",
        "scl-0": "0 không có dữ liệu",
        "scl-1": "1 bão hòa, hỏng",
        "scl-10": "10 mây ti mỏng",
        "scl-11": "11 tuyết",
        "scl-2": "2 vùng tối",
        "scl-3": "3 bóng mây",
        "scl-4": "4 thực vật",
        "scl-5": "5 không thực vật",
        "scl-6": "6 nước",
        "scl-7": "7 không rõ",
        "scl-8": "8 mây, xác suất vừa",
        "scl-9": "9 mây, xác suất cao",
        "simulated": " (ảnh mô phỏng)",
        "trial-equal": "load: đúng từng pixel.",
        "trial-failed": "odc-stac: {error}",
        "trial-pixels": "odc-stac: xong, không lỗi, {share:.0%} pixel có dữ liệu.",
        "trial-stopped": "load: dừng lại, lý do {reason}: {problem}",
        "trial-wrong": "load: xong, không lỗi, nhưng có pixel SAI.",
        "truth-none": "Không có đáp án cho những ngày này (chỉ cảnh mô phỏng mới có): kết quả toàn NaN.",
    },
    Reason.INPUT: {
        "bands-unknown": "Siêu dữ liệu của {item} không ghi bước sóng của band nào: hãy chọn một item sentinel-2-l2a.",
        "baseline": (
            "{item} có baseline {version} nhưng raster:offset {offset}: hai điều này trái nhau, hãy tìm bản xử lý "
            "mới hơn (baseline 05.xx) của cùng ngày."
        ),
        "classes-strange": "Mã {codes} không có trong classes (có {known}): hãy thêm tên và màu của chúng.",
        "coords-twice": "Tọa độ {axis} của {name} lặp lại, không thành một lưới: hãy chọn mỗi hàng, mỗi cột một lần.",
        "dn-float": (
            "dn phải là số nguyên (DN), mảng này là số thực. Nó đã là phản xạ thì đừng đổi lần nữa; đã che mây thì hãy "
            "đổi ra phản xạ trước, che mây sau; mở lại từ tệp thì hãy mở với mask_and_scale=False (rioxarray: "
            "masked=False)."
        ),
        "dn-large": "DN của Sentinel-2 không vượt 32767, mảng này có {values}: nó không phải DN, hay đã bị tràn số.",
        "dn-other": "{bands} không phải band phản xạ: hãy chọn riêng các band, ví dụ dn[bands].",
        "factors": (
            "Cần đúng một cặp (scale, offset), có {found}: hãy tách item trước và sau baseline 04.00, đổi ra phản xạ "
            "riêng, rồi mới ghép."
        ),
        "factors-none": "Không item nào trong danh sách có {bands}: xem lại tên band (B04_10m) và danh sách item.",
        "factors-order": (
            "scale {scale}, offset {offset}: cần hai số, scale dương đứng trước (0.0001), offset sau (-0.1 hay 0), như "
            "scale_offset trả về."
        ),
        "grids-differ": (
            "Không ghép được {names}: {differences}. Hãy tải cả hai trong một lời gọi load, hoặc tải mảng "
            "sau với like= mảng trước, và chọn cùng những ngày."
        ),
        "map-axes": "ax phải là một hệ trục phẳng, ví dụ ax của figure, ax = plt.subplots(); đây là {kind}.",
        "map-dims": "draw_map vẽ một mảng (y, x), có thể thêm chiều band dài 3; mảng này có {dims}. {cure}",
        "map-empty": "Không vẽ được: không pixel nào có giá trị. Xem lại mặt nạ mây, hoặc đưa vmin, vmax.",
        "map-steps": "Tọa độ {axis} không cách đều nhau, vẽ ra sẽ sai chỗ: hãy vẽ riêng từng mảnh liền nhau.",
        "map-values": "draw_map vẽ số hay mặt nạ; mảng này kiểu {dtype}.",
        "maps-number": "show_maps vẽ từ 1 đến {most} bản đồ, ở đây có {number}: hãy chọn ít ngày hơn.",
        "maps-panels": "show_maps cần {{tiêu đề: mảng}} hoặc một mảng còn chiều time; đây là {kind}.",
        "ndvi-dn": (
            "Tổng hai band tới {total:g}: đây là DN, không phải phản xạ. Hãy gọi reflectance(dn, scale, offset) trước; "
            "DN mở lại từ tệp cần mask_and_scale=False."
        ),
        "ndvi-integer": "NDVI cần phản xạ (số thực): hãy gọi reflectance(dn, scale, offset) trước.",
        "ndvi-swapped": (
            "nir là {nir}, red là {red}: ndvi(nir, red) cần cận hồng ngoại (B08, B8A) trước, đỏ (B04) sau."
        ),
        "not-array": "{name} phải là một DataArray, tức là một band, ví dụ {example}; đây là {kind}.",
        "place-latitude": (
            "Vĩ độ {latitude} không dùng được: kinh độ đứng trước, rồi vĩ độ (từ -85 đến 85). Có đảo chỗ không?"
        ),
        "place-numbers": "Nơi {name} cần 2 số (x, y) hay 4 số (x0, y0, x1, y1), không phải {found!r}.",
        "place-width": "Cạnh của vùng phải là số dương, tính bằng km; đây là {width}.",
        "quicklook-lacks": "{item} không có ảnh thu nhỏ hay B04_10m: hãy chọn item của sentinel-2-l2a.",
        "quicklooks-many": "Có {number} item: hãy chọn nhiều nhất {most}, ví dụ items[:4].",
        "role": "{band} của {item} không phải band phản xạ (roles {roles}): bỏ nó ra.",
        "scale": "{band} của {item} có raster:scale {scale}: cần một số dương, hãy tìm bản xử lý khác của cùng ngày.",
        "scl-other": "scl phải là lớp SCL_20m (số nguyên 0–11); mảng này tên {name}, kiểu {dtype}.",
        "scl-values": (
            "SCL chỉ có các lớp 0–11, mảng này có {values}: nó là band khác, hay đã bị nội suy. Hãy tải SCL với "
            'resampling="nearest".'
        ),
        "stretch": "Không giãn màu được: không có pixel hợp lệ, hoặc mọi pixel bằng nhau. Xem lại mặt nạ mây.",
        "stretch-integer": "Giãn màu cần phản xạ (số thực), trong DN số 0 là chỗ trống: hãy gọi reflectance trước.",
        "stretch-percentiles": "low={low!r}, high={high!r}: cần hai bách phân vị, 0 <= low < high <= 100.",
    },
    Reason.NETWORK: {
        "quicklook": "Không tải được ảnh thu nhỏ của {item}: {error}. Hãy chạy lại ô này.",
    },
}

say = Messages(VIETNAMESE)
