"""Names of the truth's classes: of the land, and of the sky above it."""

LAND_CLASSES = {
    1: "rừng vân sam",
    2: "rừng lá rộng và hỗn giao",
    3: "đồng cỏ",
    4: "lúa mì, lúa mạch",
    5: "cải dầu",
    6: "ngô",
    7: "khoai tây",
    8: "hồ, ao",
    9: "sông",
    10: "bãi sỏi, bãi cát",
    11: "khu dân cư",
    12: "đường giao thông",
    13: "đất than bùn, sậy",
    14: "ruộng lúa hai vụ",
    15: "chuối, cây ăn quả",
    16: "rau màu",
    17: "ao cá",
    18: "khu công nghiệp, lò gạch",
    19: "đê, bờ cỏ",
    30: "cà phê",
    31: "cao su",
    32: "hồ tiêu, vườn cây",
    33: "sắn",
    34: "rừng khộp",
    35: "đất trống, đất san lấp",
    36: "ruộng bỏ hoang",
}
CLEAR, CIRRUS, SHADOW, CLOUD = 0, 1, 2, 3
SKY_CLASSES = {CLEAR: "trời quang", CIRRUS: "mây ti mỏng", SHADOW: "bóng mây", CLOUD: "mây"}
