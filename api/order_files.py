"""Order files: what goes from the registry to the officer who signs, and back.

``prepare`` writes a preparation, ``sign`` turns it into a signed order, ``submit`` hands that in.  Between the first
and the last the file may travel: it holds the exact payload, the application with its salts, and the shapes.  It
names people, so it is a paper of the office (mode 0600), not a public one.

``check_shown`` is what the officer's own computer does before it signs: everything that the payload commits to must
open from the application that the officer was shown, and everything that it states must stand there.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from domain import catalogue, form, kit
from domain.canon import Json, parse_object
from domain.commitment import Opening
from domain.errors import BadInput, VerificationError
from domain.quantities import Area
from domain.values import Sealed
from registry import dsse
from registry.keys import Key

PREPARED = "landlog/prepared-order@v1"
SIGNED = "landlog/signed-order@v1"
MAX_BYTES = 64 << 20  # a partition of large parcels carries their shapes

Doc = dict[str, Json]


class NotWhatIsShown(VerificationError):
    """The payload to be signed says something that the application shown beside it does not."""

    code = "not-what-is-shown"


@dataclass(frozen=True, kw_only=True)
class OrderFile:
    """An order on its way: ``signatures`` are empty until an officer has signed."""

    payload: bytes
    application: Json
    shapes: Mapping[str, bytes] = field(default_factory=dict)
    signatures: tuple[dsse.Signature, ...] = ()
    sentence: str = ""
    people: tuple[Opening, ...] = ()
    """The holders of the record that the form names by commitment, opened, so that the officer reads names."""

    @property
    def document(self) -> Doc:
        """The payload as an object."""
        return parse_object(self.payload)

    @property
    def entry(self) -> bytes:
        """The envelope as it will stand in the log.

        Raises:
            SignatureCount: when nobody has signed yet.
        """
        return dsse.seal(dsse.EVENT, self.payload, self.signatures)

    def signed_by(self, key: Key) -> OrderFile:
        """The same order with one signature more; a second by the same key takes the place of the first."""
        others = tuple(s for s in self.signatures if s.keyid != key.keyid)
        return replace(self, signatures=(*others, key.sign_payload(dsse.EVENT, self.payload)))

    def to_json(self) -> Doc:
        return {
            "format": SIGNED if self.signatures else PREPARED,
            "sentence": self.sentence,
            "payload": base64.b64encode(self.payload).decode(),
            "application": self.application,
            "people": [
                {"field": o.field, "salt": base64.b64encode(o.salt).decode(), "value": o.value}
                for o in self.people
            ],
            "shapes": {digest: base64.b64encode(body).decode() for digest, body in self.shapes.items()},
            "signatures": [
                {"keyid": s.keyid, "sig": base64.b64encode(s.sig).decode()} for s in self.signatures
            ],
        }


def write(order: OrderFile, path: Path) -> None:
    """Write the file whole, readable by its owner only.

    Raises:
        BadInput: when it cannot be written.
    """
    beside = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(order.to_json(), file, ensure_ascii=False, indent=1)
            file.write("\n")
        beside.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}", field="--out") from error


def read(path: Path) -> OrderFile:
    """The order of a file that ``write`` made.

    Raises:
        BadInput: when it is no such file.
    """
    document = read_json(path, field="ORDER")
    if not isinstance(document, dict) or document.get("format") not in (PREPARED, SIGNED):
        raise BadInput(
            f"{path.name} is no order file",
            field="ORDER",
            remedy="Give the file that `landlog order prepare` or `landlog order sign` wrote.",
        )
    try:
        shapes = cast("dict[str, str]", document["shapes"])
        signatures = cast("list[dict[str, str]]", document["signatures"])
        return OrderFile(
            payload=base64.b64decode(cast("str", document["payload"]), validate=True),
            application=document["application"],
            shapes={digest: base64.b64decode(body, validate=True) for digest, body in shapes.items()},
            signatures=tuple(
                dsse.Signature(s["keyid"], base64.b64decode(s["sig"], validate=True)) for s in signatures
            ),
            sentence=str(document.get("sentence", "")),
            people=tuple(
                Opening(p["field"], base64.b64decode(p["salt"], validate=True), p["value"])
                for p in document.get("people", [])
            ),
        )
    except (KeyError, TypeError, AttributeError, binascii.Error, ValueError) as error:
        raise BadInput(
            f"{path.name} is a damaged order file ({type(error).__name__})",
            field="ORDER",
            remedy="Prepare the order again; copy the file whole.",
        ) from error


def read_json(path: Path, *, field: str, floats: bool = False) -> Any:
    """The JSON of a file; numbers with a point come as their text unless ``floats`` are wanted (maps).

    Raises:
        BadInput: when it cannot be read, is empty, or is no JSON.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {(error.strerror or '').lower()}", field=field) from error
    if not data.strip():
        raise BadInput(f"{path.name} is empty", field=field)
    if len(data) > MAX_BYTES:
        raise BadInput(f"{path.name} has more than {MAX_BYTES} bytes", field=field)
    try:
        return json.loads(data.decode("utf-8-sig"), parse_float=float if floats else str)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise BadInput(
            f"{path.name} is not JSON in UTF-8: {error}",
            field=field,
            remedy="Correct that place in the file.",
        ) from error


