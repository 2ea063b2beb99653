"""Where things lie, as tables of text: points, paths, and rows of numbers with names above."""

Number = int | float
Row = tuple[Number, ...]


def read_path(points: str) -> list[Row]:
    """Points with commas between them, each as row and column."""
    return [_read_row(point) for point in points.split(",")]


def read_paths(lines: str) -> list[list[Row]]:
    """A path in each line."""
    return [read_path(line) for line in lines.strip().splitlines()]


def read_rows(table: str) -> list[Row]:
    """What stands below the line of names, a row in each line."""
    _, *lines = table.strip().splitlines()
    return [_read_row(line) for line in lines]


def _read_row(line: str) -> Row:
    return tuple(_read_number(word) for word in line.split())


def _read_number(word: str) -> Number:
    """A whole number stays one."""
    return float(word) if "." in word else int(word)
