"""Portions of a partition, as a body or a papers file names them: who takes which parts of the parcel that is split.

Parts are counted from 1 in the order of the preview, holders are named by their reference in the record or by the
name that it shows.  What is not said is left open and named among what the draft lacks; nothing is shared out here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.bodies import check_members
from api.drafts import Doc, Draft, Papers, child
from api.proposed import Part, Subject
from domain.canon import Json
from domain.errors import BadInput

MEMBERS = ("as", "portions", "deed", "permissions")
"""Of a body that asks for a split, beside the manner of dividing."""
KINDS = ("subdivision", "partition")
_MOST_TEXT = 100


def kind_of(document: Mapping[str, Any]) -> str:
    """What the parts are to be: of the same khata, or of portions.  Raises: BadInput."""
    kind = document.get("as", "subdivision")
    if kind not in KINDS:
        raise BadInput(
            f"a split is no {str(kind)[:40]!r}", field="as", remedy="Write subdivision or partition."
        )
    for name in MEMBERS[1:]:
        if kind == "subdivision" and name in document:
            raise BadInput(
                f"a subdivision has no {name}", field=name, remedy='Leave it out, or add "as": "partition".'
            )
    return str(kind)


def partition(
    subject: Subject, unit: Mapping[str, Any], parts: Sequence[Part], papers: Papers
) -> tuple[Draft, list[str]]:
    """The draft of a partition by which the parts go to portions of the khata (``unit``, its state), and remarks.

    Raises:
        BadInput: for portions that name what is not there, or a part twice.
    """
    asked = papers.get("portions")
    portions = _read(asked, subject, unit, len(parts)) if asked is not None else _one_each(len(parts))
    taken = {n for portion in portions for n in portion["parts"]}
    open_ = [part.label for n, part in enumerate(parts, 1) if n not in taken]
    placed = {p for portion in portions for p in portion["parcels"]}
    others = sorted(set(unit["parcels"]) - {subject.id} - placed)
    missing = [name for name in ("deed",) if not papers.get(name)]
    if open_ or others or any(not portion["holders"] for portion in portions):
        missing.append("portions")
    elif sum(not portion["new_unit"] for portion in portions) > 1:
        missing.append("portions.new_unit")
    form: Doc = {
        "unit": subject.document["unit"]["unit_id"],
        "split": subject.id,
        "portions": [_form(portion, parts) for portion in portions],
        **{name: papers[name] for name in ("deed", "permissions") if papers.get(name)},
    }
    remarks = [
        *(f"part {label} is in no portion yet" for label in open_),
        *(f"parcel {parcel} of the khata is in no portion yet" for parcel in others),
    ]
    shapes = {part.digest: part.body for part in parts}
    return Draft(type="partition", application=form, shapes=shapes, missing=tuple(missing)), remarks


def changes(subject: Subject, draft: Draft, labels: str) -> tuple[tuple[str, str], ...]:
    """A sentence for the parcel and one for the khata."""
    unit = subject.document["unit"]
    portions = draft.application["portions"]
    count = len(portions) if isinstance(portions, list) else 0
    burdened = "; charges and restrictions go with them" if subject.document["charges"] else ""
    return (
        (subject.id, f"{subject.label} is retired, and {labels} take up its land"),
        (unit["unit_id"], f"khata {unit['label']} is divided into {count} portions of its holders{burdened}"),
    )


def _one_each(count: int) -> list[dict[str, Any]]:
    return [{"holders": [], "parts": [n], "parcels": [], "new_unit": ""} for n in range(1, count + 1)]


def _form(portion: Mapping[str, Any], parts: Sequence[Part]) -> Json:
    form: Doc = {
        "holders": list(portion["holders"]),
        "parcels": list(portion["parcels"]),
        "children": [child(parts[n - 1]) for n in portion["parts"]],
    }
    if portion["new_unit"]:
        form["new_unit"] = {"label": portion["new_unit"]}
    return form


def _read(asked: Any, subject: Subject, unit: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    if not isinstance(asked, list) or not 2 <= len(asked) <= count + len(unit["parcels"]):
        raise BadInput(
            "portions are a list of two or more",
            field="portions",
            remedy='Write [{"holders": ["Asha"], "parts": [1]}, '
            '{"holders": ["Ravi"], "parts": [2], "new_unit": "46"}].',
        )
    read = [_portion(portion, n, subject, unit, count) for n, portion in enumerate(asked)]
    for name, what in (("parts", "part"), ("parcels", "parcel"), ("holders", "holder")):
        named = [item for portion in read for item in portion[name]]
        if twice := next((item for item in named if named.count(item) > 1), None):
            raise BadInput(
                f"the {what} {str(twice)[:60]} is in two portions",
                field="portions",
                remedy="Place each once.",
            )
    return read


def _portion(asked: Any, n: int, subject: Subject, unit: Mapping[str, Any], count: int) -> dict[str, Any]:
    where = f"portions[{n}]"
    if not isinstance(asked, dict):
        raise BadInput("a portion is an object", field=where, remedy="Give its holders and its parts.")
    check_members(asked, required={"holders"}, optional={"parts", "parcels", "new_unit"})
    new_unit = asked.get("new_unit", "")
    if not isinstance(new_unit, str) or len(new_unit) > _MOST_TEXT:
        raise BadInput(
            "the number of a new khata is a text",
            field=f"{where}.new_unit",
            remedy='Write "46", or leave it out.',
        )
    parts = _listed(asked, "parts", where)
    if any(type(part) is not int or not 1 <= part <= count for part in parts):
        raise BadInput(
            f"parts are numbered 1 to {count}",
            field=f"{where}.parts",
            remedy="Count them as the preview lists them.",
        )
    parcels = _listed(asked, "parcels", where)
    for parcel in parcels:
        if parcel not in unit["parcels"] or parcel == subject.id:
            raise BadInput(
                f"{str(parcel)[:60]} is no other parcel of the khata",
                field=f"{where}.parcels",
                remedy="Name the ids of parcels that a portion takes as they are.",
            )
    holders = [_holder(name, f"{where}.holders", subject) for name in _listed(asked, "holders", where)]
    return {"holders": holders, "parts": parts, "parcels": parcels, "new_unit": new_unit}


def _listed(asked: Mapping[str, Any], name: str, where: str) -> list[Any]:
    found = asked.get(name, [])
    if not isinstance(found, list):
        raise BadInput(f"{name} is a list", field=f"{where}.{name}", remedy="Write [...], also for one.")
    return found


def _holder(name: Any, field: str, subject: Subject) -> str:
    """The reference of the one holder who is meant."""
    found = [h["party"] for h in subject.document["holders"] if name in (h["party"], h["name"])]
    if len(found) != 1:
        known = ", ".join(str(h["name"]) for h in subject.document["holders"][:10])
        raise BadInput(
            f"{str(name)[:60]!r} is not the name of exactly one holder",
            field=field,
            remedy=f"Name by name or reference one of: {known}.",
        )
    return str(found[0])
