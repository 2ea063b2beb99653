"""Lines hold no more than pyproject.toml allows; tools/density.py counts by hand-made examples."""

import tomllib

import pytest

from tools import density
from tools.density import ROOT, Density

CEILINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["density"]


def test_every_package_has_a_ceiling():
    assert CEILINGS.keys() == density.PACKAGES.keys()


@pytest.mark.parametrize("package", density.PACKAGES)
def test_lines_hold_little(package):
    measured = density.measure_folder(ROOT / density.PACKAGES[package])
    assert measured.lines > 50
    assert measured.ratio <= CEILINGS[package], f"python -m tools.density {density.PACKAGES[package]}"


def test_a_wing_with_a_ceiling_of_its_own_counts_for_no_other():
    drawing = ROOT / "src/cdse_offline/simulation/drawing.py"
    assert drawing in density.measure_modules(ROOT / "src/cdse_offline/simulation")
    assert drawing not in density.measure_modules(ROOT / "src/cdse_offline")
    assert ROOT / "src/cdse_offline/holdings.py" in density.measure_modules(ROOT / "src/cdse_offline")


@pytest.mark.parametrize(
    ("source", "tokens", "lines"),
    [
        ("a = 1\n", 3, 1),
        ("a = 1  # one\n\n# two\nb = a\n", 6, 2),
        ('"""What it is."""\n\ndef f():\n    """What it does."""\n    return "x"\n', 7, 2),
        ("f(\n    a,\n    b,\n)\n", 7, 4),
        ("a = f\"{b + c:.1f} {d['e']}\"\n", 3, 1),
        ("a = f\"{f'{b}'}\" + c\n", 5, 1),
        ("", 0, 0),
    ],
)
def test_tokens_are_counted(source, tokens, lines):
    assert density.measure_source(source) == Density(tokens, lines)


def test_a_folder_is_the_sum_of_its_modules(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.py").write_text("a = 1\n")
    (tmp_path / "inner" / "b.py").write_text("b = a + 1\n")
    assert density.measure_folder(tmp_path) == Density(8, 2)
    assert density.measure_folder(tmp_path).ratio == 4
