"""``landlog village resurvey``: a village, or a part of it, measured anew by one case of many signed orders."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import clock
from api.cli import console
from api.cli.map_options import MapFile, MappingName, OfficersKey, Table, VillageCode
from api.cli.options import PassphraseFile, Yes, digest_of, load_key, registry, write_bytes
from domain.errors import BadInput

if TYPE_CHECKING:
    from api.resurveying import Resurveyed
    from api.wiring import House
    from gis.comparison.proposals import Paper
    from gis.comparison.resurvey import Plan
    from registry.keys import Key


def resurvey(
    map_file: MapFile,
    village: VillageCode,
    mapping: MappingName,
    survey: Annotated[
        str, typer.Option(help="What every order calls it: Resurvey of Devgarh, 2026.", show_default=False)
    ],
    notification: Annotated[
        str, typer.Option(help="Number of the notification that orders it.", show_default=False)
    ],
    notified: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Its day.", show_default=False)],
    notified_by: Annotated[str, typer.Option(help="Who notified it.", show_default=False)],
    table: Table = None,
    applicant: Annotated[
        str, typer.Option(help="File the case with --key: who brings the survey.", show_default=False)
    ] = "",
    case: Annotated[
        str, typer.Option(help="The certified case to carry out: 593883-C000012.", show_default=False)
    ] = "",
    number: Annotated[
        str,
        typer.Option(help="Orders are NUMBER/1, NUMBER/2 ...; the case's without it.", show_default=False),
    ] = "",
    key: OfficersKey = None,
    second_key: Annotated[
        Path | None, typer.Option(help="Key file of the second officer, for orders.", show_default=False)
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Where the report goes; without it, comparisons/ in the home.", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
) -> None:
    """Measure a village anew: new parcels take the place of old ones, each within the holding its land comes from.

    Shows the plan. With --applicant and --key, files it as one case whose land is marked; once that is certified,
    --case with the keys of two officers records its orders. What the law refuses is told and stays as it is
    registered. `landlog village conclude` ends the case.
    """
    from gis.comparison.proposals import Paper

    paper = Paper(number=notification, made=notified.date().isoformat(), by=notified_by)
    with registry() as house:
        planned = _planned(house, map_file, mapping, village, table, paper)
        if key is None or not planned.orders:
            console.say("Nothing was signed.")
            return
        signer = load_key(key, passphrase_file)
        if applicant:
            _file(house, planned, survey, paper, applicant, signer, yes=yes)
            return
        if second_key is None or not (case or number):
            raise BadInput(
                "a resurvey is ordered by two officers, in a case or under a number of its own",
                field="--second-key" if second_key is None else "--case",
                remedy="Give --second-key, and --case or --number; or --applicant to file the case first.",
            )
        orders = Orders(
            survey=survey,
            paper=paper,
            number=number or case,
            case=case,
            keys=(signer, load_key(second_key, passphrase_file)),
            documents=(digest_of(map_file), *([digest_of(table)] if table else [])),
        )
        outcome = _carried_out(house, planned, village, orders, yes=yes)
        name = f"{village}-resurvey-{clock.instant():%Y%m%dT%H%M%S}.json"
        place = report or house.settings.home / "comparisons" / name
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_bytes(place, json.dumps(outcome.to_json(), ensure_ascii=False, indent=1).encode() + b"\n")
    _tell(outcome, place)


def conclude(
    case: Annotated[str, typer.Argument(help="The case's number: 593883-C000012.", show_default=False)],
    village: VillageCode,
    key: Annotated[Path, typer.Option(help="Key file of the officer who decides.", show_default=False)],
    clerk_key: Annotated[
        Path, typer.Option(help="Key file of who enters cases: releases what is left.", show_default=False)
    ],
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
) -> None:
    """End a case of many orders: it is carried out, and land that no order took no longer waits over it."""
    from api import resurveying

    _confirm(f"Say that the case {case} is carried out?", yes)
    with registry() as house:
        released = resurveying.conclude(
            house,
            village,
            case,
            decider=load_key(key, passphrase_file),
            clerk=load_key(clerk_key, passphrase_file),
            day=clock.today(),
        )
    console.result(f"{case} is carried out; {released} parcels and holdings were released from it")


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What the orders of a resurvey say beside their parcels, and the keys that sign them."""

    survey: str
    paper: Paper
    number: str
    case: str
    keys: tuple[Key, Key]
    documents: tuple[str, ...]


