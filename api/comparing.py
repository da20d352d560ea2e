"""A newer map of a registered village: compared with the record as it stands, reported, and filed case by case.

Comparing signs nothing.  An officer may file the proposals whose forms are complete, with the officer's own key: each
becomes a case like any other, with its notice, its hearing and an order of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import shapely
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from api import clock
from domain import catalogue
from domain.canon import Json
from domain.errors import BadInput, NotFound, RegistryError
from domain.quantities import Area
from gis.comparison.drawing import Surroundings
from gis.comparison.holding import HolderChange
from gis.comparison.plots import Plot, newer_plots, read_newer
from gis.comparison.proposals import Paper, Proposal, propose
from gis.comparison.report import ComparisonReport, draft, draft_name
from gis.comparison.rules import Change, compare
from gis.mapping import Mapping
from registry import dsse
from registry.case_forms import Filing
from registry.history import NotYetSequenced
from registry.keys import Key

if TYPE_CHECKING:
    from api.wiring import House

Progress = Callable[[int, int], None]
PREFERRED = ("survey-department", "suo-motu")
"""As what an officer files who brings a map: who is not among a mutation's applicants is the first that is."""


@dataclass(frozen=True)
class Registered:
    """A village as its record shows it after ``log_size`` entries; parcels without a map have no shape."""

    name: str
    log_size: int
    plots: tuple[Plot, ...]


@dataclass(frozen=True)
class FiledProposal:
    """What became of a proposal that was filed: the number of its case, or why there is none."""

    number: int
    case_no: str = ""
    findings: tuple[str, ...] = ()
    refused: str = ""


def registered(house: House, lgd: str) -> Registered:
    """The village's parcels in force, with the names that the public record shows.

    Raises:
        NotFound: when no such village is registered.
    """
    with house.datastore.transaction() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute(
            "select v.name, p.size from records.village v join records.position p on p.name = 'records'"
            " where v.lgd = %s",
            (lgd,),
        )
        row = cursor.fetchone()
        if row is None:
            raise _not_registered(lgd)
        cursor.execute(
            "select r.parcel_id, r.label, r.unit_id, r.recorded_m2, r.doc, st_asbinary(g.geom) from records.parcel r"
            " left join gis.parcel g on g.parcel_id = r.parcel_id and g.valid_to is null"
            " where r.village = %s and r.status = 'active' order by r.parcel_id",
            (lgd,),
        )
        rows = cursor.fetchall()
    shapes = shapely.from_wkb([None if wkb is None else bytes(wkb) for *_, wkb in rows])
    plots = []
    for (parcel, label, unit, m2, doc, _), shape in zip(rows, shapes, strict=True):
        public = json.loads(bytes(doc))
        original = public["area"]["original"] or {"figure": str(m2), "unit": "m2"}
        plots.append(
            Plot(
                id=parcel,
                label=label,
                shape=_single(shape),
                area=Area(m2, original["figure"], original["unit"]),
                holders=tuple(map(_written, public["holders"])),
                unit=unit,
            )
        )
    return Registered(row[0], row[1], tuple(plots))


def office_of(house: House, lgd: str) -> str:
    """The office that keeps the village's record.

    Raises:
        NotFound: when no such village is registered.
    """
    with house.datastore.cursor() as cursor:
        cursor.execute("select office from records.village where lgd = %s", (lgd,))
        row = cursor.fetchone()
    if row is None:
        raise _not_registered(lgd)
    return str(row[0])


def compared(
    house: House,
    file: Path,
    mapping: Mapping,
    lgd: str,
    *,
    table: Path | None = None,
    paper: Paper | None = None,
    whole_rows: bool = False,
    progress: Progress | None = None,
) -> tuple[ComparisonReport, list[str]]:
    """The report on a newer map, and the numbers of registered parcels that have no shape to compare.

    ``whole_rows``: the shape of a row that is refused for its text is left out too, where orders are to follow from
    the plan itself and nobody completes a form.

    Raises:
        BadInput: when the file cannot be used as a whole.
        NotFound: when no such village is registered.
    """
    known = registered(house, lgd)
    the_village = mapping.with_village(lgd=lgd, name=known.name)
    proposed = read_newer(file, the_village, table=table, progress=progress)
    undrawn = {plot.label for plot in known.plots if plot.shape is None}
    if len(undrawn) == len({plot.label for plot in known.plots}):
        raise BadInput(
            f"no parcel of {known.name} has a map yet: there is nothing to compare with",
            field="--village",
            remedy="Bring the map to the record as it is registered: landlog import complete.",
        )
    newer = [
        replace(plot, shape=None) if whole_rows and plot.fault else plot
        for plot in newer_plots(proposed, names_holders=bool(mapping.unit.holders))
        if plot.label not in undrawn
    ]
    comparison = compare([plot for plot in known.plots if plot.shape is not None], newer)
    survey = (
        f"Newer map of {known.name}, {paper.number}" if paper else f"Newer map of {known.name}, {file.name}"
    )
    report = ComparisonReport(
        lgd=lgd,
        name=known.name,
        log_size=known.log_size,
        source=file.name,
        comparison=comparison,
        proposals=propose(comparison, village=lgd, survey=survey[:200], paper=paper),
    )
    return report, sorted(undrawn)


