"""The extract on paper: it says what the record says, bears its proof, and stands whatever a record holds."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from domain.commitment import Opening
from domain.errors import BadInput, VerificationError
from domain.ids import ParcelId, UnitId, VillageCode
from domain.law import law_of, states, words
from domain.quantities import Area
from domain.record import Charge, Holding, Parcel, Pending, Restriction, Unit
from projections import fonts as our_fonts
from projections.documents import VillageName, parcel_document, unit_face
from projections.fonts import FontsMissing, font_directory
from projections.paper import (
    NoProofAttached,
    ProofTooLarge,
    SeveralProofsAttached,
    Unprintable,
    UnreadablePdf,
    attached_proof,
    extract,
)
from projections.paper.attachment import MAX_PDF, MAX_PROOF, PROOF_NAME
from projections.paper.sheet import Vocabulary, sheet

AT = datetime(2026, 11, 21, 14, 45, 3, tzinfo=UTC)
PROOF = json.dumps({"type": "landlog/title-proof@v1", "note": "प्रमाण"}, ensure_ascii=False).encode()
URL = "https://landlog.example/villages/999101/parcels/999101-000012"
MAP = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 361"><path d="M50 50H350V300H50Z" fill="#f6cf65"/>'
    '<text x="200" y="180" font-size="16" font-family="Noto Sans, sans-serif">101/1क</text></svg>'
)

NEEMSARI = VillageName("999101", "Neemsari", "नीमसरी")
PARCEL = Parcel(
    id=ParcelId("999101-000012"),
    village=VillageCode("999101"),
    office="99/901/9001",
    label="101/1क",
    unit=UnitId("999101-U000045"),
    area=Area(Decimal("2510.0000"), "0.2510", "hectare"),
    land_class="bhumidhar-transferable",
    use="irrigated",
    geometry=None,
    former_labels=("101",),
    predecessors=(ParcelId("999101-000003"),),
)
FAMILY = (
    ("क्षत्रियपाल सिंह", "रामप्रसाद", Fraction(1, 2)),
    ("श्रीमती विरासत देवी", "कृष्णकुमार द्विवेदी", Fraction(1, 4)),
    ("हरिश्चन्द्र", None, Fraction(1, 4)),
)
Person = tuple[str, str | None, Fraction | None]


def document(
    parcel: Parcel = PARCEL,
    holders: tuple[Person, ...] = FAMILY,
    village: VillageName = NEEMSARI,
    **on_unit: Any,
) -> dict[str, Any]:
    """The public document as the projection makes it; ``on_unit`` are charges, holds ... of the unit."""
    people = [Opening("party", n.to_bytes(32, "big"), {"name": name, "relation": of, "kind": "person"})
              for n, (name, of, _) in enumerate(holders)]  # fmt: skip
    unit = Unit(
        id=parcel.unit,
        village=parcel.village,
        office=parcel.office,
        label="45",
        tenure="transferable",
        parcels=(parcel.id,),
        shares=tuple(Holding(o.commitment, share) for o, (_, _, share) in zip(people, holders, strict=True)),
        **on_unit,
    )
    face = unit_face(unit.doc(), {opening.commitment: opening for opening in people})
    state = {**parcel.doc(), "version": 3}
    made = parcel_document(state, face, village=village, drawn_m2=None, labels={"999101-000003": "101"})
    return {**made, "as_of": {"checkpoint_size": 123456, "cosigned_at": "2026-11-21T14:45:03Z"}}


PATTADAR = ("కొత్తకోట సుబ్బారాయుడు", "శ్రీ క్షేత్రయ్య", Fraction(1))


def telugu() -> dict[str, Any]:
    parcel = replace(PARCEL, office="28/511/5257", label="412", land_class="patta", use="irrigated-dry")
    return document(parcel, (PATTADAR,), VillageName("999101", "Vempalle", "వేంపల్లె"))


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not our_fonts.PACKAGES.is_dir():
        pytest.skip("the fonts are not installed: start the tests with ./run test")
    return font_directory(tmp_path_factory.mktemp("home"))


Print = Callable[..., bytes]


@pytest.fixture
def printed(fonts: Path) -> Print:
    """Prints a document with the usual surroundings, any of which may be given."""

    def print_it(record: dict[str, Any], language: str = "hi", **given: Any) -> bytes:
        usual = {"proof": PROOF, "svg": MAP, "url": URL, "as_of": AT, "fonts": fonts}
        return extract(record, language=language, **{**usual, **given})

    return print_it


def text_of(pdf: bytes) -> str:
    """The text layer of the pages, blanks left out: readers place them differently between Indian letters."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (apt-get install poppler-utils)")
    read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return "".join(read.stdout.decode().split())


