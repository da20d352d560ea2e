"""The directory of places: state, district, sub-district and village by their codes in the Local Government Directory.

A code is never used again, but a sub-district can move to another district and a name can change, so every entry has
the day from which it holds.  The directory is published data and no part of the record: nothing here is signed, and an
export that leaves a place out ends nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import shapely
from psycopg2 import extensions
from psycopg2.extras import execute_values
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput

Level = Literal["state", "district", "subdistrict", "village"]
LEVELS: tuple[Level, ...] = get_args(Level)

MOST_BYTES = 256 << 20  # the villages of all India are some 80 MB
_OFFICIAL = "LGD"
_PARENTS: Mapping[Level, str | None] = {
    "village": "subdistrict_code",
    "subdistrict": "district_code",
    "district": "state_code",
    "state": None,
}
_NAMES: Mapping[Level, tuple[str, ...]] = {
    "village": ("village_name", "village"),
    "subdistrict": ("subdistrict_name", "subdistrict"),
    "district": ("district_name", "district"),
    "state": ("state_name", "state"),
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """One entry; ``parent`` is the code one level up, and ``name_local`` is there only where it is official."""

    level: Level
    code: str
    name: str
    name_local: str | None = None
    parent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a load changed."""

    new: int
    changed: int
    same: int


def read_places(files: Iterable[Path]) -> list[Place]:
    """The places of exports of the directory: CSV files, each of the level that its columns are of.

    Raises:
        BadInput: naming file and line, when one is no such export.
    """
    found: dict[tuple[Level, str], Place] = {}
    for file in files:
        for line, place in _rows(file):
            known = found.setdefault((place.level, place.code), place)
            if known != place:
                raise _bad(file, f"line {line}: {place.level} {place.code} is there twice, and not alike")
    return sorted(found.values(), key=lambda p: (LEVELS.index(p.level), int(p.code)))


def load(cursor: extensions.cursor, places: Sequence[Place], *, since: date) -> Loaded:
    """Take places into the directory as they are from ``since`` on; what they were before stays.

    Raises:
        BadInput: when a later state of one of them is known already.
    """
    cursor.execute("lock table gis.place in share row exclusive mode")
    cursor.execute(
        "create temporary table given (level text, code text, name text, name_local text, parent text)"
        " on commit drop"
    )
    execute_values(
        cursor,
        "insert into given values %s",
        [(p.level, p.code, p.name, p.name_local, p.parent) for p in places],
        page_size=5_000,
    )
    cursor.execute(
        "select p.level, p.code, p.valid_from from gis.place p join given g using (level, code)"
        " where p.valid_from > %s limit 1",
        (since,),
    )
    if later := cursor.fetchone():
        raise BadInput(
            f"{later[0]} {later[1]} is known as of {later[2]}, which is after {since}",
            field="--since",
            remedy="Load exports in the order of their days.",
        )
    cursor.execute(
        "create temporary table moved on commit drop as select g.*, p.code is not null as known"
        " from given g left join gis.place p on p.level = g.level and p.code = g.code and p.valid_to is null"
        " where p.code is null"
        " or (p.name, p.name_local, p.parent) is distinct from (g.name, g.name_local, g.parent)"
    )
    cursor.execute(
        "delete from gis.place p using moved m where p.level = m.level and p.code = m.code and p.valid_from = %s",
        (since,),
    )
    cursor.execute(
        "update gis.place p set valid_to = %s from moved m"
        " where p.level = m.level and p.code = m.code and p.valid_to is null",
        (since,),
    )
    cursor.execute(
        "insert into gis.place (level, code, name, name_local, parent, valid_from)"
        " select level, code, name, name_local, parent, %s from moved",
        (since,),
    )
    cursor.execute("select count(*) filter (where not known), count(*) filter (where known) from moved")
    counted = cursor.fetchone()
    assert counted
    cursor.execute("drop table given, moved")
    new, changed = counted
    return Loaded(new=new, changed=changed, same=len(places) - new - changed)


