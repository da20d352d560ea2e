"""Parcels gathered into holdings: one khata, or one group of khatas that a cell joins, is one unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from gis.holders import HOLDERS_DIFFER, SENTENCES, ProposedHolder
from gis.intake import Draft
from gis.proposal import ProposedUnit
from gis.report import Remark
from gis.text import as_text, natural_key

MIXED = "mixed"  # the tenure of a holding whose parcels are of several classes


def gather(
    drafts: Sequence[Draft], holders_column: str
) -> tuple[list[ProposedUnit], list[int], list[Remark]]:
    """The units in the natural order of their labels, the unit's serial of each draft, and remarks on their rows.

    Parcels are numbered as the drafts stand, from 1.
    """
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, draft in enumerate(drafts):
        members[tuple(sorted(draft.entry.khatas, key=natural_key))].append(place)
    units: list[ProposedUnit] = []
    unit_of = [0] * len(drafts)
    remarks: list[Remark] = []
    for khatas, places in sorted(members.items(), key=lambda item: [natural_key(k) for k in item[0]]):
        unit = _unit(len(units) + 1, khatas, places, [drafts[place] for place in places])
        units.append(unit)
        for place in places:
            unit_of[place] = unit.serial
            remarks.extend(_remarks(drafts[place], unit.flags, holders_column))
    return units, unit_of, remarks


def _unit(serial: int, khatas: tuple[str, ...], places: list[int], drafts: list[Draft]) -> ProposedUnit:
    entries = [draft.entry for draft in drafts]
    flags = list(dict.fromkeys(flag for entry in entries for flag in entry.holder_flags))
    holders = entries[0].holders
    if any(entry.holders != holders for entry in entries):
        flags.append(HOLDERS_DIFFER)
    if flags:  # who holds is not known whole, so nobody's part is
        named = [
            [ProposedHolder(name=h.name, relation=h.relation) for h in entry.holders] for entry in entries
        ]
        holders = tuple(holder for holder in named[0] if all(holder in others for others in named))
    tenures = {entry.tenure or entry.land_class for entry in entries}
    return ProposedUnit(
        serial=serial,
        label=",".join(entries[0].khatas),
        khatas=khatas,
        tenure=tenures.pop() if len(tenures) == 1 else MIXED,
        holders=holders,
        parcels=tuple(place + 1 for place in places),
        flags=tuple(flags),
    )


def _remarks(draft: Draft, flags: tuple[str, ...], holders_column: str) -> list[Remark]:
    """One remark for each flag that this row gives rise to; a difference between rows is said on all of them."""
    own = (*draft.entry.holder_flags, *draft.entry.notes, HOLDERS_DIFFER)
    cell = as_text(draft.cells.get(holders_column))
    return [
        Remark(row=draft.entry.row, label=draft.entry.label, kind=flag, sentence=SENTENCES[flag], cell=cell)
        for flag in (*flags, *draft.entry.notes)
        if flag in own
    ]
