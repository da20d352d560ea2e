"""What a verified proof says, in words: careful ones, for the record is presumptive.

Never "A owns it", always "the record of rights shows ..., as of ..."; and what nobody vouched for is said too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from domain.canon import Json
from domain.commitment import Opening
from registry.qr import Burden, Paper

Doc = Mapping[str, Json]

_LATEST_YEAR = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second that a calendar here can write
_BURDENS = {  # the lists that a state must bear, even when they are empty, by the kinds that bear them
    "charges": ("unit",),
    "restrictions": ("parcel", "unit"),
    "holds": ("unit",),
    "pending": ("parcel", "unit"),
}


def statement(
    parcel: str,
    origin: str,
    states: Mapping[tuple[str, str], Doc | None],
    *,
    as_of: int | None,
    size: int,
    openings: Sequence[Opening],
    as_of_size: int | None = None,
) -> str:
    """The verdict on a parcel as an English paragraph; of the past, where ``as_of_size`` is given."""
    when = f"As of {_as_of(as_of)} (log {origin}, {size} entries), "
    record = states["parcel", parcel]
    if as_of_size is not None:
        when = f"{when}its whole history tells: when the log had {as_of_size} entries, "
        if record is None:
            return f"{when}no parcel was registered under the id {parcel} yet."
    if record is None:
        return f"{when}no parcel was ever registered under the id {parcel}."
    label = f"{parcel} (label {record.get('label')}, version {record.get('version')})"
    if record.get("status") == "retired":
        return f"{when}the record of rights shows that parcel {label} is retired. {_successors(record)}"
    unit = states.get(("unit", str(record.get("unit"))))
    docs = {"parcel": record, "unit": unit or {}}
    lists = [_burden(name, [docs[kind] for kind in kinds]) for name, kinds in _BURDENS.items()]
    return (
        f"{when}the record of rights shows parcel {label} in unit {record.get('unit')}"
        f" (label {unit.get('label') if unit else None}), {_holders(unit, openings)}. {' '.join(lists)}"
    )


def paper_statement(paper: Paper) -> str:
    """What a printed code says, as an English paragraph."""
    named = "; ".join(f"{name}, share {share or 'not determined'}" for name, share in paper.holders)
    more = paper.holder_count - len(paper.holders)
    rest = (
        f"{'; and ' if named else ''}{more} {'more ' if named else ''}not named on the code" if more else ""
    )
    lists = [_printed(name, burden) for name, burden in paper.burdens.items()]
    area = f", area {paper.area_m2} m2" if paper.area_m2 else ""
    state = "retired" if paper.retired else f"held by {named}{rest}" if named or rest else "without a holder"
    return (
        f"As of {_as_of(paper.as_of)} (log {paper.origin}, {paper.size} entries), the record of rights showed parcel "
        f"{paper.parcel} (label {paper.label}, version {paper.version}{area}), {state}. {' '.join(lists)}"
    )


def _printed(name: str, burden: Burden) -> str:
    if burden is None:
        return f"{name.capitalize()}: not shown, so not known to be clear."
    said = burden if isinstance(burden, int) else ", ".join(burden)
    return f"{name.capitalize()}: {said or 'none'}."


def _as_of(as_of: int | None) -> str:
    if as_of is None:
        return "a checkpoint that no witness was asked to vouch for"
    return datetime.fromtimestamp(min(as_of, _LATEST_YEAR), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _successors(record: Doc) -> str:
    successors = record.get("successors")
    if not isinstance(successors, list) or not successors:
        return "It names no successor."
    return f"Its successors are {', '.join(str(s) for s in successors)}."


def _holders(unit: Doc | None, openings: Sequence[Opening]) -> str:
    shares = unit.get("shares") if unit else None
    if not isinstance(shares, list) or not shares:
        return "without a holder on record"
    names = {o.commitment: _name(o.value) for o in openings}
    held = [_holder(share, names) for share in shares if isinstance(share, dict)]
    return f"held by {'; '.join(held)}"


def _holder(share: Doc, names: Mapping[str, str]) -> str:
    party = str(share.get("party"))
    name = names.get(party, f"the party {party[:12]}... (name not revealed)")
    if share.get("num") is None:
        return f"{name}, share not determined"
    return f"{name}, share {share.get('num')}/{share.get('den')}"


def _name(value: Json) -> str:
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        return str(value["name"])
    return "a party of another description"


def _burden(name: str, bearers: Sequence[Doc]) -> str:
    """One kind of burden on the parcel and its unit; a list that is missing or withheld never counts as clear."""
    found = []
    for doc in bearers:
        items = doc.get(name)
        if not isinstance(items, list):
            return f"{name.capitalize()}: not shown, so not known to be clear."
        found += [str(item.get("kind")) if isinstance(item, dict) else str(item) for item in items]
    return f"{name.capitalize()}: {', '.join(found) if found else 'none'}."
