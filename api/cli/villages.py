"""``landlog village``: the villages of the registry."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import console
from api.cli.checking import check
from api.cli.comparing import compare
from api.cli.exporting import export
from api.cli.options import registry
from api.cli.resurveying import conclude, resurvey

app = typer.Typer(no_args_is_help=True, help="The villages of the registry.")


app.command()(export)
app.command()(check)
app.command()(compare)
app.command()(resurvey)
app.command()(conclude)


@app.callback()
def villages() -> None:
    """The villages of the registry."""


@app.command("list")
def list_() -> None:
    """List the villages: LGD code, name, active parcels, recorded hectares."""
    with registry() as house, house.datastore.cursor() as cursor:
        cursor.execute(
            "select lgd, name, coalesce(name_local, ''), parcels, round(area_m2 / 10000, 2)"
            "  from records.village order by lgd"
        )
        rows = cursor.fetchall()
    if not rows:
        console.say("No village is registered yet: landlog import village.")
    for lgd, name, local, parcels, hectares in rows:
        console.result(f"{lgd}\t{name}\t{local}\t{parcels}\t{hectares}")


@app.command()
def parcels(
    village: Annotated[str, typer.Argument(help="The village's LGD code.", show_default=False)],
    label: Annotated[
        str, typer.Option(help="Only those with this khasra or survey number.", show_default=False)
    ] = "",
) -> None:
    """List a village's parcels: id, number, khata's id, area in m2, class, use."""
    from projections.labels import label_key

    with registry() as house, house.datastore.cursor() as cursor:
        cursor.execute(
            "select parcel_id, label, unit_id, recorded_m2, class, use from records.parcel"
            " where village = %s and status = 'active' and (%s = '' or label_key = %s) order by label_key, parcel_id",
            (village, label, label_key(label) if label else ""),
        )
        for row in cursor:
            console.result("\t".join(map(str, row)))
