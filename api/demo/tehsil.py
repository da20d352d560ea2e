"""The tehsil of Phoolsar: three villages generated from a seed, each written as a file of a village's map and record.

The files have the form of real ones (see ``gis``): GeoJSON in longitude and latitude (CRS84) with ten decimals, one
multipolygon a parcel, and in its row the khasra number, area, class, khata, holders and their shares. Neemsari and
Pipaljhari write in Devanagari; Kamaltal's record was transliterated into Roman letters.

>>> [(village.lgd, village.name) for village in generate()]
[('999101', 'Neemsari'), ('999102', 'Pipaljhari'), ('999103', 'Kamaltal')]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import Polygon

from api.demo.fields import coverage, divided
from api.demo.ground import Site, Use, ground_plan
from api.demo.holdings import Khata, khatas, with_uses
from api.demo.names import Name, Person

OFFICE = "99/901/9001"
"""State, district and tehsil in the manner of the Local Government Directory, none of which it has."""

MAPPING = Path(__file__).with_name("mapping.toml")
"""Which column of the village files is what, for the import."""

TEHSIL = Name("फूलसर", "Phoolsar")
_VILLAGES = (Name("नीमसरी", "Neemsari"), Name("पीपलझरी", "Pipaljhari"), Name("कमलताल", "Kamaltal"))
_USES = {
    Use.ROAD: "सड़क",
    Use.TRACK: "चकमार्ग",
    Use.STREAM: "नाला",
    Use.POND: "तालाब",
    Use.HABITATION: "आबादी",
    Use.IRRIGATED: "सिंचित",
    Use.DRY: "असिंचित",
    Use.GROVE: "बाग",
    Use.PASTURE: "चारागाह",
    Use.THRESHING: "खलिहान",
    Use.CREMATION: "श्मशान",
    Use.SCHOOL: "विद्यालय",
    Use.FALLOW: "पुरानी परती",
}

_LON, _LAT = 89.0, 19.0  # the boundary stone stands in the open Bay of Bengal: nobody's land
_BAND = 150.0  # metres; the surveyor numbers band by band, turning at each end
_EQUATOR, _FLATTENING = 6378137.0, 1 / 298.257223563  # WGS 84


@dataclass(frozen=True, kw_only=True)
class DemoParcel:
    """A parcel as drawn (``shape``, degrees of CRS84) and as recorded (``area_ha``, four decimals)."""

    label: str
    undivided_label: str  # the khasra number before it was sub-divided, "" where it never was
    area_ha: Decimal
    use: Use
    khata: Khata
    shape: Polygon


@dataclass(frozen=True, kw_only=True)
class DemoVillage:
    """One village: its facts, its parcels in the order of their numbers, its khatas in theirs."""

    lgd: str
    name: str
    name_local: str
    office: str
    roman: bool
    """Whether its record is kept in Roman letters rather than in Devanagari."""
    parcels: tuple[DemoParcel, ...]
    khatas: tuple[Khata, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the record, its own first (BCP 47)."""
        return ("en", "hi") if self.roman else ("hi", "en")

    def geojson(self) -> str:
        """The village's file: one feature a line, as the exports of real villages have it."""
        rows = ",\n".join(
            json.dumps(self._feature(parcel), ensure_ascii=False, separators=(",", ":"))
            for parcel in self.parcels
        )
        name = f"{self.name.lower()}_khasra"
        return f'{{"type":"FeatureCollection","name":"{name}","features":[\n{rows}\n]}}\n'

    def write(self, directory: Path) -> Path:
        """Write the village's file into ``directory`` (made if need be) and return its path."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{self.name.lower()}_khasra.geojson"
        path.write_bytes(self.geojson().encode())
        return path

    def _feature(self, parcel: DemoParcel) -> dict[str, Any]:
        khata = parcel.khata
        columns = {
            "Gram": self.lgd,
            "Khasra No": parcel.label,
            "Purana No": parcel.undivided_label or None,
            "Rakba Ha": str(parcel.area_ha),
            "Shreni": self._spelt(khata.land_class.value),
            "Upyog": self._spelt(Name(_USES[parcel.use], parcel.use.value.capitalize())),
            "Khata No": khata.label,
            "Khatedar": ", ".join(self._holder(person) for person in khata.holders),
            "Ansh": ",".join(str(share) for share in khata.shares) or None,
            "Kaise Mila": self._spelt(khata.acquired.value),
        }
        geometry = {"type": "MultiPolygon", "coordinates": [_rings(parcel.shape)]}
        return {"type": "Feature", "properties": columns, "geometry": geometry}

    def _holder(self, person: Person) -> str:
        parent = self._spelt(person.parent)
        return f"{self._spelt(person.name)} / {parent}" if parent else self._spelt(person.name)

    def _spelt(self, name: Name) -> str:
        return name.roman if self.roman else name.local


def generate(seed: int = 2026) -> tuple[DemoVillage, ...]:
    """The three villages of the tehsil; equal seeds give equal villages, byte for byte."""
    dice = [np.random.default_rng([seed, stage]) for stage in range(2 + len(_VILLAGES))]
    plots = coverage(divided(ground_plan(dice[0]), dice[1]))
    return tuple(
        _village(number, [plot for plot in plots if plot.village == number], dice[2 + number])
        for number in range(len(_VILLAGES))
    )


def _village(number: int, plots: Sequence[Site], rng: np.random.Generator) -> DemoVillage:
    plots = with_uses(_in_order(plots), rng)
    held = khatas(plots, rng)
    khata_of = {position: khata for khata in held for position in khata.plots}
    parcels = tuple(
        DemoParcel(
            label=label,
            undivided_label=undivided,
            area_ha=_recorded(plot.shape.area, rng),
            use=plot.use or Use.DRY,
            khata=khata_of[position],
            shape=_on_the_globe(plot.shape),
        )
        for position, (plot, (label, undivided)) in enumerate(zip(plots, _numbers(plots, rng), strict=True))
    )
    name = _VILLAGES[number]
    return DemoVillage(
        lgd=str(999101 + number),
        name=name.roman,
        name_local=name.local,
        office=OFFICE,
        roman=number == 2,
        parcels=parcels,
        khatas=tuple(held),
    )


def _in_order(plots: Sequence[Site]) -> list[Site]:
    """The plots as a surveyor walks them: from the north-west, band by band, turning at each end."""
    north = max(plot.shape.bounds[3] for plot in plots)

    def place(plot: Site) -> tuple[int, float]:
        point = plot.shape.representative_point()
        band = int((north - point.y) // _BAND)
        return band, -point.x if band % 2 else point.x

    return sorted(plots, key=place)


def _numbers(plots: Sequence[Site], rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Each plot's khasra number and, for a part of a divided one (101/1), the undivided number (101)."""
    number, position = 0, 0
    while position < len(plots):
        number += 1
        parts = int(rng.integers(2, 5)) if rng.random() < 0.2 else 1
        end = position + 1
        while end < min(position + parts, len(plots)) and _one_field(plots[end - 1], plots[end]):
            end += 1
        if end == position + 1:
            yield str(number), ""
        else:
            yield from ((f"{number}/{part}", str(number)) for part in range(1, end - position + 1))
        position = end