def check_shown(order: OrderFile) -> None:
    """Accepts an order whose payload says just what its application shows.

    Raises:
        NotWhatIsShown: naming what differs.
        NotCanonical, BadForm, NotFound: when payload or application cannot be read.
    """
    payload = order.document
    mutation = catalogue.mutation(str(payload.get("type")))
    application = mutation.read(order.application)
    if any(value.salt is None for _, value in form.walk(application) if isinstance(value, Sealed)):
        raise _differs("a private value of the application has no salt")
    committed = {o.commitment for o in kit.openings(application) if o.field != "party"}
    stated = cast("Doc", payload.get("private", {}))
    if set(stated.values()) != committed:
        raise _differs("the private values that the payload commits to are not those of the application")
    if difference := facts_differ(application, payload.get("facts")):
        raise _differs(difference)


def summary(order: OrderFile) -> Iterator[str]:
    """The order in words, for the person who is to sign it: made from payload and application alone.

    A name stands for a commitment only where it opens it, so a wrong one is not shown at all.
    """
    payload = order.document
    mutation = catalogue.mutation(str(payload["type"]))
    application = mutation.read(order.application)
    yield f"{mutation.title()}, order {payload['order_no']} of {payload['decided']}"
    yield f"  registry  {payload['origin']}"
    yield f"  office    {payload['office']}, signed by {payload['officer']}" + (
        f" and {payload['second_officer']}" if payload.get("second_officer") else ""
    )
    if order.sentence:
        yield f"  record    {order.sentence}"
    yield "  form"
    names = {o.commitment: _name(o.value) for o in order.people}
    yield from (f"    {line}" for line in _lines(form.write(application), names))
    yield "  changes"
    changes = cast("dict[str, Doc]", payload["set"])
    for touch in cast("list[Doc]", payload["touches"]):
        members = changes.get(str(touch["id"]), {})
        new = " (new)" if touch["prev_version"] == 0 else f" (after version {touch['prev_version']})"
        yield f"    {touch['id']}{new}: {', '.join(sorted(members))}"


def _lines(value: Json, names: Mapping[str, str], indent: str = "") -> Iterator[str]:
    """A form as indented lines; salts are left out, and holders bear their names."""
    items: Sequence[tuple[str, Json]] = (
        list(value.items()) if isinstance(value, dict) else [("-", v) for v in cast("list[Json]", value)]
    )
    for name, item in items:
        if name == "salt" or item is None or item == []:
            continue
        if isinstance(item, dict | list):
            yield f"{indent}{name}"
            yield from _lines(item, names, indent + "  ")
        else:
            shown = names.get(str(item), str(item))
            yield f"{indent}- {shown}" if name == "-" else f"{indent}{name}: {shown}"


def _name(value: Json) -> str:
    if not isinstance(value, dict):
        return str(value)
    return f"{value.get('name')}" + (f", {value['relation']}" if value.get("relation") else "")


def _shadow(value: Any) -> Json:
    """The form with every private value as the commitment that stands for it."""
    if isinstance(value, Sealed):
        return str(value.commitment)
    if isinstance(value, tuple):
        return [_shadow(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, Area):
        return {f.name: _shadow(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return form.write(value)


def facts_differ(application: object, facts: Json) -> str:
    """Where the facts of an order say other than the completed form that was shown; empty when they agree."""
    return _first_difference(_shadow(application), facts, "facts")


def _first_difference(shown: Json, stated: Json, where: str) -> str:
    """Where facts and form differ in a member that both have; empty when they agree.

    A number that counts into a list of the form stands in the facts as the id of that item: such are passed over.
    """
    if isinstance(shown, dict) and isinstance(stated, dict):
        for name in sorted(shown.keys() & stated.keys()):
            if difference := _first_difference(shown[name], stated[name], f"{where}.{name}"):
                return difference
        return ""
    if isinstance(shown, list) and isinstance(stated, list):
        if len(shown) != len(stated):
            return f"{where} has {len(stated)} items, the form {len(shown)}"
        pairs = enumerate(zip(shown, stated, strict=True))
        return next((d for n, (a, b) in pairs if (d := _first_difference(a, b, f"{where}[{n}]"))), "")
    if isinstance(shown, int) and isinstance(stated, str):
        return ""
    return "" if shown == stated else f"{where} differs from the form"


def _differs(what: str) -> NotWhatIsShown:
    return NotWhatIsShown(
        f"the order does not say what is shown: {what}",
        field="payload",
        remedy="Do not sign. Prepare the order again, and find out who changed the file.",
    )