def write(report: ComparisonReport, folder: Path) -> None:
    """Write the report (index.html, report.json), and a draft and a drawing for each change; readable by the office.

    Raises:
        BadInput: when a file cannot be written.
    """
    around = Surroundings(report.comparison)
    changes: list[Change | HolderChange] = [*report.comparison.changes, *report.comparison.holders]
    drafts = {p.number: p for p in report.proposals}
    drawings: dict[int, str] = {}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for change in changes:
            number = change.number
            name = draft_name(drafts[number]) if number in drafts else f"{number:04d}-{change.kind}"
            if svg := around.draw(change, title=f"{report.name}, {number}"):
                drawings[number] = f"{name}.svg"
                _write(folder / drawings[number], svg)
            if number in drafts:
                text = draft(drafts[number], lgd=report.lgd, drawing=drawings.get(number, ""))
                _write(folder / f"{name}.json", text)
        _write(folder / "report.json", report.to_json())
        _write(folder / "index.html", report.page(drawings))
    except OSError as error:
        raise BadInput(
            f"the report cannot be written to {folder}: {(error.strerror or '').lower()}",
            field="--out",
            remedy="Name another folder with --out; nothing was signed.",
        ) from error


def file_proposals(
    house: House,
    proposals: Sequence[Proposal],
    *,
    key: Key,
    applicant: str,
    documents: tuple[str, ...],
    day: date,
    progress: Progress | None = None,
) -> list[FiledProposal]:
    """File each complete proposal as a case, signed by the officer whose key this is; what cannot be is told.

    Raises:
        UnknownKey: when the key is not enrolled here.
    """
    officer = house.officers.keys([key.keyid])[key.keyid].officer
    ready = [proposal for proposal in proposals if proposal.complete]
    done = []
    for count, proposal in enumerate(ready, 1):
        filing = Filing(
            type=str(proposal.mutation),
            application=proposal.application,
            applicant={"name": applicant, "capacity": _capacity(str(proposal.mutation))},
            officer=officer,
            shapes=proposal.shapes,
            documents=documents,
        )
        done.append(_filed(house, proposal, filing, key, day))
        if progress:
            progress(count, len(ready))
    house.settle()
    return done


def _filed(house: House, proposal: Proposal, filing: Filing, key: Key, day: date) -> FiledProposal:
    def sign(payload: bytes) -> bytes:
        return dsse.seal(dsse.EVENT, payload, [key.sign_payload(dsse.EVENT, payload)])

    def file() -> FiledProposal:
        case = house.cases.file(
            filing, sign=sign, day=day, event_id=clock.new_event_id(), salt=clock.new_salt
        )
        return FiledProposal(proposal.number, case.case_no, tuple(map(str, case.findings)))

    try:
        try:
            return file()
        except NotYetSequenced:  # the case before it is about a parcel of the same unit
            house.sequence()
            return file()
    except RegistryError as error:
        return FiledProposal(proposal.number, refused=str(error))


def _not_registered(lgd: str) -> NotFound:
    return NotFound(f"no village with the LGD code {lgd} is registered here", field="--village")


def _capacity(mutation: str) -> str:
    known = catalogue.mutation(mutation).procedure.applicants
    return next((name for name in PREFERRED if name in known), known[0])


def _written(holder: dict[str, Json]) -> str:
    """A holder as ``gis.comparison.plots.published`` writes one; a name that was erased is told as such."""
    name, relation = holder["name"], holder.get("relation")
    return f"{name} / {relation}" if relation else str(name)


def _single(shape: BaseGeometry | None) -> BaseGeometry | None:
    """The shape of a table of multipolygons as a map file has it: one part is a polygon."""
    if isinstance(shape, MultiPolygon) and len(shape.geoms) == 1:
        return shape.geoms[0]
    return shape


def _write(path: Path, text: str) -> None:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
