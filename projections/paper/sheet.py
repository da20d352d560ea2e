"""What the extract says: every word and figure of the page, as JSON for ``extract.typ``.

Words come as lists: in the record's language, then in English, or once where both are the same.  What is recorded
stands as it was recorded, and what is not recorded is said not to be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from typing import Any

from domain.law import Law, law_of, state_of

Doc = Mapping[str, Any]
Words = list[str]

INDIA = timezone(timedelta(hours=5, minutes=30), "IST")
_BURDENS = ("charges", "restrictions", "holds", "pending")
_WARNINGS = {"restrictions": "is-restricted", "holds": "is-held", "pending": "is-pending"}  # gravest first


@dataclass(frozen=True)
class Vocabulary:
    """The state's words for things, in the record's language and in English."""

    law: Law
    language: str

    def __call__(self, name: str) -> Words:
        return _once(self.law.word(name, self.language), self.english(name))

    def english(self, name: str) -> str:
        return self.law.word(name, "en")

    def code(self, recorded: str) -> Words:
        """What a code of a list is called; what is not in the vocabulary stands as it was recorded.

        >>> say = Vocabulary(law_of("generic", datetime(2026, 11, 21).date()), "hi")
        >>> say.code("pond"), say.code("well-and-garden"), say.code("1-क संक्रमणीय भूमिधर")
        (['तालाब', 'Pond'], ['Well and garden'], ['1-क संक्रमणीय भूमिधर'])
        """
        local, english = self.law.word(recorded, self.language), self.english(recorded)
        if english == recorded and re.fullmatch(r"[a-z][a-z0-9-]*", recorded):
            english = recorded.replace("-", " ").capitalize()
        return _once(english if local == recorded else local, english)

    def line(self, name: str) -> str:
        """Both words in one line of text, for the small print."""
        return " / ".join(self(name))


def sheet(document: Doc, *, proof: bytes, url: str, language: str, as_of: datetime) -> dict[str, Any]:
    """The page of one public record document; ``as_of`` is the time of the checkpoint it stands on."""
    law = law_of(state_of(document.get("office") or ""), as_of.astimezone(INDIA).date())
    say = Vocabulary(law, language)
    village = document["village"]
    parcel = f"{village['name']} {village['lgd']}, {say.english('parcel')} {document['label']}"
    return {
        "language": language,
        "author": f"Landlog, {say.english('state')}",
        "state": say("state"),
        "title": say("record"),
        "extract": say("extract"),
        "parcel": parcel,
        "foot": f"{document['parcel_id']} · {say.english('version')} {document['version']} · {parcel}",
        "page": say("page"),
        "village": _village(document, say),
        "warnings": _warnings(document, say),
        "facts": _facts(document, say),
        "map": say("map"),
        "no-map": say("no-map"),
        "no-holders": say("on-successors" if _is_retired(document) else "none"),
        "holders": {
            "title": say("holders"),
            "columns": [say(name) for name in ("number", "holder", "relation", "share")],
            "rows": [_holder(holder, say) for holder in document["holders"]],
        },
        "burdens": {"title": say("burdens"), "rows": _burdens(document, say) + _lineage(document, say)},
        "evidence": _evidence(document, proof, as_of, say),
        "url": url,
    }


def grouped(figure: object, places: int = 0) -> str:
    """A figure with its digits in groups as India writes them.

    >>> grouped("2185.3025", 2), grouped(12345678), grouped(Decimal("999"))
    ('2,185.30', '1,23,45,678', '999')
    """
    whole, point, rest = f"{Decimal(str(figure)):.{places}f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    return re.sub(r"(?<=\d)(?=(\d\d)+$)", ",", head) + ("," if head else "") + tail + point + rest


def _once(*words: str) -> Words:
    return list(dict.fromkeys(words))


def _village(document: Doc, say: Vocabulary) -> dict[str, Any]:
    village, office = document["village"], document.get("office")
    return {
        "label": say("village"),
        "name": _once(village.get("name_local") or village["name"], village["name"]),
        "code": f"LGD {village['lgd']}" + (f" · {say.line('office')} {office}" if office else ""),
    }


def _warnings(document: Doc, say: Vocabulary) -> list[dict[str, Any]]:
    """What a buyer must not overlook, the gravest first, and the particulars of it."""
    found = []
    if _is_retired(document):
        successors = _relatives(document.get("successors"))
        detail = f"{say.line('successors')}: {successors}" if successors else ""
        found.append({"sentence": say("is-retired"), "detail": detail})
    for name, sentence in _WARNINGS.items():
        items = document.get(name)
        if isinstance(items, list) and items:
            named = _once(*(" ".join([say.code(item["kind"])[0], item.get("case") or ""]) for item in items))
            found.append({"sentence": say(sentence), "detail": "; ".join(text.strip() for text in named)})
    return found


def _is_retired(document: Doc) -> bool:
    """Holders and burdens of a retired parcel are those of its successors: none here does not mean none at all."""
    return document.get("status") == "retired"


def _facts(document: Doc, say: Vocabulary) -> list[dict[str, Any]]:
    def fact(name: str, value: str | Words | None, beside: str = "", large: bool = False) -> dict[str, Any]:
        return {
            "label": say(name),
            "value": value or say("none"),
            "recorded": bool(value),
            "beside": beside,
            "large": large,
        }

    def code(recorded: str | None) -> Words | None:
        return say.code(recorded) if recorded else None

    unit = document.get("unit") or {}
    recorded, in_m2 = _recorded_area(document["area"], say)
    return [
        fact("parcel", document["label"], large=True),
        fact("unit", unit.get("label"), large=True),
        fact("area", recorded, in_m2),
        fact("drawn", _square_metres(document["area"].get("drawn_m2"))),
        fact("class", code(document.get("class"))),
        fact("use", code(document.get("use"))),
        fact("tenure", code(unit.get("tenure"))),
        fact("ulpin", document.get("ulpin")),
        fact("permanent", document["parcel_id"], unit.get("unit_id") or ""),
        fact("grade", document.get("grade")),
    ]


def _recorded_area(area: Doc, say: Vocabulary) -> tuple[Words | str | None, str]:
    """The area as the paper had it, and beside it in square metres; only these where the paper had no other."""
    in_m2, original = _square_metres(area.get("recorded_m2")), area.get("original")
    if not original or original["unit"] == "m2":
        return in_m2, ""
    local, *english = say(original["unit"])
    return [f"{original['figure']} {local}", *english], in_m2 or ""


def _square_metres(figure: object) -> str | None:
    return None if figure is None else f"{grouped(figure, 2)} m²"


def _holder(holder: Doc, say: Vocabulary) -> dict[str, Any]:
    name = holder.get("name")
    return {
        "name": name or say("erased"),
        "relation": holder.get("relation") or "",
        "share": holder.get("share") or say("undetermined"),
    }


def _burdens(document: Doc, say: Vocabulary) -> list[dict[str, Any]]:
    """The four lists that a buyer asks for; one that is not shown never counts as clear."""
    return [{"label": say(name), "entries": _burden(name, document, say)} for name in _BURDENS]


def _burden(name: str, document: Doc, say: Vocabulary) -> list[dict[str, Any]]:
    items = document.get(name)
    if not isinstance(items, list):
        return [_entry(say("withheld"))]
    if not items and _is_retired(document):
        return [_entry(say("on-successors"))]
    return [_entry(say.code(item["kind"]), _particulars(item, say), weighty=True) for item in items] or [
        _entry(say("none"))
    ]


def _particulars(item: Doc, say: Vocabulary) -> str:
    """The case, what it lies on, its rank, the log entry from which it stands: what is said besides the kind."""
    on = item.get("on")
    known = [
        item.get("case"),
        say.line(on) if on in ("parcel", "unit") else None,
        f"{say.line('on-share')} {item.get('holder') or say.line('erased')}" if on == "holder" else None,
        f"{say.line('rank')} {item['rank']}" if item.get("rank") is not None else None,
        f"{say.line('since')} {grouped(item['since'])}" if item.get("since") is not None else None,
    ]
    return " · ".join(part for part in known if part)


def _lineage(document: Doc, say: Vocabulary) -> list[dict[str, Any]]:
    """Former numbers are always spoken of; ancestors and descendants where there are any."""
    former = ", ".join(document.get("former_labels") or [])
    rows = [{"label": say("former"), "entries": [_entry(former or say("none"))]}]
    for name in ("predecessors", "successors"):
        if relatives := _relatives(document.get(name)):
            rows.append({"label": say(name), "entries": [_entry(relatives)]})
    return rows


def _relatives(parcels: Sequence[Doc] | None) -> str:
    """Numbers as people know them, with the permanent ones: ``101/1 (999101-000201)``."""
    return ", ".join(
        f"{p['label']} ({p['parcel_id']})" if p.get("label") else p["parcel_id"] for p in parcels or []
    )


def _entry(words: Words | str, detail: str = "", *, weighty: bool = False) -> dict[str, Any]:
    return {"words": words, "detail": detail, "weighty": weighty}


def _evidence(document: Doc, proof: bytes, as_of: datetime, say: Vocabulary) -> dict[str, Any]:
    """What the page rests on: the log's size and time, the proof by its hash, and how far the law believes it."""
    at, digest = document["as_of"], sha256(proof).hexdigest()
    india = as_of.astimezone(INDIA)
    return {
        "facts": [
            {"label": say("log-size"), "value": grouped(at["checkpoint_size"])},
            {"label": say("checkpoint"), "value": f"{india:%d-%m-%Y %H:%M:%S} IST"},
            {"label": say("version"), "value": str(document["version"])},
        ],
        "utc": f"{as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "witnesses": say("witnessed" if at.get("cosigned_at") is not None else "unwitnessed"),
        "proof": say("proof"),
        "sha256": [digest[i : i + 8] for i in range(0, len(digest), 8)],
        "checking": say("checking"),
        "presumptive": say("presumptive"),
    }
