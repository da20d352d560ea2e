"""What the demonstration proves at the end of its day, as a bank would: proofs that hold, and what is refused."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from api import clock
from api.counter import Counter
from api.demo.stage import Stage
from api.routes.parcels import proof_of
from api.wiring import House
from domain.canon import canonical
from domain.errors import RegistryError, VerificationError
from registry.log.note import parse_note, verified_signatures
from registry.log.policy import Policy, QuorumMissed, StaleCheckpoint
from registry.log.tlog_proof import parse_tlog_proof
from registry.verify import verify_title_proof

MOST_PROOFS = 12
MAX_AGE = "15m"
_TRIES = 5
_SECONDS = 15 * 60  # what a bank asks of a proof that it has just fetched, transparency spec 4.8


def prove(staged: Stage, parcels: Sequence[str]) -> list[Path]:
    """Fetch the title proofs of some parcels, check each offline, and see it refused where it must be.

    Raises:
        VerificationError: when a proof does not hold.
    """
    house = staged.house
    policy = Policy.parse(house.settings.policy.read_bytes(), max_age=_SECONDS)
    directory = house.settings.home / "proofs"
    directory.mkdir(exist_ok=True)
    _have_cosigned(house, policy)
    counter = Counter(house, clock.instant)
    places = []
    try:
        for parcel in parcels[:MOST_PROOFS]:
            proof = proof_of(counter, parcel)
            verify_title_proof(proof, policy, now=clock.now(), parcel=parcel)
            _check_refusals(proof, policy, parcel)
            place = directory / f"{parcel}.proof.json"
            place.write_bytes(proof)
            places.append(place)
    finally:
        counter.close()
    staged.tell(f"  {len(places)} title proofs hold offline; each was refused with one byte changed,")
    if policy.witnesses:
        staged.tell(f"  with one cosignature alone, and when its cosignatures were older than {MAX_AGE}")
    return places


def _have_cosigned(house: House, policy: Policy) -> None:
    """The watchers' word on the newest checkpoint, given now; one that was too slow is asked again."""
    for _ in range(_TRIES):
        house.sequencer.refresh()
        shown = (house.settings.log / "checkpoint").read_bytes()
        if len(vouched(shown, policy)) == len(policy.witnesses):
            break


def _check_refusals(proof: bytes, policy: Policy, parcel: str) -> None:
    """
    Raises:
        RegistryError: when what does not hold is accepted.
    """
    middle = len(proof) // 2
    damaged = proof[:middle] + bytes([proof[middle] ^ 1]) + proof[middle + 1 :]
    refusals: list[tuple[str, bytes, int, type[VerificationError]]] = [
        ("with one byte changed", damaged, 0, VerificationError)
    ]
    if policy.witnesses:
        refusals += [
            ("with one cosignature alone", with_cosignatures(proof, policy, most=1), 0, QuorumMissed),
            ("with old cosignatures", proof, _SECONDS + 60, StaleCheckpoint),
        ]
    for what, data, later, reason in refusals:
        try:
            verify_title_proof(data, policy, now=clock.now() + later, parcel=parcel)
        except reason:
            continue
        raise RegistryError(f"a proof of {parcel} {what} was accepted")


def with_cosignatures(proof: bytes, policy: Policy, *, most: int) -> bytes:
    """The proof with no more than so many of its cosignatures, and otherwise as it was."""
    document = json.loads(proof)
    text: str = document["map_head_proof"]
    note = parse_note(parse_tlog_proof(text).checkpoint.encode())
    found = verified_signatures(note, [w.verifier for w in policy.witnesses.values()])
    for _, line in found[most:]:
        text = text.replace(line.format(), "")
    document["map_head_proof"] = text
    return canonical(document)


def vouched(checkpoint: bytes, policy: Policy) -> list[str]:
    """Who of the policy's witnesses has cosigned a checkpoint, by the policy's names."""
    names = {w.verifier: name for name, w in policy.witnesses.items()}
    found = {names[verifier] for verifier, _ in verified_signatures(parse_note(checkpoint), names)}
    return [name for name in names.values() if name in found]


def command(proof: Path, policy: Path) -> str:
    """The line that checks a proof, to be copied into a terminal where the demonstration was started."""
    started_by = Path(__file__).resolve().parents[2] / "run"
    here = Path("run")
    if here.exists() and here.resolve() == started_by:
        program = ["./run", "landlog"]
    else:
        beside = Path(sys.executable).with_name("landlog")
        program = ["landlog"] if shutil.which("landlog") else [str(beside)]
    words = [*program, "verify", _short(proof), "--policy", _short(policy), "--max-age", MAX_AGE]
    return shlex.join(words)


def _short(path: Path) -> str:
    """A path as one would type it here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
