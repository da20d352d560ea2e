"""The map of one parcel among its neighbours, as page and extract show it, and the map of a whole village."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.counter import Counter
from gis.draw import Drawn, draw_parcel
from gis.overview import Shown, overview
from gis.shapes import from_bytes, from_bytes_many
from registry.cadastre import Cadastre

MOST_NEIGHBOURS = 120
MOST_OF_VILLAGE = 12_000
_AROUND = 0.25  # of the parcel's extent, on each side: a little more than the drawing shows


def parcel_map(
    counter: Counter, document: dict[str, Any], *, title: str, description: str, width: int, height: int
) -> str:
    """The drawing as SVG; empty where the record has no map of the parcel."""
    digest = document["geometry"]
    body = Cadastre(counter.reader).bodies([digest]).get(digest) if digest else None
    if body is None:
        return ""
    return draw_parcel(
        Drawn(geometry=body, label=document["label"]),
        _neighbours(counter, document["parcel_id"], body),
        title=title,
        description=description,
        width=width,
        height=height,
    )


def _neighbours(counter: Counter, parcel_id: str, body: bytes) -> list[Drawn]:
    """What lies around on today's map, the parts of a parcel that was divided among it."""
    west, south, east, north = from_bytes(body).bounds
    dx, dy = (east - west) * _AROUND, (north - south) * _AROUND
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select s.body, p.label from gis.parcel p join gis.shape s using (hash)"
            " where p.valid_to is null and p.status = 'active' and p.parcel_id <> %s"
            " and p.geom && st_makeenvelope(%s, %s, %s, %s, 4326) order by p.parcel_id limit %s",
            (parcel_id, west - dx, south - dy, east + dx, north + dy, MOST_NEIGHBOURS),
        )
        return [Drawn(geometry=bytes(shape), label=label) for shape, label in cursor]


def village_map(
    counter: Counter,
    lgd: str,
    *,
    title: str,
    description: str,
    width: int,
    height: int,
    href: Callable[[str], str],
) -> str:
    """Every parcel on today's map of a village as SVG, each a link to ``href(parcel_id)``; empty without a map."""
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select p.parcel_id, p.label, s.body from gis.parcel p join gis.shape s using (hash)"
            " where p.valid_to is null and p.status = 'active' and p.village = %s"
            " order by p.parcel_id limit %s",
            (lgd, MOST_OF_VILLAGE),
        )
        rows = cursor.fetchall()
    shapes = from_bytes_many([bytes(body) for _, _, body in rows])
    return overview(
        [
            Shown(shape=shape, label=label, href=href(identifier))
            for (identifier, label, _), shape in zip(rows, shapes, strict=True)
        ],
        title=title,
        description=description,
        width=width,
        height=height,
    )