def line_of(cursor: extensions.cursor, village: str, day: date) -> tuple[Place, ...]:
    """The village with what it lies in, the state first, as of a day; empty where the directory has no such village."""
    cursor.execute(
        "with recursive line as ("
        "  select level, code, name, name_local, parent, 4 as depth from gis.place"
        "   where level = 'village' and code = %(code)s"
        "     and valid_from <= %(day)s and (valid_to is null or valid_to > %(day)s)"
        "  union all"
        "  select p.level, p.code, p.name, p.name_local, p.parent, line.depth - 1 from line join gis.place p"
        "    on p.code = line.parent and p.level = (array['state', 'district', 'subdistrict'])[line.depth - 1]"
        "   and p.valid_from <= %(day)s and (p.valid_to is null or p.valid_to > %(day)s)"
        " ) select level, code, name, name_local, parent from line order by depth",
        {"code": village, "day": day},
    )
    return tuple(
        Place(level=level, code=code, name=name, name_local=local, parent=parent)
        for level, code, name, local, parent in cursor
    )


def keep_boundaries(cursor: extensions.cursor, shapes: Mapping[str, BaseGeometry], *, source: str) -> None:
    """Keep the boundaries of villages, in longitude and latitude by LGD code, in the place of former ones."""
    execute_values(
        cursor,
        "insert into gis.village_boundary (lgd, source, geom) values %s"
        " on conflict (lgd) do update set source = excluded.source, geom = excluded.geom",
        [(lgd, source, shapely.to_wkb(shape)) for lgd, shape in shapes.items()],
        template="(%s, %s, st_multi(st_geomfromwkb(%s, 4326)))",
        page_size=500,
    )


def boundaries_of(cursor: extensions.cursor, villages: Sequence[str]) -> dict[str, BaseGeometry]:
    """The boundaries that are kept of these villages, by LGD code."""
    cursor.execute(
        "select lgd, st_asbinary(geom) from gis.village_boundary where lgd = any(%s)", (list(villages),)
    )
    return {lgd: shapely.from_wkb(bytes(shape)) for lgd, shape in cursor}


def _rows(file: Path) -> Iterator[tuple[int, Place]]:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise _bad(file, f"it is larger than {MOST_BYTES >> 20} MiB")
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            columns = {name.strip().lower(): name for name in reader.fieldnames or ()}
            level = _level(file, columns)
            for row in reader:
                yield reader.line_num, _place(file, reader.line_num, level, columns, row)
    except OSError as error:
        raise _bad(file, (error.strerror or "it is not there").lower()) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise _bad(file, " ".join(str(error).split())[:160]) from None


def _level(file: Path, columns: Mapping[str, str]) -> Level:
    """The lowest level of which the file has codes and names."""
    for level in reversed(LEVELS):
        if f"{level}_code" in columns and any(name in columns for name in _NAMES[level]):
            return level
    raise _bad(file, "it has no column of codes: village_code, subdistrict_code, district_code or state_code")


def _place(
    file: Path, line: int, level: Level, columns: Mapping[str, str], row: Mapping[str, str | None]
) -> Place:
    def cell(*names: str) -> str:
        name = next((columns[n] for n in names if n in columns), "")
        return " ".join((row.get(name) or "").split())

    parent = _PARENTS[level]
    codes = [cell(f"{level}_code"), *([cell(parent)] if parent else [])]
    name = cell(*_NAMES[level])
    if not name or not all(code.isascii() and code.isdecimal() and len(code) <= 6 for code in codes):
        raise _bad(file, f"line {line}: no name, or a code that is no number of up to six digits")
    # A spelling that a machine made is good for searching and no name to show.
    official = cell("native_source") in ("", _OFFICIAL)
    return Place(
        level=level,
        code=codes[0],
        name=name,
        name_local=(cell(f"{level}_name_local", f"{level}_native") or None) if official else None,
        parent=codes[1] if parent else None,
    )


def _bad(file: Path, reason: str) -> BadInput:
    return BadInput(
        f"{file.name} is no export of the directory: {reason}",
        field="FILES",
        remedy="Give CSV files with the columns of the Local Government Directory: codes and names of each level.",
    )
