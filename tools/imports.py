"""Who imports whom: the project's modules in layers, each above all that it imports.

    python -m tools.imports      prints them and draws them in _build/imports.svg

A module that lies directly in a package stands for itself, a folder inside a package for all its modules.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = {"lessons": ROOT, "cdse_access": ROOT / "src", "cdse_offline": ROOT / "src"}
Graph = Mapping[str, frozenset[str]]


def find_modules() -> dict[str, Path]:
    """The modules of the packages by their full names."""
    found = {}
    for package, home in PACKAGES.items():
        for path in sorted((home / package).rglob("*.py")):
            parts = path.relative_to(home).with_suffix("").parts
            name = ".".join(part for part in parts if part != "__init__")
            found[name] = path
    return found


def read_imports(source: str, package: str = "") -> Iterator[str]:
    """What a source imports, also inside functions and for types only: a module, or a name in a module.

    package: the one that the source lies in, for relative imports.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = _resolve(node, package)
            yield from (f"{home}.{alias.name}" for alias in node.names)


def _resolve(node: ast.ImportFrom, package: str) -> str:
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1] if node.level else []
    return ".".join([*above, *filter(None, [node.module])])


def read_graph() -> Graph:
    """For each module those of the packages' modules that it imports."""
    modules = find_modules()
    graph = {}
    for name, path in modules.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        imported = read_imports(path.read_text(encoding="utf-8"), package)
        found = {other for target in imported if (other := find_module(target, modules))}
        graph[name] = frozenset(found - {name})
    return graph


def find_module(target: str, modules: Iterable[str]) -> str | None:
    """The module that is meant by `a.b.c`: itself, or the one that holds the name `c`."""
    while target and target not in modules:
        target = target.rpartition(".")[0]
    return target or None


def find_wing(module: str) -> str:
    """The part of the house that a module belongs to, at most two names deep."""
    return ".".join(module.split(".")[:2])


def join_wings(graph: Graph) -> Graph:
    """The same arrows between wings instead of modules."""
    wings: dict[str, set[str]] = {}
    for module, imported in graph.items():
        wing = find_wing(module)
        wings.setdefault(wing, set()).update(find_wing(other) for other in imported)
    return {wing: frozenset(others - {wing}) for wing, others in wings.items()}


def find_circle(graph: Graph) -> list[str]:
    """Names that import each other in a ring, the first again at the end; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def sort_layers(graph: Graph) -> list[list[str]]:
    """Layers from the lowest up: what a name imports lies below it."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    layers = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        layers.append(ready)
        sorter.done(*ready)
    return layers


# -- the picture -------------------------------------------------------------

BOX_WIDTH, BOX_HEIGHT, COLUMN_WIDTH, ROW_HEIGHT = 170, 24, 185, 90
COLOURS = {"lessons": "#fde9c9", "cdse_access": "#d6e8f7", "cdse_offline": "#dcefd9"}


def measure_width(layers: list[list[str]]) -> float:
    return COLUMN_WIDTH * max(len(names) for names in layers)


def place_boxes(layers: list[list[str]]) -> dict[str, tuple[float, float]]:
    """The centre of each name's box, the highest layer at the top."""
    places = {}
    width = measure_width(layers)
    for row, names in enumerate(reversed(layers)):
        step = width / len(names)
        for column, name in enumerate(names):
            places[name] = (step * (column + 0.5), ROW_HEIGHT * (row + 0.5))
    return places


def draw(graph: Graph) -> str:
    """An SVG: a box for each name in its layer, a line down to each one that it imports."""
    layers = sort_layers(graph)
    places = place_boxes(layers)
    size = f"{measure_width(layers)} {ROW_HEIGHT * len(layers)}"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" font-family="sans-serif">']
    for name, others in graph.items():
        x, y = places[name]
        for other in sorted(others):
            end_x, end_y = places[other]
            start, end = f"{x:.0f} {y + BOX_HEIGHT / 2:.0f}", f"{end_x:.0f} {end_y - BOX_HEIGHT / 2:.0f}"
            parts.append(f'<path d="M{start} L{end}" stroke="#888" stroke-width="0.7"/>')
    for name, (x, y) in places.items():
        parts.append(_draw_box(name, x, y))
    return "\n".join([*parts, "</svg>\n"])


def _draw_box(name: str, x: float, y: float) -> str:
    colour = COLOURS[name.partition(".")[0]]
    corner = f'x="{x - BOX_WIDTH / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}"'
    box = f'<rect {corner} width="{BOX_WIDTH}" height="{BOX_HEIGHT}" fill="{colour}" stroke="#555"/>'
    text = f'<text x="{x:.0f}" y="{y + 4:.0f}" font-size="11" text-anchor="middle">{escape(name)}</text>'
    return box + text


def main() -> None:
    wings = join_wings(read_graph())
    for number, names in reversed(list(enumerate(sort_layers(wings)))):
        print(f"{number:2}  {'  '.join(names)}")
    picture = ROOT / "_build" / "imports.svg"
    picture.parent.mkdir(exist_ok=True)
    picture.write_text(draw(wings), encoding="utf-8")
    print(picture.relative_to(ROOT))


if __name__ == "__main__":
    main()
