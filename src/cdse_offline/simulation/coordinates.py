"""Where things lie, as tables of text: points, paths, and rows of numbers with names above."""

Place = tuple[float, float]  # row and column


def read_path(points: str) -> list[Place]:
    """Points with commas between them."""
    return [_read_place(point) for point in points.split(",")]


def read_paths(lines: str) -> list[list[Place]]:
    """A path in each line."""
    return [read_path(line) for line in lines.strip().splitlines()]


def read_rows(table: str) -> list[tuple[float, ...]]:
    """What stands below the line of names, a row in each line."""
    _, *lines = table.strip().splitlines()
    return [tuple(_read_number(word) for word in line.split()) for line in lines]


def _read_place(point: str) -> Place:
    row, column = point.split()
    return _read_number(row), _read_number(column)


def _read_number(word: str) -> float:
    """A whole number stays one."""
    return float(word) if "." in word else int(word)
