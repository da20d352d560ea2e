"""What the page of a parcel says: the record of rights in the state's words, in two languages where there are two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.addresses import Language
from api.clock import INDIA
from domain.law import Law, languages, law_of, state_of
from projections.paper.sheet import Vocabulary, grouped

Doc = Mapping[str, Any]
_BURDENS = ("charges", "restrictions", "holds", "pending")
_WARNINGS = {
    "restrictions": "is-restricted",
    "holds": "is-held",
    "pending": "is-pending",
}  # the gravest first


@dataclass(frozen=True)
class Term:
    """What a thing is called: in the reader's language, and beside it in the other language of the record."""

    text: str
    language: str
    also: str = ""
    also_language: str = ""


@dataclass(frozen=True)
class Fact:
    """A line of the record: a text, or a term of the vocabulary; neither where nothing is recorded."""

    name: Term
    text: str = ""
    term: Term | None = None
    beside: str = ""


@dataclass(frozen=True)
class Terms:
    """The state's vocabulary for one reader."""

    law: Law
    language: str
    other: str

    @classmethod
    def of(cls, office: str, day: date, language: Language) -> Terms:
        state = state_of(office)
        own = next((code for code in languages(state) if code != "en"), "en")
        spoken = language != "en" and language in languages(state)
        return cls(law_of(state, day), language, "en" if spoken else own)

    def __call__(self, name: str) -> Term:
        return self._term(self.law.word(name, self.language), self.law.word(name, self.other))

    def code(self, recorded: str) -> Term:
        """What a code of a list is called; what is not in the vocabulary stands as it was recorded."""
        return self._term(
            Vocabulary(self.law, self.language).code(recorded)[0],
            Vocabulary(self.law, self.other).code(recorded)[0],
        )

    def _term(self, text: str, also: str) -> Term:
        english = text.isascii()
        same = also == text
        return Term(
            text, "en" if english else self.language, "" if same else also, "" if same else self.other
        )


def page_of(document: Doc, terms: Terms) -> dict[str, Any]:
    """The parts of the page that follow from the public document alone."""
    return {
        "document": document,
        "term": terms,
        "warnings": _warnings(document, terms),
        "facts": _facts(document, terms),
        "burdens": [
            (
                terms(name),
                [_burden(item, terms) for item in document[name]],
            )
            for name in _BURDENS
        ],
        "as_of": document["as_of"],
        "cosigned": local_time(document["as_of"]["cosigned_at"]),
    }


def local_time(instant: str | None) -> str | None:
    """An instant on the clocks of India.

    >>> local_time("2026-11-21T06:30:00Z")
    '21-11-2026 12:00 IST'
    """
    if instant is None:
        return None
    return f"{datetime.fromisoformat(instant).astimezone(INDIA):%d-%m-%Y %H:%M} IST"


def day(iso: str) -> str:
    """
    >>> day("2026-11-21")
    '21-11-2026'
    """
    return "-".join(reversed(iso.split("-")))


def _warnings(document: Doc, terms: Terms) -> list[tuple[Term, list[Any]]]:
    """What a buyer must not overlook, with what it is about."""
    found: list[tuple[Term, list[Any]]] = []
    if document["status"] == "retired":
        found.append((terms("is-retired"), []))
    for name, sentence in _WARNINGS.items():
        if items := document[name]:
            found.append((terms(sentence), [_burden(item, terms) for item in items]))
    return found


def _facts(document: Doc, terms: Terms) -> list[Fact]:
    area, unit = document["area"], document["unit"]
    original, drawn = area["original"], area["drawn_m2"]
    recorded = f"{grouped(area['recorded_m2'], 2)} m²"
    as_written = f"{original['figure']} {terms(original['unit']).text}"
    in_m2 = original["unit"] == "m2"
    return [
        Fact(terms("unit"), unit["label"], beside=unit["unit_id"]),
        Fact(terms("area"), recorded if in_m2 else as_written, beside="" if in_m2 else recorded),
        Fact(terms("drawn"), f"{grouped(drawn, 2)} m²" if drawn else ""),
        Fact(terms("class"), term=terms.code(document["class"]) if document["class"] else None),
        Fact(terms("use"), term=terms.code(document["use"]) if document["use"] else None),
        Fact(terms("tenure"), term=terms.code(unit["tenure"]) if unit["tenure"] else None),
        Fact(terms("former"), ", ".join(document["former_labels"])),
        Fact(terms("ulpin"), document["ulpin"] or ""),
        Fact(terms("permanent"), document["parcel_id"]),
        Fact(terms("office"), document["office"]),
    ]


def _burden(item: Doc, terms: Terms) -> dict[str, Any]:
    return {
        "kind": terms.code(item["kind"]),
        "on": item["on"],
        "rank": item.get("rank"),
        "case": item.get("case"),
        "since": item.get("since"),
        "holder": item.get("holder"),
    }
