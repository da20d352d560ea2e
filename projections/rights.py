"""Records of rights: the public document of every parcel and unit, rebuilt whenever something that it shows changes.

A parcel's document shows its unit's holders and charges, its relatives' labels and its village's name.  So a page
rewrites, beside the parcels that it touches: the parcels of a unit of which more has changed than its list of
parcels, the relatives of a parcel that was renumbered, the parcels of a village that was renamed.  Each document is
written once a page, in batches, however many events ask for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Protocol, cast

from psycopg2 import extensions

from domain.commitment import Opening
from projections import places
from projections.copying import Value, copy_aside, upsert, upsert_aside
from projections.documents import (
    UnitFace,
    UnitParcel,
    VillageName,
    parcel_document,
    parcel_grade,
    parties_of,
    shown_to_parcels,
    unit_document,
    unit_face,
    written,
)
from projections.labels import label_key
from projections.pages import Doc, Page, texts

# What is held in memory at a time.  A unit has at most some 3,500 parcels: its list must fit a log entry.
PARCELS_AT_ONCE = 2_000
UNITS_AT_ONCE = 500
FACES_KEPT = 10_000

_PARCEL = (
    "parcel_id", "village", "label", "label_key", "status", "unit_id", "version", "recorded_m2", "drawn_m2",
    "geometry", "use", "class", "grade", "doc",
)  # fmt: skip
_UNIT = ("unit_id", "village", "label", "label_key", "status", "version", "doc")


class Names(Protocol):
    """Where the names behind commitments are kept: ``registry.openings.Openings``."""

    def read(self, commitments: Iterable[str]) -> Mapping[str, Opening]: ...


class Rights:
    """``records.parcel``, ``records.unit`` and ``records.village``."""

    tables = ("records.parcel", "records.unit", "records.village")

    def __init__(self, names: Names) -> None:
        self._names = names

    def apply(self, cursor: extensions.cursor, page: Page) -> None:
        renamed = places.enter(cursor, page)
        write = _Writer(cursor, page, self._names)
        own = dict.fromkeys([*page.changed("parcel"), *_relatives_of_renumbered(page)])
        write.parcels(own)
        write.parcels(_of_units(cursor, _shown_otherwise(page), besides=own))
        write.units(dict.fromkeys([*page.changed("unit"), *_units_of(page, own)]))
        for village in sorted(renamed):
            write.parcels(_of_village(cursor, _PARCELS_OF_VILLAGE, village))
            write.units(_of_village(cursor, _UNITS_OF_VILLAGE, village))

    def refresh(self, cursor: extensions.cursor, units: Sequence[str]) -> None:
        """Writes the documents of these units and of their parcels anew, as after an erasure of names."""
        write = _Writer(cursor, Page(0, 0, ()), self._names)
        write.parcels(_of_units(cursor, units, besides=()))
        write.units(units)


class _Writer:
    """Writes documents as the record stands after one page, in batches."""

    def __init__(self, cursor: extensions.cursor, page: Page, names: Names) -> None:
        self._cursor = cursor
        self._page = page
        self._names = names
        self._faces: dict[str, UnitFace] = {}

    def parcels(self, ids: Iterable[str]) -> None:
        for batch in _batches(ids, PARCELS_AT_ONCE):
            self._write_parcels(self._page.states(self._cursor, batch))

    def units(self, ids: Iterable[str]) -> None:
        for batch in _batches(ids, UNITS_AT_ONCE):
            self._write_units(self._page.states(self._cursor, batch))

    def _write_parcels(self, parcels: Mapping[str, Doc]) -> None:
        cursor = self._cursor
        faces = self._faces_of({str(p["unit"]) for p in parcels.values()})
        villages = places.names(cursor, {str(p["village"]) for p in parcels.values()})
        labels = _labels_of_relatives(cursor, self._page, parcels)
        drawn = _drawn_areas(cursor, self._page, parcels)
        rows = (
            _parcel_row(
                parcel,
                faces[str(parcel["unit"])],
                village=_named(villages, parcel),
                drawn_m2=drawn.get(identifier),
                labels=labels,
            )
            for identifier, parcel in parcels.items()
        )
        copy_aside(cursor, "records.parcel", _PARCEL, rows)
        places.tally(cursor)
        upsert_aside(cursor, "records.parcel", _PARCEL, key="parcel_id")

    def _write_units(self, units: Mapping[str, Doc]) -> None:
        faces = self._faces_of(units)
        villages = places.names(self._cursor, {str(u["village"]) for u in units.values()})
        lines = _lines(self._cursor, [p for unit in units.values() for p in texts(unit["parcels"])])
        rows = (
            _unit_row(
                unit,
                faces[identifier],
                village=_named(villages, unit),
                parcels=[lines[p] for p in texts(unit["parcels"]) if p in lines],
            )
            for identifier, unit in units.items()
        )
        upsert(self._cursor, "records.unit", _UNIT, rows, key="unit_id")

    def _faces_of(self, ids: Iterable[str]) -> Mapping[str, UnitFace]:
        """The units as documents show them; the names of all holders that are new to the page in one query."""
        wanted = set(ids)
        if absent := wanted - self._faces.keys():
            if len(self._faces) > FACES_KEPT:
                self._faces, absent = {}, wanted
            units = self._page.states(self._cursor, absent)
            openings = self._names.read({party for unit in units.values() for party in parties_of(unit)})
            self._faces |= {identifier: unit_face(unit, openings) for identifier, unit in units.items()}
        return self._faces


def _parcel_row(
    parcel: Doc,
    face: UnitFace,
    *,
    village: VillageName,
    drawn_m2: Decimal | None,
    labels: Mapping[str, str],
) -> tuple[Value, ...]:
    document = parcel_document(parcel, face, village=village, drawn_m2=drawn_m2, labels=labels)
    return (
        str(parcel["id"]),
        str(parcel["village"]),
        str(parcel["label"]),
        label_key(str(parcel["label"])),
        str(parcel["status"]),
        str(parcel["unit"]),
        cast("int", parcel["version"]),
        str(parcel["area_m2"]),
        drawn_m2,
        cast("str | None", parcel["geometry"]),
        str(parcel["use"]),
        str(parcel["class"]),
        parcel_grade(parcel, face, drawn_m2),
        written(document),
    )


def _unit_row(
    unit: Doc, face: UnitFace, *, village: VillageName, parcels: Sequence[UnitParcel]
) -> tuple[Value, ...]:
    return (
        str(unit["id"]),
        str(unit["village"]),
        str(unit["label"]),
        label_key(str(unit["label"])),
        str(unit["status"]),
        cast("int", unit["version"]),
        written(unit_document(unit, face, village=village, parcels=parcels)),
    )


def _named(villages: Mapping[str, VillageName], state: Doc) -> VillageName:
    """The village of a state; by its code alone where no registration has named it."""
    code = str(state["village"])
    return villages.get(code, VillageName(code, code, None))


def _units_of(page: Page, parcels: Iterable[str]) -> Iterator[str]:
    """The units whose lists show these parcels."""
    return (str(page.after[p]["unit"]) for p in parcels if p in page.after)


def _shown_otherwise(page: Page) -> list[str]:
    """The units known before the page of which it changes what their parcels' documents show."""
    return [
        identifier
        for identifier in page.changed("unit")
        if (before := page.before[identifier]) is not None
        and shown_to_parcels(before) != shown_to_parcels(page.after[identifier])
    ]


