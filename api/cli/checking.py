"""``landlog village check``: the watch over the map, by hand or by night."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import console
from api.cli.options import registry
from domain.errors import BadInput, NotFound

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from api.wiring import House
    from gis.watch import VillageCheck


def check(
    village: Annotated[
        str | None, typer.Argument(metavar="[LGD]", help="The village's LGD code.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every village of the registry.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Where the reports go; without it, checks/ in the home.", show_default=False
        ),
    ] = None,
    boundaries: Annotated[
        Path | None,
        typer.Option(
            help="A map file with the villages' own boundaries; without it, those that are kept.",
            show_default=False,
        ),
    ] = None,
    code: Annotated[str, typer.Option(help="Its column with the LGD codes.")] = "lgd",
) -> None:
    """Look whether a village's map fits together, and lies within the village where its boundary is known.

    Writes LGD.html, with a map of the faults, and LGD.json for each village, and index.html over all of them.
    """
    from gis.boundaries import read_boundaries
    from gis.watch import index_page

    if (village is None) is not every:
        raise BadInput(
            "name one village, or --all", field="LGD", remedy="landlog village list shows the codes."
        )
    with registry() as house:
        codes = _codes(house, village)
        known = read_boundaries(boundaries, code, codes) if boundaries else _kept(house, codes)
        place = out or house.settings.home / "checks"
        place.mkdir(parents=True, exist_ok=True)
        done: list[VillageCheck] = []
        with console.progress("Looking", unit="villages") as report:
            for lgd in codes:
                done.append(_one(house, lgd, known.get(lgd), place))
                report(len(done), len(codes))
    (place / "index.html").write_text(index_page(done), encoding="utf-8")
    for found in done:
        console.result(found.summary())
    console.say(f"The reports are in {place}: index.html leads to them.")


def _codes(house: House, village: str | None) -> list[str]:
    with house.datastore.cursor() as cursor:
        cursor.execute(
            "select lgd from records.village where %s is null or lgd = %s order by lgd", (village, village)
        )
        codes = [lgd for (lgd,) in cursor]
    if not codes and village is not None:
        raise NotFound(f"no village with the LGD code {village} is registered here", field="LGD")
    return codes


def _kept(house: House, codes: list[str]) -> dict[str, BaseGeometry]:
    from gis.places import boundaries_of

    with house.datastore.cursor() as cursor:
        return boundaries_of(cursor, codes)


def _one(house: House, lgd: str, boundary: BaseGeometry | None, place: Path) -> VillageCheck:
    import shapely

    from gis.watch import Watched, check_village, report_page

    with house.datastore.transaction() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute(
            "select v.name, v.parcels, p.size, v.grade_a, v.grade_b, v.grade_c, v.grade_d"
            " from records.village v join records.position p on p.name = 'records' where v.lgd = %s",
            (lgd,),
        )
        row = cursor.fetchone()
        assert row is not None
        name, count, size, *grades = row
        cursor.execute(
            "select parcel_id, label, st_asbinary(geom) from gis.parcel"
            " where village = %s and valid_to is null order by parcel_id",
            (lgd,),
        )
        rows = cursor.fetchall()
    shapes = shapely.from_wkb([bytes(shape) for _, _, shape in rows])
    parcels = [Watched(i, label, shape) for (i, label, _), shape in zip(rows, shapes, strict=True)]
    found = check_village(
        parcels,
        lgd=lgd,
        name=name,
        log_size=size,
        undrawn=count - len(parcels),
        grades=dict(zip("ABCD", grades, strict=True)),
        boundary=boundary,
    )
    (place / f"{lgd}.html").write_text(report_page(found, parcels, boundary), encoding="utf-8")
    (place / f"{lgd}.json").write_text(found.to_json(), encoding="utf-8")
    return found
