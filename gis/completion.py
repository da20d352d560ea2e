"""What a village's file adds to what is registered of it: the report, as JSON and as a page with a map.

It says of every number of the file what becomes of it: completed, or passed over and why.  Like an import report it
may name holders, so it is a paper of the office.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import jinja2
from markupsafe import Markup

from gis.overview import Shown, overview
from gis.report_page import MOST_ROWS
from gis.shapes import from_bytes_many
from gis.village import ProposedVillage

FORMAT = "landlog/completion-report@v1"

What = Literal["parcel", "holding"]
Why = Literal[
    "refused", "holders-contradict", "no-such-parcel", "no-such-holding", "holders-missing", "extent-differs",
    "has-map", "holders-stand",
]  # fmt: skip

TITLES: dict[Why, str] = {
    "refused": "Not allowed by the law of the record",
    "holders-contradict": "The record names a holder whom the file does not name, or names twice",
    "no-such-parcel": "No parcel in force bears the number",
    "no-such-holding": "New khatas: no holding in force bears the number",
    "holders-missing": "The file does not name all holders either",
    "extent-differs": "The file states another extent than the record: the record's stands",
    "has-map": "The parcel has a map, which stays",
    "holders-stand": "Holders stand, and stay",
}
"""Why something is passed over, the gravest first."""
REMEDIES: dict[Why, str] = {
    "refused": "Correct the file from the paper, and run it again: what was completed is then passed over.",
    "holders-contradict": "Find out from the paper who holds; names that stand are changed by a correction.",
    "no-such-parcel": "Compare the number with the record: nothing is matched by likeness.",
    "no-such-holding": "Register the khata by an import of its own, or correct its number.",
    "holders-missing": "Take the holders from the paper: the holding stays barred until all are named.",
    "extent-differs": "If the record is wrong, it is corrected by a clerical correction or a resurvey.",
    "has-map": "A map that stands is changed by a boundary correction or a resurvey.",
    "holders-stand": "A deed, a succession or an order changes them.",
}
_SILENT: frozenset[Why] = frozenset(("has-map", "holders-stand"))
_TINTS = {
    "completed": "#cfe8d5",
    "refused": "#d6604d",
    "no-such-parcel": "#f6cf65",
    "extent-differs": "#b7b4e0",
}
_COMPLETED = "Gets its map"


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """A number of the file that changes nothing in the record, and why; ``sentence`` has the particulars."""

    what: What
    label: str
    why: Why
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class CompletionReport:
    """One file beside what is registered: what it completes, and what is passed over."""

    proposed: ProposedVillage
    parcels: tuple[str, ...]
    """Numbers of the parcels that get a map."""
    units: tuple[str, ...]
    """Numbers of the holdings that get their holders."""
    passed: tuple[PassedOver, ...]
    unmapped: int
    """Parcels in force that still have no map afterwards."""
    orders: tuple[str, ...] | None
    """Ids of the events; None where nothing was signed."""

    @property
    def left(self) -> dict[str, str]:
        """What the file names and the record does not take, by number, and why."""
        return {p.label: p.sentence for p in self.passed if p.why in ("refused", "holders-contradict")}

    def to_json(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "signed": self.orders is not None,
            "parcels": list(self.parcels),
            "holdings": list(self.units),
            "passed_over": [asdict(item) for item in self.passed],
            "without_map_afterwards": self.unmapped,
            "orders": list(self.orders or ()),
            "reading": json.loads(self.proposed.report.to_json()),
        }

    def summary(self) -> str:
        """The report in a few lines; what stands as it should is only counted."""
        gets = "got" if self.orders is not None else "would get"
        done = f", by {len(self.orders)} orders" if self.orders is not None else ""
        lines = [
            f"{self.proposed.village.name}: {len(self.parcels)} parcels {gets} their map and {len(self.units)} "
            f"holdings their holders{done}."
        ]
        lines += [f"  {count:>6}  {TITLES[why]}" for why, count in self.counts()]
        if self.unmapped:
            lines.append(f"  {self.unmapped:>6}  Parcels in force without a map afterwards")
        told = [item for item in self.passed if item.why not in _SILENT and item.sentence]
        lines += [f"  left as it was: {item.label}: {item.sentence}" for item in told[:20]]
        if len(told) > 20:
            lines.append(f"  ... and {len(told) - 20} more, see the report")
        return "\n".join(lines)

    def counts(self) -> list[tuple[Why, int]]:
        """How many of each reason, the gravest first."""
        counts = Counter(item.why for item in self.passed)
        return [(why, counts[why]) for why in TITLES if counts[why]]

    def page(self) -> str:
        """One HTML page with a map of the file's shapes."""
        groups = [
            (TITLES[why], REMEDIES[why], [item for item in self.passed if item.why == why][:MOST_ROWS], count)
            for why, count in self.counts()
        ]
        tints = self._tints()
        counts = Counter(tints.values())
        words = {"completed": _COMPLETED} | {str(why): title for why, title in TITLES.items()}
        return _template().render(
            report=self,
            groups=groups,
            refused_rows=self.proposed.report.refused[:MOST_ROWS],
            legend=[(tint, words[why], counts[why]) for why, tint in _TINTS.items() if counts[why]],
            drawing=Markup(self._drawing(tints)),  # noqa: S704  # gis.overview escapes its words
        )

    def _tints(self) -> dict[str, str]:
        """By number of a parcel, what its tint says: the gravest of what is passed over, else that it is completed."""
        tints: dict[str, str] = dict.fromkeys(self.parcels, "completed")
        for why in reversed(TITLES):
            if why in _TINTS:
                tints |= {p.label: why for p in self.passed if p.why == why and p.what == "parcel"}
        return tints

    def _drawing(self, tints: dict[str, str]) -> str:
        placed = [parcel for parcel in self.proposed.parcels if parcel.geometry]
        if not placed:
            return ""
        shapes = from_bytes_many([parcel.geometry for parcel in placed])
        shown = [
            Shown(shape=shape, label=parcel.label, fill=_TINTS[tints[parcel.label]])
            if parcel.label in tints
            else Shown(shape=shape, label=parcel.label)
            for parcel, shape in zip(placed, shapes, strict=True)
        ]
        return overview(
            shown,
            title=f"{self.proposed.village.name}: what the file adds",
            description=f"{len(self.parcels)} parcels get their map",
            width=960,
            height=720,
        )


@cache
def _template() -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("completion.html")
