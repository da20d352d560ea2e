"""What the code on an extract says: the record in so few words that paper can carry them, signed by the press."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from registry.qr import BURDENS, Burden, Paper, PaperSigner, sign_paper


def signed_code(
    document: Mapping[str, Any], *, proof: bytes, as_of: datetime, signer: PaperSigner, base: str
) -> tuple[str, str]:
    """The two parts of the code of a public record document: an address that ends in ``#``, and digits.

    ``base`` is the address of the verifier page; ``as_of``, with its time zone, that of the checkpoint.

    Raises:
        BadInput: when not even the ids fit on paper.
    """
    holders = document["holders"]
    paper = Paper(
        origin=signer.origin,
        parcel=document["parcel_id"],
        retired=document["status"] == "retired",
        version=document["version"],
        label=document["label"],
        area_m2=document["area"].get("recorded_m2"),
        holders=tuple((holder.get("name") or "", holder.get("share")) for holder in holders),
        holder_count=len(holders),
        burdens={name: _burden(document.get(name)) for name in BURDENS},
        size=document["as_of"]["checkpoint_size"],
        as_of=int(as_of.timestamp()),
        proof_sha256=sha256(proof).digest(),
    )
    return f"{base}#", sign_paper(paper, signer)


def _burden(items: object) -> Burden:
    """The kinds; None where the list is not shown, which never counts as clear."""
    return tuple(str(item["kind"]) for item in items) if isinstance(items, list) else None
