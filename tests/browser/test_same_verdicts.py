"""Two verifiers, one verdict: whatever is done to a proof, the page and ``registry.verify`` say the same of it."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from domain.canon import canonical, parse_object
from domain.errors import VerificationError
from registry.log.policy import Policy
from registry.verify import verify_title_proof
from tests.browser.conftest import Open
from tests.registry.make_vectors import review
from tests.registry.titles import ASHA, NOW, PARCEL, POLICY, RAVI, TAHSILDAR, UNIT, keyid, village

CASES = 400
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2,
    2**53 - 1,
    "",
    "AAAA",
    "A" * 44,
    "x" * 99,
    [],
    [None],
    {},
    {"a": 1},
    PARCEL,
    UNIT,
]
BYTES = [b"0", b'"', b"\\", b"\xff", b" ", b"\n", b",", b"}", b"A"]

JUDGE = """async ({ proofs, policy, now }) => {
  const { bytes, policy: policies, verify } = globalThis.landlog;
  const believed = policies.parsePolicy(bytes.utf8(policy)), verdicts = [];
  for (const proof of proofs) {
    try {
      const found = await verify.verifyTitleProof(bytes.fromHex(proof), believed, { now });
      verdicts.push(`${found.status} ${found.signaturesChecked} ${found.openings.length}`);
    } catch (error) {
      verdicts.push(error.code ?? error.stack);
    }
  }
  return verdicts;
}"""


def by_python(proof: bytes) -> str:
    try:
        found = verify_title_proof(proof, Policy.parse(POLICY), now=NOW)
    except VerificationError as error:
        return error.code
    return f"{found.status} {str(found.signatures_checked).lower()} {len(found.openings)}"


def changed(chance: random.Random, proof: bytes) -> bytes:
    """The proof with something in it replaced, moved, dropped or repeated; as JSON, or as bytes."""
    if chance.random() < 0.25:
        at = chance.randrange(len(proof))
        return proof[:at] + chance.choice(BYTES) + proof[at + chance.randrange(2) :]
    document = parse_object(proof)
    for _ in range(chance.randrange(1, 3)):
        where, key = chance.choice(list(places(document)))
        match chance.randrange(4):
            case 0:
                where[key] = copy.deepcopy(chance.choice(VALUES))
            case 1:
                there, other = chance.choice(list(places(document)))
                where[key] = copy.deepcopy(there[other])
            case 2:
                del where[key]
            case _ if isinstance(where, list):
                where.insert(key, copy.deepcopy(where[key]))
            case _:
                where[f"{key}s"] = where.pop(key)
    return canonical(document)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document that holds something: its container, and where it is in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def test_the_two_verifiers_agree_on_whatever_is_done_to_a_proof(opened: Open) -> None:
    chance, officer = random.Random(20261121), keyid(TAHSILDAR)
    whole = (
        village().proof(PARCEL, officer, histories=[PARCEL, UNIT, officer], openings=[ASHA, RAVI]).format()
    )
    bare = village().proof().format()
    reviewed = review().format()
    proofs = [changed(chance, chance.choice([whole, bare, reviewed])) for _ in range(CASES)]
    given = {"proofs": [proof.hex() for proof in proofs], "policy": POLICY, "now": NOW}
    in_browser: list[str] = opened().evaluate(JUDGE, given)
    differ = [
        (ours, theirs, proof[:200])
        for ours, theirs, proof in zip(map(by_python, proofs), in_browser, proofs, strict=True)
        if ours != theirs
    ]
    assert differ == []
    assert len(set(in_browser)) > 8, "the changes reach many steps of the verifier"
    assert json.dumps(in_browser).count("current") < CASES // 2
