"""Parla, or a part of it, registered as its sub-divisions stand and measured anew as its land parcels show.

The register of sub-divisions names no holders and no khatas; its khandams (the blocks of the survey) stand in for
holdings here, so that land divided anew among several numbers of a block stays within one unit.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from api import comparing, intake, resurveying
from api.resurveying import Proceeding, Resurveyed
from gis.comparison.plots import Plot, newer_plots, read_newer
from gis.comparison.proposals import Paper
from gis.comparison.resurvey import Plan, plan
from gis.comparison.rules import compare
from gis.mapping import Mapping, parse_mapping
from gis.village import propose_village
from registry.acts import Enrol, Post
from registry.keys import Key
from tests.api.world import OFFICER, ORIGIN, World

LGD, OFFICE = "593883", "28/511/5258"
_VILLAGE = f"""
[village]
lgd = "{LGD}"
name = "Parla"
state = "ap"
office = "{OFFICE}"
"""
_STAGE_2 = """
[parcel]
label = "parcel"
area = "extent_ac"
area_unit = "acre"
[unit]
label = "khandam"
holders = "nobody"
"""
_STAGE_3 = """
[parcel]
label = "lp_no"
area = "extent_ac"
area_unit = "acre"
[unit]
holders = "name"
"""
NOTIFICATION = Paper(number="REV/2026/77", made="2026-09-01", by="Collector, Kurnool")


def registered(world: World, data: Path, folder: Path, khandams: set[str] | None = None) -> list[Plot]:
    """Registers the sub-divisions of some khandams (all, if none are named): their plots as the record shows them."""
    document = _read(data / "ap_parla_resurvey" / "stage2_subdivisions.geojson")
    document["features"] = [
        {**f, "properties": {**f["properties"], "nobody": ""}}
        for f in document["features"]
        if khandams is None or str(f["properties"]["khandam"]) in khandams
    ]
    path = folder / "stage2.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    world.perform(Post(officer=OFFICER, office=OFFICE, roles=("tahsildar",)))
    proposed = propose_village(path, mapping(_STAGE_2))
    intake.register(world.house, proposed, key=world.officer, source="Sub-divisions", order_no="IMPORT/1")
    return list(comparing.registered(world.house, LGD).plots)


def land_parcels(data: Path, within: list[Plot]) -> list[Plot]:
    """The land parcels of the third stage that lie on the land of these plots."""
    proposed = read_newer(data / "ap_parla_resurvey" / "stage3_lpm.geojson", mapping(_STAGE_3))
    plots = [p for p in newer_plots(proposed, names_holders=False) if p.shape is not None]
    land = shapely.union_all([p.shape for p in within if p.shape is not None])
    shapely.prepare(land)
    points = shapely.point_on_surface(np.array([p.shape for p in plots], dtype=object))
    return [p for p, inside in zip(plots, shapely.contains(land, points), strict=True) if inside]


def measured_anew(world: World, plan: Plan) -> Resurveyed:
    second = Key.generate()
    pop = second.prove_possession(origin=ORIGIN, officer="AP-SUR-3")
    world.perform(Enrol(public=second.public, officer="AP-SUR-3", pop=pop))
    world.perform(Post(officer="AP-SUR-3", office=OFFICE, roles=("survey-officer",)))
    proceeding = Proceeding(
        survey="Resurvey of Parla, 2026",
        notification=NOTIFICATION,
        office=OFFICE,
        number=f"{LGD}/RS/1",
        keys=(world.officer, second),
    )
    return resurveying.carry_out(world.house, plan, proceeding, day=world.day)


def planned(before: list[Plot], after: list[Plot], *, most: int = resurveying.MOST) -> Plan:
    return plan(compare([p for p in before if p.shape is not None], after), most=most)


def mapping(text: str) -> Mapping:
    return parse_mapping(text + _VILLAGE)


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
