"""Lỗi có mã lý do: thông báo cho người đọc, `reason` cho chương trình và bài kiểm tra."""

import sys
from copy import copy
from enum import StrEnum
from types import TracebackType


class Reason(StrEnum):
    """Vì sao một bước dừng lại. Mỗi mã có thẻ của nó trong trang Gỡ lỗi của sách."""

    INPUT = "input"  # bbox, thời gian, collection, band … không hợp lệ
    KEYS = "keys"  # thiếu khóa, nửa cặp, đảo chỗ, chuỗi mẫu …
    KEY_UNKNOWN = "key-unknown"  # dịch vụ không biết khóa này: gõ sai, đã xóa hoặc hết hạn
    SECRET_WRONG = "secret-wrong"  # secret không thuộc về khóa này
    CLOCK = "clock"  # đồng hồ máy lệch
    FORBIDDEN = "forbidden"
    MISSING = "missing"  # tệp hay item không có trong kho
    BUSY = "busy"  # 429, 5xx: dịch vụ quá tải hoặc đang hỏng
    NETWORK = "network"  # không tới được dịch vụ, mất kết nối giữa chừng
    CERTIFICATE = "certificate"  # chứng chỉ TLS không hợp lệ
    NOT_SERVICE = "not-service"  # có trả lời nhưng không phải S3 hay STAC: trang đăng nhập, proxy
    CHANGED = "changed"  # tệp đổi trong lúc đọc
    BROKEN = "broken"  # tệp hỏng, bị cắt cụt, hoặc pixel không thể có thật
    EMPTY = "empty"  # không có item, không có pixel nào dùng được
    DISK = "disk"  # không ghi được


class Problem(Exception):
    """Gốc của mọi lỗi mà khóa học tự báo; `reason` là mã lý do."""

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason = Reason(reason)

    def __reduce__(self) -> tuple:  # lỗi trong tiến trình con phải về được đến tiến trình mẹ
        return type(self), (str(self), self.reason)

    def _render_traceback_(self) -> list[str]:
        """Điều notebook hiện ra: dòng lệnh của người học và thông báo; `%xmode Verbose` thì hiện cả đường đi."""
        handler, shown, path = sys.modules["IPython"].get_ipython().InteractiveTB, self, self.__traceback__
        if handler.mode != "Verbose":
            shown, path = copy(self), _of_learner(path)  # bản sao không kéo theo những lỗi của thư viện
        return handler.structured_traceback(type(self), shown, path)


def _of_learner(path: TracebackType | None) -> TracebackType | None:
    """Chỉ đến khung cuối cùng của người học, tức là của module `__main__`; không có khung ấy thì tất cả."""
    frames = []
    while path is not None:
        frames.append(path)
        path = path.tb_next
    mine = [number for number, one in enumerate(frames, 1) if one.tb_frame.f_globals.get("__name__") == "__main__"]
    for one in reversed(frames[: mine[-1] if mine else None]):
        path = TracebackType(path, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return path


class BadInput(Problem, ValueError):
    """Người dùng đưa vào điều không thể đúng; sửa rồi chạy lại."""

    def __init__(self, message: str, reason: Reason = Reason.INPUT) -> None:
        super().__init__(message, reason)


class Rejected(Problem, PermissionError):
    """Dịch vụ từ chối: khóa, chữ ký, đồng hồ hoặc quyền."""


class Unavailable(Problem, ConnectionError):
    """Dịch vụ không trả lời được lúc này; chờ rồi chạy lại, hoặc dùng CDSE ngoại tuyến."""


class BadData(Problem, OSError):
    """Dữ liệu nhận được không phải thứ đã hứa; không pixel nào của nó được dùng."""
