"""``landlog record``: the record of rights of a parcel, read, printed and proved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from api.cli.options import Out, registry, write_bytes
from domain.errors import BadInput, NotFound

if TYPE_CHECKING:
    from api.wiring import House

app = typer.Typer(no_args_is_help=True, help="The record of rights: show, pdf, proof.")

Parcel = Annotated[
    str,
    typer.Argument(
        metavar="PARCEL", help="The parcel's id, or village and number: 593873:101/2.", show_default=False
    ),
]


@app.command()
def show(
    parcel: Parcel,
    as_json: Annotated[bool, typer.Option("--json", help="Print the document as JSON.")] = False,
) -> None:
    """Show what the record of rights says of a parcel."""
    with registry() as house:
        document = read(house, resolve(house, parcel))
    if as_json:
        console.result(json.dumps(document, ensure_ascii=False, indent=1))
        return
    for line in lines(document):
        console.result(line)


@app.command()
def proof(
    parcel: Parcel,
    out: Out = None,
    history: Annotated[
        bool,
        typer.Option("--history", help="With every event: it then answers for any past size of the log."),
    ] = False,
) -> None:
    """Write the title proof of a parcel: who has it can check the record offline (landlog verify)."""
    with registry() as house:
        identifier = resolve(house, parcel)
        data = proof_of(house, identifier, history=history)
    place = out or Path(f"{identifier}.proof.json")
    write_bytes(place, data)
    console.say(f"{place} holds the title proof of {identifier} ({len(data)} bytes).")


@app.command()
def pdf(
    parcel: Parcel,
    out: Out = None,
    lang: Annotated[
        str | None,
        typer.Option(help="The record's language beside English: hi, te ...", show_default=False),
    ] = None,
    base: Annotated[
        str, typer.Option(help="Where the registry's pages are: the code on the paper leads there.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Print the extract of a parcel: one A4 page (PDF/A) with map, code and the title proof attached."""
    from api import clock
    from api.counter import Counter
    from api.routes import papers

    with registry() as house:
        identifier = resolve(house, parcel)
        desk = Counter(house, clock.instant)
        try:
            url = f"{base.rstrip('/')}/parcels/{identifier}"
            data = papers.extract_of(desk, identifier, url=url, lang=_language(lang))
        finally:
            desk.close()
    place = out or Path(f"{identifier}.pdf")
    write_bytes(place, data)
    console.say(f"{place} is the extract of {identifier}; `landlog verify {place}` checks it.")


@app.command()
def history(parcel: Parcel) -> None:
    """List every order on a parcel, oldest first: log index, day, type, officer, and what it says."""
    with registry() as house:
        identifier = resolve(house, parcel)
        with house.datastore.cursor() as cursor:
            cursor.execute(
                "select e.idx, e.decided, e.type, e.officer, e.words ->> 'en' from records.event_of o"
                " join records.event e using (idx) where o.id = %s order by e.idx",
                (identifier,),
            )
            for row in cursor:
                console.result("\t".join(map(str, row)))


def _language(text: str | None) -> Any:
    """One of the languages of records; None leaves it to the village.

    Raises:
        BadInput: for a language that no record is written in.
    """
    from api.addresses import LANGUAGES

    if text is not None and text not in LANGUAGES:
        raise BadInput(
            f"{text[:20]!r} is no language of a record here",
            field="--lang",
            remedy=f"Known: {', '.join(LANGUAGES)}.",
        )
    return text


def resolve(house: House, text: str) -> str:
    """The id of a parcel that is named by its id, or by village and number.

    Raises:
        BadInput: when the number is borne by several parcels.
        NotFound: when it is borne by none.
    """
    village, colon, label = text.partition(":")
    if not colon:
        return text
    from projections.labels import label_key

    with house.datastore.cursor() as cursor:
        cursor.execute(
            "select parcel_id from records.parcel where village = %s and label_key = %s and status = 'active'",
            (village, label_key(label)),
        )
        found = [identifier for (identifier,) in cursor]
    if not found:
        raise NotFound(
            f"no parcel of village {village[:20]} bears the number {label[:60]}",
            field="PARCEL",
            remedy="See `landlog village parcels`.",
        )
    if len(found) > 1:
        raise BadInput(
            f"{label[:60]} may mean several parcels: {', '.join(found[:10])}",
            field="PARCEL",
            remedy="Give the parcel's id.",
        )
    return str(found[0])


def proof_of(house: House, parcel: str, *, history: bool = False) -> bytes:
    """The title proof, with the names that the record shows.

    Raises:
        NotFound: when the parcel is not in the record.
    """
    from api import clock, counter
    from api.routes import parcels

    read(house, parcel)
    desk = counter.Counter(house, clock.instant)
    try:
        return parcels.proof_of(desk, parcel, history=history)
    finally:
        desk.close()


def read(house: House, parcel: str) -> dict[str, Any]:
    """The public document of a parcel.

    Raises:
        NotFound: when it is not in the record.
    """
    with house.datastore.cursor() as cursor:
        cursor.execute(
            "select p.doc, o.checkpoint_size, o.cosigned_at from records.parcel p, records.position o"
            " where p.parcel_id = %s and o.name = 'records'",
            (parcel,),
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound(
            f"there is no parcel {parcel[:40]} in the record",
            field="PARCEL",
            remedy="Look it up: `landlog village list`, `landlog village parcels`.",
        )
    document: dict[str, Any] = json.loads(bytes(row[0]))
    return document | {
        "as_of": {"checkpoint_size": row[1], "cosigned_at": row[2].isoformat() if row[2] else None}
    }


def lines(document: dict[str, Any]) -> list[str]:
    """A record of rights as a person reads it; holders are numbered as an application may name them."""
    area, unit = document["area"], document["unit"]
    found = [
        f"{document['parcel_id']}  No. {document['label']}, {document['village']['name']} ({document['status']})",
        f"  area     {area['original']['figure']} {area['original']['unit']} recorded ({area['recorded_m2']} m2), "
        f"{area['drawn_m2'] or '-'} m2 drawn",
        f"  class    {document['class']}, use {document['use']}",
        f"  khata    {unit['label']} ({unit['unit_id']}), {unit['tenure']}",
    ]
    for number, holder in enumerate(document["holders"], 1):
        relation = f", {holder['relation']}" if holder.get("relation") else ""
        found.append(
            f"  holder {number} {holder['name'] or '(erased)'}{relation}: {holder['share'] or 'share not determined'}"
        )
    for name in ("charges", "restrictions", "holds", "pending"):
        kinds = ", ".join(str(item.get("kind")) for item in document[name])
        found.append(f"  {name:<13}{kinds or 'none'}")
    for name in ("predecessors", "successors"):
        if document[name]:
            found.append(f"  {name} {', '.join(p['parcel_id'] for p in document[name])}")
    if document["former_labels"]:
        found.append(f"  formerly {', '.join(document['former_labels'])}")
    size = document["as_of"]["checkpoint_size"]
    found.append(f"  version {document['version']}, as of {size} entries of the log")
    return found