def _planned(
    house: House, map_file: Path, mapping: str, village: str, table: Path | None, paper: Paper
) -> Plan:
    """The plan, once it has been told."""
    from api import comparing, resurveying  # brings the map libraries: only this command waits for them
    from gis.comparison.resurvey import plan
    from gis.mapping import load_mapping

    house.settle()
    with console.progress(f"Reading {map_file.name}", unit="rows") as told:
        found, undrawn = comparing.compared(
            house,
            map_file,
            load_mapping(mapping),
            village,
            table=table,
            paper=paper,
            whole_rows=True,
            progress=told,
        )
    planned = plan(found.comparison, most=resurveying.MOST)
    for line in _plan_in_words(planned, undrawn):
        console.say(line)
    return planned


def _file(
    house: House, planned: Plan, survey: str, paper: Paper, applicant: str, key: Key, *, yes: bool
) -> None:
    from api import resurveying

    _confirm(f"File one case about {_retired(planned)} parcels with this key?", yes)
    with console.progress("Bringing the land under the case", unit="parcels") as told:
        case_no = resurveying.bring_under_case(
            house,
            planned,
            survey=survey,
            notification=paper,
            applicant=applicant,
            key=key,
            day=clock.today(),
            progress=told,
        )
    console.result(case_no)


def _carried_out(house: House, planned: Plan, village: str, orders: Orders, *, yes: bool) -> Resurveyed:
    from api import comparing, resurveying

    _confirm(f"Sign {len(planned.orders)} orders with these two keys?", yes)
    proceeding = resurveying.Proceeding(
        survey=orders.survey,
        notification=orders.paper,
        office=comparing.office_of(house, village),
        number=orders.number,
        keys=orders.keys,
        documents=orders.documents,
        case=orders.case,
    )
    with console.progress("Recording", unit="parcels") as told:
        return resurveying.carry_out(house, planned, proceeding, day=clock.today(), progress=told)


def _confirm(question: str, yes: bool) -> None:
    if not console.confirm(question, yes=yes):
        console.say("Nothing was signed.")
        raise typer.Exit(1)


def _retired(planned: Plan) -> int:
    return sum(len(group.retires) for order in planned.orders for group in order)


def _plan_in_words(planned: Plan, undrawn: list[str]) -> list[str]:
    parcels = [parcel for order in planned.orders for group in order for parcel in group.parcels]
    several = sum(len(parcel.replaces) > 1 for parcel in parcels)
    lines = [
        f"{_retired(planned)} registered parcels become {len(parcels)} new ones in {len(planned.orders)} orders; "
        f"{several} take up land of several."
    ]
    if planned.left:
        lines.append(
            f"{len(planned.left)} stay: their land went to parcels of other holdings, or to none "
            f"({', '.join(plot.label for plot in planned.left[:10])} ...)."
        )
    if planned.homeless:
        lines.append(f"{len(planned.homeless)} new parcels lie where nothing is registered and are left out.")
    if undrawn:
        lines.append(f"{len(undrawn)} registered parcels have no map yet and were not compared.")
    return lines


def _tell(outcome: Resurveyed, place: Path) -> None:
    console.result(
        f"{outcome.retired} parcels retired, {outcome.registered} registered by {len(outcome.orders)} orders"
    )
    if outcome.remeasured:
        console.say(f"{len(outcome.remeasured)} are recorded as measured: their stated figure was off.")
    for refused in outcome.refused[:5]:
        console.say(f"  not recorded: {', '.join(refused.labels[:5])}: {refused.reasons[0]}")
    if len(outcome.refused) > 5:
        console.say(f"  ... and {len(outcome.refused) - 5} more, see the report")
    console.say(f"Report: {place}")