def pages(pdf: bytes) -> list[str]:
    """The text of each page; pypdf reads Latin letters rightly and Indian ones not."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


# What the page says


def test_hindi_names_can_be_copied_from_the_page_as_they_are_spelt(printed: Print) -> None:
    text = text_of(printed(document()))
    for word in (
        "क्षत्रियपालसिंह",
        "श्रीमतीविरासतदेवी",
        "कृष्णकुमारद्विवेदी",
        "हरिश्चन्द्र",
        "101/1क",
        "नीमसरी",
        "Neemsari",
    ):
        assert word in text


def test_telugu_names_can_be_copied_from_the_page_as_they_are_spelt(printed: Print) -> None:
    text = text_of(printed(telugu(), "te"))
    for word in ("కొత్తకోటసుబ్బారాయుడు", "శ్రీక్షేత్రయ్య", "వేంపల్లె", "ఖాతా/Khata", "హక్కులరికార్డు"):
        assert word in text


@pytest.mark.parametrize("language", ["hi", "en"])
def test_a_normal_record_is_one_page(language: str, printed: Print) -> None:
    (text,) = pages(printed(document(), language))
    assert "Page 1 of 1" in text
    assert "1,23,456" in text
    assert "21-11-2026 20:15:03 IST" in text
    assert "2026-11-21T14:45:03Z" in text


def test_six_holders_a_charge_and_a_pending_case_still_fit_one_page(printed: Print) -> None:
    six = tuple((f"खातेदार {n}", "रामप्रसाद", Fraction(1, 6)) for n in range(6))
    burdened = document(holders=six, charges=(MORTGAGE,), pending=(CASE,))
    assert len(pages(printed(burdened))) == 1


def test_the_page_is_pdf_a_3a_of_the_checkpoints_time(printed: Print) -> None:
    reader = PdfReader(io.BytesIO(printed(document())))
    assert reader.xmp_metadata is not None
    xmp = reader.xmp_metadata.stream.get_data()
    assert b"<pdfaid:part>3</pdfaid:part>" in xmp
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert reader.metadata is not None
    assert reader.metadata.creation_date == AT


def test_the_same_record_gives_the_same_bytes_whatever_the_zone_of_the_clock(printed: Print) -> None:
    in_india = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert printed(document()) == printed(document()) == printed(document(), as_of=in_india)


def test_threads_print_side_by_side_what_they_print_alone(printed: Print) -> None:
    records = [document(replace(PARCEL, label=str(n))) for n in range(6)]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(printed, records)) == [printed(record) for record in records]


# What is recorded, and what is not

MORTGAGE = Charge(kind="mortgage", rank=1, on=None, details=b64encode(bytes(32)).decode(), since=90100)
CASE = Pending(kind="mutation", case="999101-C000012", since=90190)
STAY = Restriction(kind="stay", since=88)


def said(record: dict[str, Any], language: str = "hi") -> dict[str, Any]:
    return sheet(record, proof=PROOF, url=URL, language=language, as_of=AT)


def burdens(page: dict[str, Any]) -> dict[str, list[Any]]:
    return {row["label"][-1]: [e["words"] for e in row["entries"]] for row in page["burdens"]["rows"]}


@pytest.mark.quick
def test_what_is_not_recorded_is_said_not_to_be() -> None:
    page = said(document())
    none = ["कोई प्रविष्टि नहीं", "None recorded"]
    found = burdens(page)
    for name in ("Charges", "Restrictions", "Priority holds", "Pending cases"):
        assert found[name] == [none]
    assert page["warnings"] == []
    ulpin = next(fact for fact in page["facts"] if fact["label"][-1] == "ULPIN")
    assert ulpin["value"] == none


@pytest.mark.quick
def test_a_list_that_is_not_shown_never_counts_as_clear() -> None:
    withheld = {**document(), "charges": {"c": "7vqS"}}
    assert burdens(said(withheld))["Charges"][0][-1] == "Not shown, so not known to be clear"


@pytest.mark.quick
def test_a_charge_says_on_whom_it_lies_and_since_when() -> None:
    record = document(charges=(MORTGAGE,))
    record["charges"].append(
        {"kind": "mortgage", "rank": 2, "since": 7, "on": "holder", "holder": "हरिश्चन्द्र"}
    )
    (row,) = (row for row in said(record)["burdens"]["rows"] if row["label"][-1] == "Charges")
    on_unit, on_share = (entry["detail"] for entry in row["entries"])
    assert [entry["words"] for entry in row["entries"]] == [["बन्धक", "Mortgage"]] * 2
    assert "खाता / Holding" in on_unit
    assert "log entry 90,100" in on_unit
    assert "on the share of हरिश्चन्द्र" in on_share
    assert "rank 2" in on_share


@pytest.mark.quick
@pytest.mark.parametrize(
    ("record", "sentence", "detail"),
    [
        (document(pending=(CASE,)), "A case about this land is pending", "नामान्तरण 999101-C000012"),
        (document(restrictions=(STAY,)), "A restriction on dealings", "न्यायालय का स्थगन"),
        (document(replace(PARCEL, restrictions=(STAY,))), "A restriction on dealings", "न्यायालय का स्थगन"),
        (document(holds=(STAY,)), "A priority hold", "न्यायालय का स्थगन"),
    ],
    ids=["a pending case", "a stay on the unit", "a stay on the parcel", "a hold"],
)
def test_what_a_buyer_must_not_overlook_is_a_warning(
    record: dict[str, Any], sentence: str, detail: str
) -> None:
    (warning,) = said(record)["warnings"]
    assert warning["sentence"][-1].startswith(sentence)
    assert warning["detail"] == detail


def test_a_retired_parcel_says_so_and_names_its_successors(printed: Print) -> None:
    record = document(replace(PARCEL, status="retired", successors=(ParcelId("999101-000201"),)))
    record["successors"][0]["label"] = "101/3"
    page = said(record)
    assert page["warnings"][0]["sentence"][-1].startswith("Retired")
    assert page["holders"]["rows"] == []
    assert page["no-holders"][-1] == burdens(page)["Charges"][0][-1] == "Now on what it became"
    (text,) = pages(printed(record, "en"))
    assert "Retired: this parcel is no longer part of the current record." in text
    assert "Became: 101/3 (999101-000201)" in text


@pytest.mark.quick
def test_shares_and_names_that_are_not_there_are_spoken_of() -> None:
    record = document(holders=(("आशा", "राम", None), ("मीना", None, None)))
    record["holders"][1].update(name=None, relation=None, reason="erased")
    asha, erased = said(record)["holders"]["rows"]
    assert asha == {"name": "आशा", "relation": "राम", "share": ["निर्धारित नहीं", "not determined"]}
    assert erased["name"][-1] == "Name erased on request"


@pytest.mark.quick
def test_the_area_stands_first_as_the_paper_had_it() -> None:
    facts = {fact["label"][-1]: fact for fact in said(document())["facts"]}
    assert facts["Recorded area"]["value"] == ["0.2510 हेक्टेयर", "hectare"]
    assert facts["Recorded area"]["beside"] == "2,510.00 m²"
    in_metres = {**document(), "area": {"recorded_m2": "2510", "original": {"figure": "2510", "unit": "m2"}}}
    (only,) = (f for f in said(in_metres)["facts"] if f["label"][-1] == "Recorded area")
    assert (only["value"], only["beside"]) == ("2,510.00 m²", "")


@pytest.mark.quick
def test_the_law_cautions_in_both_languages_and_a_missing_witness_is_told() -> None:
    page = said(telugu(), "te")
    assert [words("ap")["te"]["presumptive"], words("generic")["en"]["presumptive"]] == page["evidence"][
        "presumptive"
    ]
    assert page["evidence"]["witnesses"][-1] == "cosigned by witnesses"
    alone = {**document(), "as_of": {"checkpoint_size": 5, "cosigned_at": None}}
    assert said(alone)["evidence"]["witnesses"][-1] == "no witness has cosigned it"


@pytest.mark.quick
@pytest.mark.parametrize(("record", "language"), [(document(), "hi"), (telugu(), "te")], ids=["hi", "te"])
def test_every_label_is_in_both_languages(record: dict[str, Any], language: str) -> None:
    page = said(record, language)
    labels = [page[name] for name in ("state", "title", "extract", "page", "no-map", "map")]
    labels += [
        item["label"] for item in (*page["facts"], *page["burdens"]["rows"], *page["evidence"]["facts"])
    ]
    labels += [*page["holders"]["columns"], page["holders"]["title"], page["burdens"]["title"]]
    labels += [page["evidence"][name] for name in ("proof", "checking", "presumptive", "witnesses")]
    assert [label for label in labels if len(label) != 2] == []


@pytest.mark.parametrize("language", ["hi", "te", "mr", "kn", "en"])
def test_every_word_of_every_state_can_be_printed(language: str, printed: Print) -> None:
    say = [Vocabulary(law_of(state, AT.date()), language) for state in states()]
    names = {*words("generic")["en"], *(name for s in say for name in words(s.law.state).get(language, {}))}
    spoken = sorted({s(name)[0] for s in say for name in names})
    assert printed(document(holders=tuple((word, None, None) for word in spoken)), language)


# What a record may hold


def test_a_name_that_looks_like_markup_is_printed_as_it_stands(printed: Print) -> None:
    hostile = '#read("/etc/passwd") *x* $y$ <z> @w `v` \\u{1F600} // --- ~'
    (text,) = pages(printed(document(holders=((hostile, "#panic()", Fraction(1)),), charges=()), "en"))
    assert "".join(hostile.split()) in "".join(text.split())
    assert "#panic()" in text


def test_forty_holders_flow_on_and_every_page_repeats_what_the_columns_are(printed: Print) -> None:
    forty = tuple((f"Holder number {n}", "Ram Prasad", Fraction(1, 40)) for n in range(1, 41))
    text = pages(printed(document(holders=forty), "en"))
    assert len(text) == 2
    for n, page in enumerate(text, start=1):
        assert f"Page {n} of 2" in page
        assert "Father, husband or guardian" in page
        assert "Neemsari 999101, Parcel 101/1" in page
    for number in range(1, 41):
        assert f"{number} Holder number {number} Ram Prasad 1/40" in " ".join("".join(text).split())


def edges(pdf: bytes) -> Iterator[float]:
    """Where each piece of text starts, in points from the left."""
    for page in PdfReader(io.BytesIO(pdf)).pages:
        found: list[float] = []
        page.extract_text(visitor_text=lambda text, cm, tm, *_: found.append(tm[4] + cm[4]))  # noqa: B023
        yield from found


def test_a_word_longer_than_its_column_breaks_within_the_page(printed: Print) -> None:
    long = document(
        replace(PARCEL, label="7" * 60, former_labels=("9" * 180,)),
        (("W" * 200, "M" * 200, Fraction(1)),),
        VillageName("999101", "V" * 70, None),
    )
    pdf = printed(long, "en")
    assert "".join(pages(pdf)).count("W") == 200
    assert max(edges(pdf)) < 595 - 45  # A4 less its margin


@pytest.mark.parametrize(
    ("name", "character"),
    [("ଓଡ଼ିଆ ନାମ", "U+0B13"), ("राम\u202eप्रसाद", "U+202E"), ("राम\nप्रसाद", "U+000A"), ("राम 😀", "U+1F600")],
    ids=["a script without a font", "a sign that turns the line round", "a line feed", "a picture"],
)
def test_a_character_that_cannot_be_printed_is_named_with_its_field(
    name: str, character: str, printed: Print
) -> None:
    with pytest.raises(Unprintable) as caught:
        printed(document(holders=(FAMILY[0], (name, None, None))))
    assert character in str(caught.value)
    assert caught.value.field == "holders[1].name"
    with pytest.raises(Unprintable, match=r"U\+0B13, .* in map "):
        printed(document(), svg=MAP.replace("क", "ଓ"))


def test_joiners_are_spelling(printed: Print) -> None:
    assert printed(document(holders=(("క్‌ష ర్‍య", None, None),)), "te")


# What is asked for wrongly


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://landlog.example/ग्राम"}, "url"),
        ({"url": "https://landlog.example/" + "a" * 400}, "url"),
        ({"url": "https://landlog.example/" + "a" * 4000}, "url"),
        ({"proof": b"\xff\xfe"}, "proof"),
        ({"as_of": AT.replace(tzinfo=None)}, "as_of"),
    ],
    ids=[
        "no web address",
        "not encoded",
        "finer than 0.5 mm",
        "more than a code holds",
        "no text",
        "no zone",
    ],
)
def test_what_cannot_be_printed_is_refused_by_name(given: dict[str, Any], field: str, printed: Print) -> None:
    with pytest.raises(BadInput) as caught:
        printed(document(), **given)
    assert caught.value.field == field
    assert caught.value.remedy


@pytest.mark.quick
def test_without_fonts_the_error_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match=r"\./run"):
        extract(document(), proof=PROOF, svg="", url=URL, language="hi", as_of=AT, fonts=tmp_path)


# The proof that is attached


def test_the_proof_comes_out_byte_for_byte_and_its_hash_is_on_the_page(printed: Print) -> None:
    pdf = printed(document())
    assert attached_proof(pdf) == PROOF
    digest = sha256(PROOF).hexdigest()
    assert digest in "".join(pages(pdf)[0].split())
    (file,) = PdfReader(io.BytesIO(pdf)).attachment_list
    assert file.associated_file_relationship == "/Data"
    assert file.subtype == "/application/json"


def bound(*attachments: tuple[str, bytes], password: str = "", packed: bool = False) -> bytes:
    """A blank page with these attachments; ``packed`` ones are given compressed."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    for name, content in attachments:
        file = writer.add_attachment(name, content)
        if packed:
            stream = cast("StreamObject", cast("DictionaryObject", file.pdf_object["/EF"])["/F"].get_object())
            stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.quick
