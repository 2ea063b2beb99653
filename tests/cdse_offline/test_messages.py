"""The table of messages and the code that says them hold the same slots."""

import re
from pathlib import Path

import cdse_offline
from cdse_offline.messages import VIETNAMESE

CODE = "".join(path.read_text(encoding="utf-8") for path in Path(cdse_offline.__file__).parent.rglob("*.py"))


def test_every_slot_is_said_and_every_one_said_is_there():
    slots = {slot for texts in VIETNAMESE.values() for slot in texts}
    said = set(re.findall(r'(?:say\(\s*|slot = )"([a-z0-9-]+)"', CODE))
    said |= {"wanted-number"}  # the other branch of its line
    assert slots == said


def test_slots_stand_in_alphabetical_order():
    for texts in VIETNAMESE.values():
        assert list(texts) == sorted(texts)
