"""The verdict on a proof that somebody hands over the counter: does it hold, and is it still the newest word.

The proof is verified as anyone can verify it offline (``registry.verify``), by the registry's own policy.  What only
the counter can add is whether the record has moved on since: an old proof is genuine and yet no longer true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from api.counter import Counter
from domain.canon import Json
from domain.errors import NotFound, VerificationError
from projections.paper import attached_proof
from registry.log.policy import Policy
from registry.log.title_proof import MAX_BYTES
from registry.verify import Verdict, verify_title_proof

MOST_BYTES = 2 * MAX_BYTES
NOTE = (
    "This verdict is the registry's own, by its own policy. Who has to rely on it verifies the proof offline, "
    "with a policy from a source of his own: `landlog verify FILE --policy POLICY`."
)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One thing that speaks against the proof, or that its reader should know."""

    code: str
    sentence: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What the counter says of a proof.  ``verdict`` is None where the proof did not hold."""

    outcome: Literal["holds", "superseded", "rejected"]
    reasons: tuple[Reason, ...]
    verdict: Verdict | None
    current: Json

    def document(self) -> dict[str, Json]:
        found = self.verdict
        return {
            "verdict": self.outcome,
            "reasons": [{"code": r.code, "sentence": r.sentence, "remedy": r.remedy} for r in self.reasons],
            "parcel": found.parcel if found else None,
            "status": found.status if found else None,
            "words": found.words if found else None,
            "as_of": instant(found.as_of) if found else None,
            "checkpoint_size": found.size if found else None,
            "signatures_checked": found.signatures_checked if found else False,
            "current_version": self.current,
            "note": NOTE,
        }


def opinion(counter: Counter, handed_over: bytes, *, parcel: str | None = None) -> Opinion:
    """The counter's opinion of a proof file, or of an extract (PDF) that has one attached."""
    try:
        proof = proof_in(handed_over)
        verdict = verify_title_proof(
            proof, policy_of(counter), now=int(counter.now().timestamp()), parcel=parcel
        )
    except VerificationError as error:
        remedy = error.remedy or "Ask the registry for a fresh proof, or bring the file as it was received."
        reason = Reason(code=error.code, sentence=error.message, remedy=remedy)
        return Opinion(outcome="rejected", reasons=(reason,), verdict=None, current=None)
    current, moved = _moved_on(counter, verdict)
    return Opinion(
        outcome="superseded" if moved else "holds", reasons=tuple(moved), verdict=verdict, current=current
    )


def proof_in(data: bytes) -> bytes:
    """The title proof in a file: the file itself, or what is attached to an extract.

    Raises:
        VerificationError: for an extract without a proof (``projections.paper.attachment``).
    """
    return attached_proof(data) if data.startswith(b"%PDF-") else data


def policy_of(counter: Counter) -> Policy:
    """The registry's own policy.

    Raises:
        NotFound: when the registry has none yet.
    """
    path = counter.house.settings.policy
    try:
        return Policy.parse(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(
            "this registry has no policy yet, so it cannot judge a proof",
            remedy="`landlog init` writes it; offline, give a policy of your own.",
        ) from None


def instant(seconds: int | None) -> str | None:
    """POSIX seconds as RFC 3339 in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moved_on(counter: Counter, verdict: Verdict) -> tuple[Json, list[Reason]]:
    """The parcel's version in today's record, and a reason for every proved state that has changed since."""
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select id, (convert_from(doc, 'UTF8')::json ->> 'version')::int from records.state where id = any(%s)",
            ([identifier for _, identifier in verdict.states],),
        )
        now: dict[str, int] = dict(cursor.fetchall())
    moved = []
    for (kind, identifier), state in verdict.states.items():
        proved = state.get("version") if state else 0
        if kind != "officer" and isinstance(proved, int) and now.get(identifier, 0) > proved:
            moved.append(
                Reason(
                    code="superseded",
                    sentence=f"the {kind} {identifier} has changed since: the proof shows version {proved}, "
                    f"the record stands at version {now[identifier]}",
                    remedy="Ask for a fresh proof and read what has changed.",
                )
            )
    return now.get(verdict.parcel), moved