def _one_field(plot: Site, following: Site) -> bool:
    """Whether the two are private fields with a common boundary, so that they may have been one."""
    fields = {Use.IRRIGATED, Use.DRY}
    return {plot.use, following.use} <= fields and plot.shape.intersection(following.shape).length > 10


def _recorded(drawn_m2: float, rng: np.random.Generator) -> Decimal:
    """The area of the record in hectares: the chain's figure, which differs from the map's by a little."""
    measured = drawn_m2 * (1 + float(np.clip(rng.normal(0, 0.0016), -0.004, 0.004)))
    return Decimal(round(measured)).scaleb(-4)


def _on_the_globe(shape: Polygon) -> Polygon:
    """Metres from the boundary stone as degrees of CRS84, ten decimals; equal points stay equal."""
    squared = _FLATTENING * (2 - _FLATTENING)
    bend = 1 - squared * np.sin(np.radians(_LAT)) ** 2
    metres_per_degree = np.radians(1) * np.array(
        [_EQUATOR / np.sqrt(bend) * np.cos(np.radians(_LAT)), _EQUATOR * (1 - squared) / bend**1.5]
    )
    return shapely.transform(shape, lambda points: np.round([_LON, _LAT] + points / metres_per_degree, 10))


def _rings(shape: Polygon) -> list[list[list[float]]]:
    """The rings as RFC 7946 wants them: the outer counter-clockwise, holes clockwise."""
    oriented = shapely.orient_polygons(shapely.normalize(shape))
    return [[[x, y] for x, y in ring.coords] for ring in (oriented.exterior, *oriented.interiors)]
