"""A village's file taken in: read by a mapping, registered by orders, reported row by row.

The report names holders of rows that were refused: it is a paper of the office and stays readable by it alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from api import clock, collector
from api.following import following
from api.importing import Certifier, Importer, Outcome, Progress, Registered
from domain.errors import BadInput, RegistryError
from gis.mapping import load_mapping
from gis.report import AREA_AS_DRAWN
from gis.report_page import import_page
from gis.village import ProposedVillage, propose_village
from registry.keys import Key

if TYPE_CHECKING:
    from api.wiring import House

FORMAT = "landlog/import@v1"
WORTH_A_PROCESS = 2_000  # parcels: a second process takes a second to start


def read(
    file: Path,
    mapping: str | Path,
    village: Mapping[str, str | None],
    progress: Progress | None = None,
    *,
    table: Path | None = None,
) -> ProposedVillage:
    """The village that a file proposes; ``village`` holds facts that the mapping leaves open, ``table`` is a CSV file
    of the record beside the map.

    Raises:
        BadInput: when mapping or file cannot be used as a whole.
    """
    with collector.seldom():
        facts = load_mapping(mapping).with_village(**village)
        return propose_village(file, facts, table=table, progress=progress)


def register(
    house: House,
    proposed: ProposedVillage,
    *,
    key: Key,
    source: str,
    order_no: str,
    documents: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> Outcome:
    """Register what is not registered yet, and see it into the log and the views.

    Raises:
        UnknownKey: when the key is not enrolled here.
        NotAuthorised: when its holder may not sign this at the village's office.
    """
    with in_a_row(house, helped=len(proposed.parcels) > WORTH_A_PROCESS) as row:
        return row.register(
            proposed, key=key, source=source, order_no=order_no, documents=documents, progress=progress
        )


@contextmanager
def in_a_row(house: House, *, helped: bool = True) -> Iterator[Row]:
    """Villages to be registered one after another, and seen into the log and the views before the end.

    Where they are ``helped``, other processes do so while they come in.
    """
    house.settle()  # so that a former run, or an order of a minute ago, is seen
    with collector.seldom(), following(house.settings, url=house.url) if helped else nullcontext():
        try:
            yield Row(house)
        except RegistryError:  # what came in before is seen through nevertheless
            house.settle()
            raise
        house.settle()


class Row:
    """The villages of one run."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._met: set[str] = set()

    def register(
        self,
        proposed: ProposedVillage,
        *,
        key: Key,
        source: str,
        order_no: str,
        documents: tuple[str, ...] = (),
        progress: Progress | None = None,
    ) -> Outcome:
        """Register what is not registered yet; all of it has its place in the log and is shown when the row ends.

        Raises: as the function of this name.
        """
        house, village = self._house, proposed.village.lgd
        if village in self._met:  # a second file of the same village meets what the first one registered
            house.settle()
        self._met.add(village)
        certifier = Certifier(
            key=key,
            officer=house.officers.keys([key.keyid])[key.keyid].officer,
            order_no=order_no,
            source=source,
            documents=documents,
        )
        importer = Importer(house.office, house.recorder, certifier, settle=house.sequence)
        return importer.register(proposed, registered(house, proposed), day=clock.today(), progress=progress)


def registered(house: House, proposed: ProposedVillage) -> Registered:
    """What bears the labels of the proposed village already, now or in former times."""
    village = proposed.village.lgd
    with house.datastore.cursor() as cursor:
        cursor.execute(
            "select label, parcel_id from records.parcel"
            " where village = %s and label = any(%s::text[]) order by status desc",
            (village, [parcel.label for parcel in proposed.parcels]),
        )
        former = dict(cursor.fetchall())
    in_force = house.recorder.bearers(village, "parcel", [parcel.label for parcel in proposed.parcels])
    units = house.recorder.bearers(village, "unit", [unit.label for unit in proposed.units])
    return Registered(parcels={**former, **in_force}, units=units)


def source_of(proposed: ProposedVillage, said: str = "") -> str:
    """What the older record is, as ``said`` or else by its file; and how many areas in it are drawn, not stated."""
    source = said or f"{proposed.report.source.name}, {proposed.report.source.rows} rows"
    drawn = sum(remark.kind == AREA_AS_DRAWN for remark in proposed.report.remarks)
    told = f"; of {drawn} parcels the paper states no area: theirs is the drawn one, in m2" if drawn else ""
    return f"{source[: 200 - len(told)]}{told}"


def report_file(home: Path, village: str, file: Path) -> Path:
    """Where a report goes unless the user says: a new file each time."""
    return home / "imports" / f"{village}-{file.stem}-{clock.instant():%Y%m%dT%H%M%S}.json"


def write_report(path: Path, proposed: ProposedVillage, outcome: Outcome | None) -> Path:
    """Write what became of every row, as JSON and beside it as a page with a map; returns the page's place.

    ``outcome`` is None when nothing was to be registered.

    Raises:
        BadInput: when the files cannot be written.
    """
    path, page = path.with_suffix(path.suffix.replace(".html", ".json")), path.with_suffix(".html")
    document = {
        "format": FORMAT,
        "written": clock.instant().isoformat(),
        "reading": json.loads(proposed.report.to_json()),
        "registering": outcome.to_json() if outcome else None,
    }
    written = {
        path: json.dumps(document, ensure_ascii=False, indent=1) + "\n",
        page: import_page(proposed, registered=outcome.registered if outcome else None),
    }
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for place, text in written.items():
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text)
    except OSError as error:
        raise BadInput(
            f"the report cannot be written to {path}: {(error.strerror or '').lower()}",
            field="--report",
            remedy="Name another file with --report; what was registered stays registered.",
        ) from error
    return page
