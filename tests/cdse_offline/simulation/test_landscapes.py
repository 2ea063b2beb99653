import numpy as np

from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import MUNICH


def test_land_is_kept_whole(tmp_path):
    kept = build_land(MUNICH, tmp_path)
    files = list(tmp_path.iterdir())
    assert [path.suffix for path in files] == [".npz"]
    for name, array in vars(build_land(MUNICH)).items():
        assert np.array_equal(array, getattr(kept, name)), name
