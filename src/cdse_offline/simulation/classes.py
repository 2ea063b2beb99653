"""The truth's classes: of the land, of the sky above it, and what 0 means where other values are numbers."""

from typing import NamedTuple


class Class(NamedTuple):
    """How a class is called, and its colour wherever it is drawn: RRGGBB, as `color_hint` has it."""

    title: str
    colour: str


LAND_CLASSES = {
    1: Class("rừng vân sam", "0B3D2E"),
    2: Class("rừng lá rộng và hỗn giao", "2E7D32"),
    3: Class("đồng cỏ", "A5D65A"),
    4: Class("lúa mì, lúa mạch", "E6C34D"),
    5: Class("cải dầu", "F2E205"),
    6: Class("ngô", "E39B2D"),
    7: Class("khoai tây", "A0724A"),
    8: Class("hồ, ao", "2F6FD0"),
    9: Class("sông", "5AA0E8"),
    10: Class("bãi sỏi, bãi cát", "D8CFC0"),
    11: Class("khu dân cư", "C2504F"),
    12: Class("đường giao thông", "4A4A4A"),
    13: Class("đất than bùn, sậy", "8A7F5C"),
    14: Class("ruộng lúa hai vụ", "7CC04B"),
    15: Class("chuối, cây ăn quả", "4F9A3C"),
    16: Class("rau màu", "B6C72B"),
    17: Class("ao cá", "5FD0D0"),
    18: Class("khu công nghiệp, lò gạch", "9A5FB5"),
    19: Class("đê, bờ cỏ", "C7E59C"),
    20: Class("vườn dừa, vườn cây", "1F8A5A"),
    21: Class("ruộng lúa ba vụ", "3FAE49"),
    22: Class("ruộng lúa – tôm", "6FB7A0"),
    23: Class("ao tôm", "1FA8B8"),
    24: Class("vùng ngập lũ", "0B1F8F"),
    25: Class("rừng ngập mặn, dừa nước", "14655B"),
    26: Class("rừng trồng keo, bạch đàn", "55702E"),
    27: Class("rừng phi lao", "7D9A6A"),
    28: Class("bãi biển, cồn cát", "F3E3A6"),
    29: Class("biển", "123F7A"),
    30: Class("cà phê", "6B3E1F"),
    31: Class("cao su", "93B67A"),
    32: Class("hồ tiêu, vườn cây", "386B1F"),
    33: Class("sắn", "D4A373"),
    34: Class("rừng khộp", "B08D3C"),
    35: Class("đất trống, đất san lấp", "E2B08F"),
    36: Class("ruộng bỏ hoang", "BDB76B"),
}
CLEAR, CIRRUS, SHADOW, CLOUD, HAZE, FOG = range(6)
SKY_CLASSES = {
    CLEAR: Class("trời quang", "9ECBF0"),
    CIRRUS: Class("mây ti mỏng", "E3D6F5"),
    SHADOW: Class("bóng mây", "3B3F4A"),
    CLOUD: Class("mây", "FFFFFF"),
    HAZE: Class("mù mỏng, quầng sáng quanh mây", "F0DFA8"),
    FOG: Class("sương mù", "B9C4C9"),
}
FIELD_CLASSES = {0: Class("không thuộc thửa nào", "F2F2F2")}
CHANGE_CLASSES = {0: Class("không đổi", "F2F2F2")}
