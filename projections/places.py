"""Villages: their names, whose law they are under, and what their record amounts to.

A village enters with the first registration of its land; a later registration that names it otherwise corrects the
name.  Number, area and grades of its parcels are moved on by what each page adds and takes away, so that no page
counts a whole village.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from psycopg2 import extensions

from domain.law import languages, state_of
from projections.copying import upsert
from projections.documents import VillageName
from projections.labels import search_key
from projections.pages import Doc, Page

_COLUMNS = ("lgd", "name", "name_local", "office", "state", "languages", "search_key")

# What the page put aside in page_records_parcel adds, and what it is about to replace takes away.
_TALLY = """
update records.village v
   set parcels = v.parcels + d.parcels, area_m2 = v.area_m2 + d.m2,
       grade_a = v.grade_a + d.a, grade_b = v.grade_b + d.b, grade_c = v.grade_c + d.c, grade_d = v.grade_d + d.d
  from (
    select village, sum(sign) as parcels, sum(sign * recorded_m2) as m2,
           sum(sign * (grade = 'A')::int) as a, sum(sign * (grade = 'B')::int) as b,
           sum(sign * (grade = 'C')::int) as c, sum(sign * (grade = 'D')::int) as d
      from (
        select village, 1 as sign, recorded_m2, grade from page_records_parcel where status = 'active'
        union all
        select p.village, -1, p.recorded_m2, p.grade
          from records.parcel p join page_records_parcel n using (parcel_id) where p.status = 'active'
      ) moved
     group by village
  ) d
 where v.lgd = d.village"""

FIND = """
select lgd, name, name_local, office, parcels from records.village
 where lgd = %(text)s or position(%(key)s in search_key) > 0
 order by lgd <> %(text)s, position(%(key)s in search_key), name, lgd limit %(limit)s"""
"""Villages by LGD code or by a part of their name in any script: ``text`` as typed, ``key`` its ``search_key``."""


def enter(cursor: extensions.cursor, page: Page) -> set[str]:
    """The villages that the page's first registrations name; the codes of those known by another name so far."""
    found = {
        str(village["lgd"]): village
        for event in page.events
        if (village := _village(event.payload)) is not None
    }
    if not found:
        return set()
    before = names(cursor, found)
    upsert(cursor, "records.village", _COLUMNS, map(_row, found.values()), key="lgd")
    return {lgd for lgd, name in names(cursor, found).items() if before.get(lgd, name) != name}


def names(cursor: extensions.cursor, codes: Iterable[str]) -> dict[str, VillageName]:
    """The villages of these LGD codes as documents name them."""
    cursor.execute("select lgd, name, name_local from records.village where lgd = any(%s)", (list(codes),))
    return {lgd: VillageName(lgd, name, name_local) for lgd, name, name_local in cursor}


def tally(cursor: extensions.cursor) -> None:
    """Moves the villages' counts on, between ``copy_aside`` and ``upsert_aside`` of records.parcel."""
    cursor.execute(_TALLY)


def _village(payload: Doc) -> Mapping[str, str | None] | None:
    facts = payload.get("facts")
    village = facts.get("village") if isinstance(facts, dict) else None
    return cast("Mapping[str, str | None]", village) if isinstance(village, dict) else None


def _row(village: Mapping[str, str | None]) -> tuple[str | tuple[str, ...] | None, ...]:
    office, name, name_local = str(village["office"]), str(village["name"]), village["name_local"]
    state = state_of(office)
    key = search_key(f"{name} {name_local or ''}")
    return (str(village["lgd"]), name, name_local, office, state, languages(state), key)
