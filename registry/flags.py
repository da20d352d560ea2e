"""Key reviews: what follows when a key may have been misused before it was revoked (transparency spec 5.3).

Nothing is rewritten.  Every parcel and unit that the key touched since the index in doubt gets the restriction
``key-review``, by events ``record.flagged/1`` that are signed as the revocation was, so whoever looks at the record
sees the doubt.  Pure; ``registry.flagging`` finds what is concerned and records it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import ClassVar, cast

from domain.canon import Json
from domain.errors import RegistryError
from domain.ids import kind_of
from domain.projection import Doc

TYPE = "record.flagged/1"
KIND = "key-review"
ROOT_KEYS = "root-keys"
"""Who is named as officer where root keys sign."""
WORDING: Mapping[str, str] = MappingProxyType(
    {
        "en": "Under review: entries here were signed with an officer's key that is in doubt.",
        "hi": "जाँच के अधीन: यहाँ की प्रविष्टियाँ अधिकारी की ऐसी कुंजी से हस्ताक्षरित हैं जो सन्देह में है।",
        "te": "పరిశీలనలో ఉంది: ఇక్కడి నమోదులపై సందేహంలో ఉన్న అధికారి కీతో సంతకం జరిగింది.",
        "mr": "तपासणी सुरू: येथील नोंदी संशयास्पद ठरलेल्या अधिकाऱ्याच्या कळीने स्वाक्षरित आहेत.",
        "kn": "ಪರಿಶೀಲನೆಯಲ್ಲಿದೆ: ಇಲ್ಲಿನ ನಮೂದುಗಳಿಗೆ ಸಂಶಯದಲ್ಲಿರುವ ಅಧಿಕಾರಿಯ ಕೀಲಿಯಿಂದ ಸಹಿ ಮಾಡಲಾಗಿದೆ.",
    }
)
"""The sentence that stands in the record's history, by language."""


class NothingToReview(RegistryError):
    """The key is not revoked, or no doubt about its past was stated."""

    code: ClassVar[str] = "nothing-to-review"


def is_flagged(state: Doc) -> bool:
    """Whether a state shows that a key's acts on it are under review."""
    return any(
        isinstance(r, dict) and r.get("kind") == KIND for r in cast("list[Json]", state["restrictions"])
    )


def names_a_signer(officer: Json, signing: Collection[str], *, by_root_keys: bool) -> bool:
    """Whether the officer whom the event names has signed it; root keys are named together."""
    return isinstance(officer, str) and (officer in signing or (by_root_keys and officer == ROOT_KEYS))


def effect(facts: Doc, before: Mapping[str, Doc | None], key: Doc | None) -> dict[str, Doc]:
    """What the event sets: the restriction on everything that it touches; ``key`` is the state of the key in doubt.

    Raises:
        NothingToReview: when the key is in force, its past is not in doubt, or a thing cannot be flagged.
    """
    if key is None or key.get("revoked") is None or key.get("suspect_from_index") is None:
        raise NothingToReview(
            f"the key {str(facts.get('keyid'))[:64]} was not revoked with an index from which it is in doubt",
            field="keyid",
            remedy="Revoke it first: landlog key revoke KEYID --suspect-from INDEX.",
        )
    changes: dict[str, Doc] = {}
    for identifier, state in before.items():
        if kind_of(identifier) not in ("parcel", "unit") or state is None or is_flagged(state):
            raise NothingToReview(f"{identifier} is not land of the record, or is under review already")
        restrictions = cast("list[Json]", state["restrictions"])
        flag: Doc = {"kind": KIND, "since": None, "on": None, "details": None}
        changes[identifier] = {"restrictions": [*restrictions, flag]}
    return changes
