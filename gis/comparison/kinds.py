"""What may become of a registered parcel on a newer map: the kinds, what people call them, which make a case."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "split", "merged", "rearranged", "renumbered", "boundary-moved", "extent-changed", "new", "vanished",
    "broken", "misdrawn", "unusable", "redrawn", "unchanged",
]  # fmt: skip
TITLES: dict[Kind, str] = {
    "split": "Divided",
    "merged": "Become one",
    "rearranged": "Divided anew among each other",
    "renumbered": "Under another number",
    "boundary-moved": "Boundary moved",
    "extent-changed": "Recorded extent changed, drawing not",
    "new": "New on the map",
    "vanished": "No longer on the map",
    "broken": "Shape broken by the newer map: refused",
    "misdrawn": "Drawn otherwise without cause: refused",
    "unusable": "Row of the newer map refused",
    "redrawn": "Drawn again within tolerance",
    "unchanged": "Unchanged",
}
PROPOSED: frozenset[Kind] = frozenset(
    ("split", "merged", "rearranged", "renumbered", "boundary-moved", "extent-changed", "new", "vanished")
)
"""What is put before an officer as a case; of the rest the record keeps what it has."""
TOLD: tuple[Kind, ...] = ("broken", "misdrawn", "unusable")
"""What the newer map gets wrong, as far as the record can tell."""