def _relatives_of_renumbered(page: Page) -> Iterator[str]:
    for identifier in page.changed("parcel"):
        before, after = page.before[identifier], page.after[identifier]
        if before is not None and before["label"] != after["label"]:
            yield from texts(after["predecessors"])
            yield from texts(after["successors"])


def _of_units(cursor: extensions.cursor, units: Sequence[str], *, besides: Iterable[str]) -> Iterator[str]:
    """The parcels, retired ones too, that name one of these units."""
    left_out = set(besides)
    for some in _batches(units, 20):
        cursor.execute(
            "select parcel_id from records.parcel where unit_id = any(%s) order by parcel_id", (some,)
        )
        yield from (identifier for (identifier,) in cursor.fetchall() if identifier not in left_out)


_PARCELS_OF_VILLAGE = (
    "select parcel_id from records.parcel where village = %s and parcel_id > %s order by parcel_id limit %s"
)
_UNITS_OF_VILLAGE = (
    "select unit_id from records.unit where village = %s and unit_id > %s order by unit_id limit %s"
)


def _of_village(cursor: extensions.cursor, query: str, village: str) -> Iterator[str]:
    ids = [""]
    while ids:
        cursor.execute(query, (village, ids[-1], PARCELS_AT_ONCE))
        ids = [identifier for (identifier,) in cursor.fetchall()]
        yield from ids


def _labels_of_relatives(cursor: extensions.cursor, page: Page, parcels: Mapping[str, Doc]) -> dict[str, str]:
    relatives = {
        identifier
        for parcel in parcels.values()
        for identifier in (*texts(parcel["predecessors"]), *texts(parcel["successors"]))
    }
    known = page.states(cursor, relatives) if relatives else {}
    return {identifier: str(state["label"]) for identifier, state in known.items()}


def _drawn_areas(cursor: extensions.cursor, page: Page, parcels: Mapping[str, Doc]) -> dict[str, Decimal]:
    """The area of each parcel's shape; of a shape that is in the record already, the area that stands there."""
    digests = {i: str(p["geometry"]) for i, p in parcels.items() if p["geometry"] is not None}
    cursor.execute(
        "select parcel_id, geometry, drawn_m2 from records.parcel"
        " where parcel_id = any(%s) and drawn_m2 is not null",
        (list(digests),),
    )
    known = {i: m2 for i, digest, m2 in cursor if digests[i] == digest}
    shapes = page.shapes.read(cursor, (d for i, d in digests.items() if i not in known))
    return known | {i: shapes[d].m2 for i, d in digests.items() if i not in known and d in shapes}


def _lines(cursor: extensions.cursor, parcels: Sequence[str]) -> dict[str, UnitParcel]:
    cursor.execute(
        "select parcel_id, label, recorded_m2, use from records.parcel where parcel_id = any(%s)", (parcels,)
    )
    return {
        identifier: UnitParcel(parcel_id=identifier, label=label, recorded_m2=m2, use=use)
        for identifier, label, m2, use in cursor
    }


def _batches(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    remaining = iter(ids)
    while batch := list(islice(remaining, size)):
        yield batch
