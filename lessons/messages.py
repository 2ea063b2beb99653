"""Mọi lời mà các hàm của bài học nói với người học: theo lý do, rồi theo tên ngắn, xếp theo bảng chữ cái."""

from cdse_access.problems import Messages, Reason

VIETNAMESE: dict[Reason | None, dict[str, str]] = {
    None: {
        "no-items": "không item nào",
        "simulated": " (ảnh mô phỏng)",
    },
    Reason.INPUT: {
        "baseline": (
            "{item} có baseline {version} nhưng raster:offset {offset}: hai điều này trái nhau, hãy tìm bản xử lý "
            "mới hơn (baseline 05.xx) của cùng ngày."
        ),
        "dn-float": "dn phải là số nguyên (DN): mảng này đã là số thực, có lẽ đã đổi ra phản xạ rồi.",
        "factors": (
            "Cần đúng một cặp (scale, offset), có {found}: hãy tách item trước và sau baseline 04.00, đổi ra phản xạ "
            "riêng, rồi mới ghép."
        ),
        "ndvi-integer": "NDVI cần phản xạ (số thực): hãy gọi reflectance(dn, scale, offset) trước.",
        "role": "{band} của {item} không phải band phản xạ (roles {roles}): bỏ nó ra.",
        "stretch": "Không giãn màu được: không có pixel hợp lệ, hoặc mọi pixel bằng nhau. Xem lại mặt nạ mây.",
    },
}

say = Messages(VIETNAMESE)
