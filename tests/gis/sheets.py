"""Small DXF sheets for tests: fields of 30 m by 30 m on a grid."""

from __future__ import annotations

from pathlib import Path

_SHEET = """
[file]
crs = "EPSG:32643"
[parcel]
label = "khasra"
area_is_drawn = true
[unit]
holders = ""
[sheet]
plots = ["PLOTS"]
CONTROL
[sheet.texts]
khasra = ["NUMBERS"]
[village]
lgd = "123456"
name = "Rampur"
state = "generic"
office = "9/1/2"
"""
KHASRA = _SHEET.replace("CONTROL\n", "")
CONTROL = _SHEET.replace(
    "CONTROL",
    "control = [[0, 0, 700000.0, 1700000.0], [60000, 0, 700060.0, 1700000.0], [0, 60000, 700000.0, 1700060.0]]",
)
FIELD = 30.0  # metres


class Sheet:
    """A drawing that grows entity by entity."""

    def __init__(self, origin: tuple[float, float] = (700_000.0, 1_700_000.0), scale: float = 1.0) -> None:
        self._origin = origin
        self._scale = scale
        self._entities: list[str] = []

    def plot(
        self, column: float, row: float, *, size: float = 1, closed: bool = True, bulge: float = 0.0
    ) -> Sheet:
        corners = [
            (column, row),
            (column + size, row),
            (column + size, row + size),
            (column, row + size),
        ]
        points = "".join(
            f"10\n{x}\n20\n{y}\n42\n{bulge if n == 0 else 0.0}\n"
            for n, (x, y) in enumerate(
                self._at(*corner) for corner in (corners if closed else [*corners, corners[0]])
            )
        )
        return self._add(f"LWPOLYLINE\n8\nPlots\n90\n4\n70\n{int(closed)}\n{points}")

    def line(self, start: tuple[float, float], end: tuple[float, float]) -> Sheet:
        (x, y), (u, v) = self._at(*start), self._at(*end)
        return self._add(f"LINE\n8\nPLOTS\n10\n{x}\n20\n{y}\n11\n{u}\n21\n{v}\n")

    def text(self, words: str, column: float, row: float) -> Sheet:
        x, y = self._at(column + 0.4, row + 0.4)
        return self._add(f"TEXT\n8\nNUMBERS\n10\n{x}\n20\n{y}\n40\n{2 * self._scale}\n1\n{words}\n")

    def mtext(self, words: str, column: float, row: float) -> Sheet:
        x, y = self._at(column + 0.5, row + 0.5)
        return self._add(f"MTEXT\n8\nNUMBERS\n10\n{x}\n20\n{y}\n40\n{2 * self._scale}\n71\n5\n1\n{words}\n")

    def insert(self, times: int) -> Sheet:
        """A block set a great many times: a bomb."""
        return self._add(f"INSERT\n8\nPLOTS\n2\nB\n10\n0\n20\n0\n70\n{times}\n71\n{times}\n")

    def circle(self) -> Sheet:
        return self._add("CIRCLE\n8\nPLOTS\n10\n0\n20\n0\n40\n5\n")

    def write(self, path: Path) -> Path:
        head = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1027\n0\nENDSEC\n0\nSECTION\n2\nENTITIES\n"
        path.write_text(head + "".join(self._entities) + "0\nENDSEC\n0\nEOF\n", "utf-8")
        return path

    def _add(self, entity: str) -> Sheet:
        self._entities.append(f"0\n{entity}")
        return self

    def _at(self, column: float, row: float) -> tuple[float, float]:
        x, y = self._origin
        return x + column * FIELD * self._scale, y + row * FIELD * self._scale
