"""The directory of places beside a proposed village: is this its office, and does its land lie within it?"""

from __future__ import annotations

from dataclasses import replace

from api import clock
from api.wiring import House
from domain.errors import BadInput
from gis.places import boundaries_of, line_of
from gis.report import Remark
from gis.shapes import from_bytes_many
from gis.village import ProposedVillage
from gis.watch import Watched, outside

OUTSIDE_VILLAGE = "outside-village"
_OFFICE_LEVELS = 3  # state/district/sub-district: how most states number the offices of their tehsils


def examined(house: House, proposed: ProposedVillage) -> ProposedVillage:
    """The proposal with a remark for every parcel outside of the village's boundary, where one is kept.

    Raises:
        BadInput: when the directory places the village in another district or sub-district than its office.
    """
    with house.datastore.cursor() as cursor:
        line = line_of(cursor, proposed.village.lgd, clock.today())
        boundary = boundaries_of(cursor, [proposed.village.lgd]).get(proposed.village.lgd)
    office = "/".join(place.code.zfill(2) for place in line[:_OFFICE_LEVELS])
    stated = "/".join(part.zfill(2) for part in proposed.village.office.split("/"))
    if len(line) > _OFFICE_LEVELS and stated != office:
        raise BadInput(
            f"office {proposed.village.office} is not that of village {proposed.village.lgd}: the directory has it in "
            + ", ".join(f"{place.level} {place.name} ({place.code})" for place in reversed(line[:-1])),
            field="--office",
            remedy=f"Give --office {office}; or load a newer export with `landlog place load`.",
        )
    if boundary is None:
        return proposed
    placed = [parcel for parcel in proposed.parcels if parcel.geometry]
    shapes = from_bytes_many([parcel.geometry for parcel in placed])
    watched = [Watched(str(p.row), p.label, shape) for p, shape in zip(placed, shapes, strict=True)]
    found = [
        Remark(
            row=int(fault.parcels[0]), label=fault.labels[0], kind=OUTSIDE_VILLAGE, sentence=fault.sentence
        )
        for fault in outside(watched, boundary)
    ]
    remarks = tuple(sorted((*proposed.report.remarks, *found), key=lambda remark: remark.row))
    return replace(proposed, report=replace(proposed.report, remarks=remarks))
