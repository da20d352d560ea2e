"""``landlog order``: prepare an order, sign it, hand it in; and draw a new boundary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import clock, order_files
from api.cli import console
from api.cli.options import KeyFile, Lang, PassphraseFile, Yes, digest_of, load_key, registry, write_bytes
from api.order_files import OrderFile
from domain.errors import BadInput

if TYPE_CHECKING:
    from registry.office import Receipt

app = typer.Typer(no_args_is_help=True, help="Orders: prepare, sign, submit.")

OrderArgument = Annotated[Path, typer.Argument(help="The order file.", metavar="ORDER", show_default=False)]
OutFile = Annotated[Path, typer.Option("--out", "-o", help="The order file to write.", show_default=False)]
Line = Annotated[
    Path | None,
    typer.Option(
        "--line",
        help="GeoJSON file with the new boundary as one line across the parcel (longitude, latitude).",
        show_default=False,
    ),
]

InCase = Annotated[
    str, typer.Option(help="The case that the order carries out: 593873-C000012.", show_default=False)
]
OutOfTurn = Annotated[
    str,
    typer.Option(help="Why the case goes before earlier ones: court-order, hardship ...", show_default=False),
]


@app.command()
def prepare(
    kind: Annotated[
        str, typer.Argument(metavar="TYPE", help="sale, partition, import ...", show_default=False)
    ],
    application: Annotated[
        Path, typer.Argument(help="JSON file with the application form.", show_default=False)
    ],
    officer: Annotated[str, typer.Option(help="The officer who is to sign.", show_default=False)],
    office: Annotated[str, typer.Option(help="LGD codes of the office: 28/511/5257.", show_default=False)],
    order_no: Annotated[str, typer.Option(help="The order's number in the office.", show_default=False)],
    out: OutFile,
    second_officer: Annotated[
        str, typer.Option(help="A second officer, where the law asks for two.", show_default=False)
    ] = "",
    case: InCase = "",
    out_of_turn: OutOfTurn = "",
    line: Line = None,
    shape: Annotated[
        list[Path] | None,
        typer.Option(help="GeoJSON file with the shape of a child; once for each.", show_default=False),
    ] = None,
    document: Annotated[
        list[Path] | None,
        typer.Option(help="A scanned paper behind the order; once for each.", show_default=False),
    ] = None,
    lang: Lang = "en",
) -> None:
    """Let the office decide an application, and write the order that an officer can sign.

    A holder may be named as "holder:1" (the first in the record of the unit) or "holder:NAME" instead of by the
    commitment. With --line, the children of a split parcel name the "piece" they take (see `landlog order
    split-line`), and shape and area are filled in. What `landlog preview --draft` wrote is taken as it is.
    """
    from api import applications
    from registry.office import Request

    form = order_files.read_json(application, field="APPLICATION")
    if not isinstance(form, dict):
        raise BadInput(f"{application.name} holds no form", field="APPLICATION", remedy="Give a JSON object.")
    form, drawn, behind = applications.of_draft(form, kind)
    with registry() as house:
        shapes = {**drawn, **applications.read_shapes(shape or [])}
        completed = applications.with_holders(form, house)
        if line:
            completed, pieces = applications.with_pieces(completed, line, house)
            shapes |= pieces
        prepared = house.office.prepare(
            Request(
                type=kind,
                application=completed,
                office=office,
                officer=officer,
                second_officer=second_officer or None,
                order_no=order_no,
                shapes=shapes,
                documents=(*behind, *map(digest_of, document or [])),
                case=case or None,
                out_of_turn=out_of_turn or None,
            ),
            day=clock.today(),
            event_id=clock.new_event_id(),
            salt=clock.new_salt,
        )
        people = applications.people_in(kind, prepared.application, house)
    order = OrderFile(
        payload=prepared.payload,
        application=prepared.application,
        shapes=shapes,
        sentence=prepared.sentence,
        people=people,
    )
    order_files.write(order, out)
    console.say(prepared.sentence)
    for effect in prepared.effects:
        console.say(f"  {effect}")
    console.say(f"{out} is ready to be read and signed: landlog order sign {out} --key KEYFILE")


@app.command()
def sign(
    order: OrderArgument,
    key: KeyFile,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Where to write it; without it, into the same file.", show_default=False
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
) -> None:
    """Read an order and sign it with your key. Needs no registry: it may be done on a computer of your own."""
    prepared = order_files.read(order)
    order_files.check_shown(prepared)
    for line in order_files.summary(prepared):
        console.say(line)
    if not console.confirm("Sign this order?", yes=yes):
        console.say("Nothing was signed.")
        raise typer.Exit(1)
    signed = prepared.signed_by(load_key(key, passphrase_file))
    order_files.write(signed, out or order)
    console.say(f"Signed. Hand it in: landlog order submit {out or order}")


@app.command()
def submit(order: OrderArgument, lang: Lang = "en") -> None:
    """Hand a signed order in: it is checked, decided again and recorded, or refused with the reasons."""
    signed = order_files.read(order)
    if not signed.signatures:
        raise BadInput(
            f"{order.name} is not signed", field="ORDER", remedy="Sign it first: landlog order sign."
        )
    with registry() as house:
        receipt = house.office.submit(
            signed.entry, application=signed.application, shapes=signed.shapes, today=clock.today()
        )
        house.settle()
        index = house.index_of(receipt.event_id)
    console.say("Recorded." if index is not None else "Recorded; its place in the log follows.")
    console.result(json.dumps(_receipt(receipt, index), indent=1))


@app.command("split-line")
def split_line(
    parcel: Annotated[str, typer.Argument(help="The parcel's id.", show_default=False)],
    line: Annotated[Path, typer.Option(help="GeoJSON file with the new boundary.", show_default=False)],
    svg: Annotated[
        Path | None, typer.Option(help="Draw the pieces into this SVG file.", show_default=False)
    ] = None,
) -> None:
    """Show the pieces into which a line divides a parcel, and change nothing."""
    from api import applications

    with registry() as house:
        pieces = applications.pieces_of(parcel, line, house)
        if svg:
            write_bytes(svg, applications.draw(parcel, pieces, house).encode())
    for piece in pieces:
        console.result(
            f"piece {piece.number}: {piece.area.figure} {piece.area.unit} recorded, {piece.drawn_m2} m2 drawn, "
            f"around {piece.longitude:.6f}, {piece.latitude:.6f}"
        )


def _receipt(receipt: Receipt, index: int | None) -> dict[str, object]:
    return {
        "event_id": receipt.event_id,
        "type": receipt.type,
        "log_index": index,
        "entry_sha256": receipt.entry_sha256,
        "touches": [{"id": identifier, "version": version} for identifier, version in receipt.touches],
    }
