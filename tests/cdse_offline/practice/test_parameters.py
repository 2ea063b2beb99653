"""What may be asked for, and how a refusal names what is wrong."""

from typing import Any

import pytest

from cdse_offline.practice.parameters import BadRule
from cdse_offline.practice.rules import read_rule


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "stauts"}, "các loại: status, delay, hang"),
        ({"kind": ["hang"]}, "các loại"),
        ("hang", "các loại"),
        ({"kind": "delay", "second": 3}, "không có tham số second; tham số hợp lệ: seconds"),
        ({"kind": "hang", "seconds": 3}, "hợp lệ: không có tham số nào"),
        ({"kind": "delay", "seconds": "3"}, "seconds là '3': cần số từ 0 đến 3600"),
        ({"kind": "delay", "seconds": float("nan")}, "seconds là nan"),
        ({"kind": "delay", "seconds": True}, "seconds là True"),
        ({"kind": "delay", "seconds": None}, "seconds là None"),
        ({"kind": "status", "status": 200}, "cần số nguyên từ 400 đến 599"),
        ({"kind": "status", "status": 503.5}, "status là 503.5"),
        ({"kind": "status", "code": "</Code>"}, "code là '</Code>'"),
        ({"kind": "status", "message": "a\r\nSet-Cookie: x"}, "message là"),
        ({"kind": "next-host", "host": "a/b"}, "host là 'a/b'"),
        ({"kind": "corrupt", "bit": 8}, "từ 0 đến 7"),
        ({"kind": "cut", "fin": 1}, "cần True hoặc False"),
        ({"kind": "hang", "which": "sometimes"}, "which là 'sometimes'"),
        ({"kind": "hang", "which": "every 0"}, "which là 'every 0'"),
        ({"kind": "hang", "path": ""}, "path là ''"),
        ({"kind": "hang", "seed": -1}, "seed là -1"),
    ],
)
def test_what_cannot_be_is_refused(given: Any, message: str):
    with pytest.raises(BadRule) as refused:
        read_rule(given)
    assert message in str(refused.value)