@pytest.mark.parametrize(
    ("pdf", "error"),
    [
        (b"", UnreadablePdf),
        (b"%PDF-1.7\n", UnreadablePdf),
        (PROOF, UnreadablePdf),
        (b"\x00" * (MAX_PDF + 1), UnreadablePdf),
        (bound((PROOF_NAME, PROOF))[:-40], UnreadablePdf),
        (bound((PROOF_NAME, PROOF), password="secret"), UnreadablePdf),
        (bound(), NoProofAttached),
        (bound(("sale-deed.json", PROOF)), NoProofAttached),
        (bound((PROOF_NAME, PROOF), (PROOF_NAME, b"{}")), SeveralProofsAttached),
        (bound((PROOF_NAME, b" " * (MAX_PROOF + 1))), ProofTooLarge),
        (bound((PROOF_NAME, zlib.compress(bytes(50 * MAX_PROOF))), packed=True), ProofTooLarge),
    ],
    ids=[
        "nothing",
        "only a header",
        "the proof itself",
        "too large",
        "cut off",
        "locked",
        "no attachment",
        "another attachment",
        "two proofs",
        "a proof of four megabytes",
        "a proof that unpacks to two hundred",
    ],
)
def test_a_file_without_exactly_one_proof_is_told_why(pdf: bytes, error: type[VerificationError]) -> None:
    with pytest.raises(error) as caught:
        attached_proof(pdf)
    assert caught.value.remedy


@pytest.mark.quick
def test_a_proof_among_other_papers_is_found() -> None:
    assert attached_proof(bound(("sale-deed.pdf", b"%PDF"), (PROOF_NAME, PROOF))) == PROOF
