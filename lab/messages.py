"""Mọi lời mà JupyterLab của khóa học nói với người học, xếp theo bảng chữ cái."""

VIETNAMESE = {
    "aside": "Bản cũ của bạn ở {path}.",
    "broken": "Không đọc được {path}, nên khóa học để nguyên tệp ấy. Muốn làm lại bài từ đầu: {command}",
    "made": "Bản của riêng bạn nằm trong {folder}/: cứ sửa thoải mái, khóa học không bao giờ ghi đè lên đó.",
    "newer": "Bài {name} của khóa học đã có bản mới; bản của bạn vẫn nguyên. Muốn lấy bản mới: {command}",
    "no-lesson": "Không có bài {name}. Các bài: {names}.",
    "original": "Đây là bản gốc của khóa học, chỉ để đọc. Hãy mở bài cùng tên trong {folder}/.",
    "restarted": "Bài {name} đã trở lại như lúc đầu.",
    "unwritable": "Không ghi được vào {folder}: {error}. Hãy chép khóa học vào một thư mục của bạn rồi mở lại.",
    "updated": "Bài {name} có bản mới. Bạn chưa sửa ô nào nên bài được thay; bản cũ ở {path}.",
}


def say(kind: str, /, **values: object) -> str:
    """A message with its values."""
    return VIETNAMESE[kind].format(**values)
