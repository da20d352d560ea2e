"""Identifiers: given once, never reused, and never derived from a label.

``<LGD village code>-<serial, 6 digits>`` is a parcel, ``...-U<serial>`` a unit, ``...-C<serial>`` a case.
"""

from __future__ import annotations

import re
from typing import Literal, NewType

from domain.errors import BadInput
from domain.languages import Phrase

VillageCode = NewType("VillageCode", str)
ParcelId = NewType("ParcelId", str)
UnitId = NewType("UnitId", str)
CaseNo = NewType("CaseNo", str)
Kind = Literal["parcel", "unit", "case", "officer"]

_ID = re.compile(r"([0-9]{1,6})-([UC]?)([0-9]{6})", re.ASCII)
_KEYID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KINDS: dict[str, Kind] = {"": "parcel", "U": "unit", "C": "case"}
_LAST_SERIAL = 999_999


def parse_village(text: str, *, field: str = "village") -> VillageCode:
    """An LGD village code: one to six digits, no leading zero.

    >>> parse_village("593873")
    '593873'
    """
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text, re.ASCII):
        raise BadInput(
            Phrase("{given} is not an LGD village code", given=repr(text[:40])),
            field=field,
            remedy="Give the village's code from the Local Government Directory: up to six digits.",
        )
    return VillageCode(text)


def parcel_id(village: VillageCode, serial: int) -> ParcelId:
    """
    >>> parcel_id(VillageCode("593873"), 145)
    '593873-000145'
    """
    return ParcelId(f"{village}-{_serial(serial)}")


def unit_id(village: VillageCode, serial: int) -> UnitId:
    """
    >>> unit_id(VillageCode("593873"), 45)
    '593873-U000045'
    """
    return UnitId(f"{village}-U{_serial(serial)}")


def case_no(village: VillageCode, serial: int) -> CaseNo:
    """
    >>> case_no(VillageCode("593873"), 12)
    '593873-C000012'
    """
    return CaseNo(f"{village}-C{_serial(serial)}")


def parse_parcel_id(text: str, *, field: str = "parcel") -> ParcelId:
    """
    >>> parse_parcel_id("593873-000145")
    '593873-000145'
    >>> parse_parcel_id("101/2")
    Traceback (most recent call last):
    domain.errors.BadInput: '101/2' is not a parcel id
    """
    return ParcelId(_parse(text, "parcel", field))


def parse_unit_id(text: str, *, field: str = "unit") -> UnitId:
    """
    >>> parse_unit_id("593873-U000045")
    '593873-U000045'
    """
    return UnitId(_parse(text, "unit", field))


def kind_of(identifier: str) -> Kind:
    """Which kind of thing an identifier names.

    >>> [kind_of(i) for i in ("593873-000145", "593873-U000045", "593873-C000012", "ab" * 32)]
    ['parcel', 'unit', 'case', 'officer']
    """
    if match := _ID.fullmatch(identifier):
        return _KINDS[match[2]]
    if _KEYID.fullmatch(identifier):
        return "officer"
    raise BadInput(
        Phrase(
            "{given} is not the id of a parcel, a unit, a case or an officer's key",
            given=repr(identifier[:80]),
        ),
        field="id",
    )


def village_of(identifier: str) -> VillageCode:
    """The village whose code opens the id.

    >>> village_of("593873-U000045")
    '593873'
    """
    if not (match := _ID.fullmatch(identifier)):
        raise BadInput(
            Phrase("{given} is not the id of a parcel, a unit or a case", given=repr(identifier[:80])),
            field="id",
        )
    return VillageCode(match[1])


def serial_of(identifier: str) -> int:
    """The serial number that ends the id.

    >>> serial_of("593873-U000045")
    45
    """
    if not (match := _ID.fullmatch(identifier)):
        raise BadInput(
            Phrase("{given} is not the id of a parcel, a unit or a case", given=repr(identifier[:80])),
            field="id",
        )
    return int(match[3])


def _serial(serial: int) -> str:
    if not 0 < serial <= _LAST_SERIAL:
        raise BadInput(
            Phrase(
                "a village numbers its parcels, units and cases from 1 to {last}; {serial} lies outside",
                last=_LAST_SERIAL,
                serial=serial,
            ),
            field="serial",
            remedy="Register the village in parts, each with its own LGD code.",
        )
    return f"{serial:06d}"


def _parse(text: str, kind: Kind, field: str) -> str:
    match = _ID.fullmatch(text)
    if not match or _KINDS[match[2]] != kind:
        letter = {"parcel": "", "unit": "U", "case": "C"}[kind]
        raise BadInput(
            Phrase("{given} is not a {kind} id", given=repr(text[:80]), kind=Phrase(kind)),
            field=field,
            remedy=Phrase(
                "A {kind} id reads <LGD village code>-{letter}<six digits>, as in 593873-{letter}000045.",
                kind=Phrase(kind),
                letter=letter,
            ),
        )
    return text
