"""The report on a comparison: JSON for programs, one page with a map and a table for people, and a draft for each case.

Drafts name holders as the two maps do: they are papers of the office, like the report on an import.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from domain import catalogue
from domain.canon import Json
from gis.comparison.drawing import HOLDERS_STROKE, KIND_TINTS, MOST_MARKS, draw_village
from gis.comparison.holding import HOLDER_KINDS, HolderChange
from gis.comparison.kinds import PROPOSED, TITLES
from gis.comparison.plots import Plot
from gis.comparison.proposals import Proposal
from gis.comparison.rules import Change, Comparison

FORMAT = "landlog/village-comparison@v1"
DRAFT_FORMAT = "landlog/proposed-case@v1"
HOLDER_TITLES = {
    "holders-changed": "Other holders named",
    "holders-removed": "Holders no longer named",
    "holders-added": "Holders named where the record names none",
}


@dataclass(frozen=True, kw_only=True)
class ComparisonReport:
    """A comparison with where it stands: the village, the state of its record, the file that was compared."""

    lgd: str
    name: str
    log_size: int
    source: str
    comparison: Comparison
    proposals: Sequence[Proposal]

    def to_json(self) -> str:
        """The whole report; land that passed from parcel to parcel stands under ``lineage``, in m2."""
        c = self.comparison
        by_number = {p.number: p for p in self.proposals}
        document: dict[str, Json] = {
            "format": FORMAT,
            "lgd": self.lgd,
            "name": self.name,
            "log_size": self.log_size,
            "source": self.source,
            "numbered_anew": c.numbered_anew,
            "registered": len(c.registered),
            "newer": len(c.newer),
            "counts": {**self.counts()},
            "changes": [_told(x, by_number.get(x.number)) for x in (*c.changes, *c.holders)],
            "lineage": [
                {"parent": c.registered[old].id, "child": c.newer[new].label, "m2": f"{m2:.2f}"}
                for old, new, m2 in c.lineage
                if c.verdicts[old] not in ("unchanged", "redrawn", "misdrawn", "broken")
            ],
        }
        return json.dumps(document, ensure_ascii=False, indent=1)

    def counts(self) -> dict[str, int]:
        """How many of each kind, of the land and of the holders."""
        counts = {str(kind): count for kind, count in self.comparison.counts().items()}
        of_holders = Counter(str(change.kind) for change in self.comparison.holders)
        return counts | {kind: of_holders[kind] for kind in HOLDER_KINDS}

    def summary(self) -> str:
        """Lines for the terminal."""
        titles = {str(kind): title for kind, title in (*TITLES.items(), *HOLDER_TITLES.items())}
        lines = [f"{self.name} ({self.lgd}) beside {self.source}:"]
        if self.comparison.numbered_anew:
            lines.append("  the newer map is numbered anew: parcels are told apart by their land alone")
        lines += [f"  {count:>6}  {titles[kind]}" for kind, count in self.counts().items() if count]
        ready = sum(p.complete for p in self.proposals)
        return "\n".join([*lines, f"  {len(self.proposals)} proposed cases, {ready} of them complete"])

    def page(self, drawings: Mapping[int, str]) -> str:
        """One HTML page with a map; ``drawings`` are the names of the files with each change's drawing."""
        sections: list[tuple[str, str, Sequence[Change | HolderChange], bool]] = [
            (KIND_TINTS.get(kind, "#fff"), title, self.comparison.of(kind), kind in PROPOSED)
            for kind, title in TITLES.items()
        ]
        sections += [
            (HOLDERS_STROKE, title, [h for h in self.comparison.holders if h.kind == kind], True)
            for kind, title in HOLDER_TITLES.items()
        ]
        return _template().render(
            report=self,
            counts=self.counts(),
            sections=[section for section in sections if section[2]],
            proposals={p.number: p for p in self.proposals},
            drawings=drawings,
            most=MOST_MARKS,
            title_of=lambda mutation: catalogue.mutation(mutation).title(),
            drawing=Markup(draw_village(self.comparison, self.name)),  # noqa: S704  # gis.overview escapes
        )


def draft_name(proposal: Proposal) -> str:
    """The name of a draft's file, without its ending."""
    return f"{proposal.number:04d}-{proposal.change.kind}"


def draft(proposal: Proposal, *, lgd: str, drawing: str) -> str:
    """One proposed case as JSON: before and after, the form, what is missing, the shapes that the form names."""
    document: dict[str, Json] = {
        "format": DRAFT_FORMAT,
        "village": lgd,
        **_told(proposal.change, proposal),
        "type": proposal.mutation,
        "application": proposal.application,
        "drawing": drawing,
        "shapes": {digest: base64.b64encode(body).decode() for digest, body in proposal.shapes.items()},
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _told(change: Change | HolderChange, proposal: Proposal | None) -> dict[str, Json]:
    before, after = (
        (change.before, change.after) if isinstance(change, Change) else ((change.before,), (change.after,))
    )
    told: dict[str, Json] = {
        "number": change.number,
        "kind": change.kind,
        "reason": change.sentence,
        "before": [_plot(plot) for plot in before],
        "after": [_plot(plot) for plot in after],
        "title": catalogue.mutation(proposal.mutation).title() if proposal and proposal.mutation else "",
    }
    if proposal is not None:
        told |= {
            "mutation": proposal.mutation,
            "consider": list(proposal.consider),
            "missing": list(proposal.missing),
            "notes": list(proposal.notes),
        }
    return told


def _plot(plot: Plot) -> Json:
    return {
        "id": plot.id,
        "label": plot.label,
        "unit": plot.unit,
        "area": {"figure": plot.area.figure, "unit": plot.area.unit, "m2": str(plot.area.m2)}
        if plot.area
        else None,
        "holders": None if plot.holders is None else list(plot.holders),
        "fault": plot.fault,
    }


@cache
def _template() -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent.parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("comparison.html")
