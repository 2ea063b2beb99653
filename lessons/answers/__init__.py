"""Bài tập biết trả lời: `check("4.1", ndvi_ruong)` nói đúng, hay nói con số ấy giống lỗi nào; không bao giờ nói đáp án.

Mỗi bài tập là một bảng nhỏ trong `lesson_N.py`: cách đọc câu trả lời (`kinds`, `layers`, `tables`, `names`,
`functions`), đáp án tính từ chính dữ liệu của người học, và mỗi lỗi hay gặp cho ra gì. `checking` so và nói, lời nằm ở
`messages`.
"""

from lessons.answers.checking import check

__all__ = ["check"]
