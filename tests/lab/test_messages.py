"""The words of JupyterLab's part: in order, each used, each whole."""

import re

from lab.messages import VIETNAMESE, say
from tests.project.test_frame import ROOT


def test_they_stand_in_order_and_each_is_used():
    assert list(VIETNAMESE) == sorted(VIETNAMESE)
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "lab").glob("*.py"))
    assert set(re.findall(r'say\("([\w-]+)"', code)) == set(VIETNAMESE)


def test_a_value_may_have_any_name():
    assert "04-ndvi" in say("restarted", name="04-ndvi")
