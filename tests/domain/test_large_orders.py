"""Large orders fit the log: a khata of forty holders and twenty parcels is one entry, and so are several of them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from domain import catalogue, form, kit
from domain.canon import canonical
from domain.ids import ParcelId, UnitId, VillageCode, parcel_id, unit_id
from domain.law import Law, law_of
from domain.mutations import _examples, import_, inheritance, partition
from domain.mutations import _shared as people
from domain.mutations._people import HolderIn
from domain.quantities import WHOLE, area, parse_share
from domain.record import Holding, Record, Restriction, Unit
from domain.values import Code, OfficeCode, ParcelLabel, PartyRef, Text, UnitLabel
from registry import dsse

pytestmark = pytest.mark.quick

LIMIT = 65_535  # bytes of one log entry (transparency spec 1.4)
LAW = law_of("generic", people.DEED.made)
FORTY = [people.person(f"खातेदार {n}", "रामलाल") for n in range(40)]
UNEVEN = [Fraction(1, (192, 160, 128, 120)[n % 4]) for n in range(39)]
SHARES = [*UNEVEN, WHOLE - sum(UNEVEN)]


def khatas(count: int) -> Record:
    """Khatas of the same forty holders over twenty parcels each."""
    record = Record()
    for k in range(count):
        unit = unit_id(people.VILLAGE, 100 + k)
        ids = tuple(parcel_id(people.VILLAGE, 1_000 + 20 * k + n) for n in range(20))
        parcels = [replace(people.parcel(p, f"{k}/{n}", "0.1000"), unit=unit) for n, p in enumerate(ids)]
        holders = tuple(Holding(who.commitment, share) for who, share in zip(FORTY, SHARES, strict=True))
        like = people.SISTERS.units[people.KHATA]
        record = record.with_states(
            *parcels, replace(like, id=unit, label=str(k), parcels=ids, shares=holders)
        )
    return record


def entry(kind: str, application: object, record: Record, law: Law = LAW) -> bytes:
    """The log entry of the order, as two officers sign it; prints what it weighs and how long deciding took."""
    mutation = catalogue.mutation(kind)
    begin = perf_counter()
    event = mutation.decide(application, record, law)
    after = mutation.apply(event, record)
    took = perf_counter() - begin
    payload = {
        "schema": 1,
        "origin": "records.example.in/landlog",
        "event_id": UUID(int=1).hex,
        "type": mutation.type,
        "decided": law.day.isoformat(),
        "office": people.OFFICE,
        "order_no": "2026/000123",
        "officer": "UP-REV-000123",
        "second_officer": "UP-REV-000124",
        "touches": [{"id": i, "prev_version": 999, "prev_history": "H" * 43 + "="} for i in sorted(after)],
        "set": kit.changes(record, after),
        "facts": form.write(event),
        "private": {str(n): o.commitment for n, o in enumerate(kit.openings(application))},
        "documents": ["D" * 43 + "="] * 4,
    }
    body = canonical(payload)  # type: ignore[arg-type]  # nested values of JSON
    signatures = [dsse.sign(SigningKey(bytes([n]) * 32), dsse.EVENT, body) for n in (1, 2)]
    sealed = dsse.seal(dsse.EVENT, body, sorted(signatures, key=lambda s: s.keyid))
    print(f"{kind}: {len(sealed)} bytes, {len(after)} states; decided in {took * 1e6:.0f} microseconds")
    return sealed


def inherited(units: Sequence[UnitId], heirs: int) -> inheritance.Application:
    dead = PartyRef(FORTY[7].commitment)
    named = [people.person(f"वारिस {n}", FORTY[7].name) for n in range(heirs)]
    return inheritance.Application(
        khatas=tuple(HolderIn(unit=u, holder=dead) for u in units),
        certificate=_examples.DEATH,
        heirs=tuple(inheritance.Heir(party=p, share=Fraction(1, heirs)) for p in named),
    )


def test_an_inheritance_on_forty_holders_and_twenty_parcels_is_one_order() -> None:
    record = khatas(1)
    assert len(entry("inheritance", inherited(list(record.units), 8), record)) <= LIMIT


def test_one_order_takes_six_such_khatas_at_once() -> None:
    record = khatas(6)
    assert len(entry("inheritance", inherited(list(record.units), 8), record)) <= LIMIT


def test_one_order_takes_the_parcels_too_where_something_lies_on_the_dead_in_each_of_them() -> None:
    record = khatas(1)
    on = Restriction(kind="tribal-land", on=FORTY[7].commitment, details="R" * 43 + "=", since=3)
    record = record.with_states(*(replace(p, restrictions=(on,)) for p in record.parcels.values()))
    assert len(entry("inheritance", inherited(list(record.units), 8), record)) <= LIMIT


def test_forty_heirs_take_in_the_place_of_an_heir_who_has_died() -> None:
    record = khatas(1)
    application = inherited(list(record.units), 40)
    first = inheritance.Heir(party=people.person("वारिस का वारिस"), share=WHOLE, in_place_of=0)
    tree = (replace(application.heirs[0], died=_examples.DEATH), *application.heirs[1:], first)
    assert len(entry("inheritance", replace(application, heirs=tree), record)) <= LIMIT


def test_forty_holders_divide_twenty_parcels_into_twenty_khatas() -> None:
    record = khatas(1)
    (unit,) = record.units.values()
    portions = tuple(
        partition.Portion(
            holders=tuple(PartyRef(p.commitment) for p in FORTY[2 * n : 2 * n + 2]),
            parcels=(parcel,),
            new_unit=people.NewUnit(label=UnitLabel(str(500 + n)), id=unit_id(people.VILLAGE, 500 + n)),
        )
        for n, parcel in enumerate(unit.parcels)
    )
    application = partition.Application(unit=unit.id, portions=portions, deed=people.DEED)
    assert len(entry("partition", application, record)) <= LIMIT


def test_the_shares_of_a_village_in_rajasthan_load_exactly_and_are_inherited_exactly(
    shared_data: Path,
) -> None:
    record = _rajasthan(shared_data / "rj_khata_shares")
    law = law_of("rj", people.DEED.made)
    assert len(record.units) == 31
    assert all(unit.shares_determined for unit in record.units.values())
    for unit in record.units.values():
        dead = PartyRef(unit.shares[0].party)
        heirs = [people.person(f"{unit.label}-{n}") for n in range(3)]
        application = inheritance.Application(
            khatas=(HolderIn(unit=unit.id, holder=dead),),
            certificate=_examples.DEATH,
            heirs=tuple(inheritance.Heir(party=p, share=Fraction(1, 3)) for p in heirs),
        )
        assert len(entry("inheritance", application, record, law)) <= LIMIT
        event = catalogue.mutation("inheritance").decide(application, record, law)
        after = catalogue.mutation("inheritance").apply(event, record)[unit.id]
        assert isinstance(after, Unit)
        assert sum(h.share or 0 for h in after.shares) == 1
        assert after.share_of(heirs[0].commitment) == unit.share_of(dead) / 3


def _rajasthan(folder: Path) -> Record:
    """The village, registered as it stands in its jamabandi."""
    with (folder / "holders.csv").open(encoding="utf-8") as rows:
        holders = list(csv.DictReader(rows))
    with (folder / "plots.csv").open(encoding="utf-8") as rows:
        plots = list(csv.DictReader(rows))
    labels = list(dict.fromkeys(row["khata_no"] for row in holders))
    application = import_.Application(
        village=import_.Village(
            lgd=VillageCode("999102"), name=Text("Jalore"), name_local=None, office=OfficeCode("8/1/1")
        ),
        source=Text("Jamabandi"),
        units=tuple(_old_unit(n, label, holders) for n, label in enumerate(labels)),
        parcels=tuple(_old_parcel(n, row, labels) for n, row in enumerate(plots)),
    )
    mutation = catalogue.mutation("import")
    states = mutation.apply(mutation.decide(application, Record(), LAW), Record())
    return Record().with_states(*states.values())


def _old_unit(serial: int, label: str, holders: list[dict[str, str]]) -> import_.OldUnit:
    return import_.OldUnit(
        label=UnitLabel(label),
        tenure=Code("khatedar"),
        holders=tuple(
            import_.OldHolder(
                party=people.person(row["holder_ref"]),
                share=parse_share("1" if row["share"] == "पूर्ण" else row["share"]),
            )
            for row in holders
            if row["khata_no"] == label
        ),
        id=UnitId(f"999102-U{serial + 1:06d}"),
    )


def _old_parcel(serial: int, row: dict[str, str], labels: list[str]) -> import_.OldParcel:
    return import_.OldParcel(
        label=ParcelLabel(row["khasra_no"]),
        unit=labels.index(row["khata_no"]),
        area=area(row["area_ha"] if row["area_ha"][0] != "." else f"0{row['area_ha']}", "hectare"),
        land_class=Code("private"),
        use=Code("cultivated"),
        id=ParcelId(f"999102-{serial + 1:06d}"),
    )
