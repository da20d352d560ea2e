"""``landlog village resurvey``: a village, or a part of it, measured anew by one case of many signed orders."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import clock
from api.cli import console
from api.cli.options import PassphraseFile, Yes, digest_of, load_key, registry, write_bytes
from domain.errors import BadInput

if TYPE_CHECKING:
    from api.resurveying import Resurveyed
    from gis.comparison.resurvey import Plan


def resurvey(
    map_file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The map of the new survey.", show_default=False)
    ],
    village: Annotated[str, typer.Option(help="The village's LGD code.", show_default=False)],
    mapping: Annotated[
        str,
        typer.Option(help="Which column is what: a TOML file, or a ready-made one.", show_default=False),
    ],
    survey: Annotated[
        str, typer.Option(help="What every order calls it: Resurvey of Devgarh, 2026.", show_default=False)
    ],
    notification: Annotated[
        str, typer.Option(help="Number of the notification that orders it.", show_default=False)
    ],
    notified: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Its day.", show_default=False)],
    notified_by: Annotated[str, typer.Option(help="Who notified it.", show_default=False)],
    table: Annotated[
        Path | None,
        typer.Option(
            help="CSV file of the record beside the map, if the mapping joins one.", show_default=False
        ),
    ] = None,
    applicant: Annotated[
        str,
        typer.Option(help="File the case with --key: who brings the survey.", show_default=False),
    ] = "",
    case: Annotated[
        str,
        typer.Option(
            help="The certified case that the orders carry out: 593883-C000012.", show_default=False
        ),
    ] = "",
    number: Annotated[
        str,
        typer.Option(
            help="Number of the orders: NUMBER/1, NUMBER/2 ...; the case's own without it.",
            show_default=False,
        ),
    ] = "",
    key: Annotated[
        Path | None,
        typer.Option(
            help="Key file of the officer who files or orders; without it, the plan only.", show_default=False
        ),
    ] = None,
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
    from api import comparing, resurveying  # brings the map libraries: only this command waits for them
    from gis.comparison.proposals import Paper
    from gis.comparison.resurvey import plan
    from gis.mapping import load_mapping

    paper = Paper(number=notification, made=notified.date().isoformat(), by=notified_by)
    with registry() as house:
        house.settle()
        with console.progress(f"Reading {map_file.name}", unit="rows") as told:
            found, undrawn = comparing.compared(
                house, map_file, load_mapping(mapping), village, table=table, paper=paper, progress=told
            )
        planned = plan(found.comparison, most=resurveying.MOST)
        for line in _plan_in_words(planned, undrawn):
            console.say(line)
        if key is None or not planned.orders:
            console.say("Nothing was signed.")
            return
        if applicant:
            _confirm(f"File one case about {_retired(planned)} parcels with this key?", yes)
            with console.progress("Bringing the land under the case", unit="parcels") as told:
                case_no = resurveying.bring_under_case(
                    house,
                    planned,
                    survey=survey,
                    notification=paper,
                    applicant=applicant,
                    key=load_key(key, passphrase_file),
                    day=clock.today(),
                    progress=told,
                )
            console.result(case_no)
            return
        if second_key is None or not (case or number):
            raise BadInput(
                "a resurvey is ordered by two officers, in a case or under a number of its own",
                field="--second-key" if second_key is None else "--case",
                remedy="Give --second-key, and --case or --number; or --applicant to file the case first.",
            )
        _confirm(f"Sign {len(planned.orders)} orders with these two keys?", yes)
        proceeding = resurveying.Proceeding(
            survey=survey,
            notification=paper,
            office=comparing.office_of(house, village),
            number=number or case,
            keys=(load_key(key, passphrase_file), load_key(second_key, passphrase_file)),
            documents=(digest_of(map_file), *([digest_of(table)] if table else [])),
            case=case,
        )
        with console.progress("Recording", unit="parcels") as told:
            outcome = resurveying.carry_out(house, planned, proceeding, day=clock.today(), progress=told)
        name = f"{village}-resurvey-{clock.instant():%Y%m%dT%H%M%S}.json"
        place = report or house.settings.home / "comparisons" / name
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_bytes(place, json.dumps(outcome.to_json(), ensure_ascii=False, indent=1).encode() + b"\n")
    _tell(outcome, place)


def conclude(
    case: Annotated[str, typer.Argument(help="The case's number: 593883-C000012.", show_default=False)],
    village: Annotated[str, typer.Option(help="The village's LGD code.", show_default=False)],
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
