"""TopoJSON, KML, DXF sheets and tables: what each format gives, and what in it is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from domain.errors import BadInput
from gis.mapping import parse_mapping
from gis.readers import SourceRow, open_source
from gis.readers.source import Source
from gis.shapes import drawn_area
from gis.village import propose_village
from tests.gis.maps import MAPPING, PLOT_M2, cells, plot
from tests.gis.sheets import CONTROL, KHASRA, Sheet

pytestmark = pytest.mark.quick


def source_of(path: Path, text: str = MAPPING, table: Path | None = None) -> Source:
    return open_source(path, parse_mapping(text), table)


def rows_of(path: Path, text: str = MAPPING, table: Path | None = None) -> list[SourceRow]:
    return [row for page in source_of(path, text, table).pages() for row in page]


def refusal(path: Path, text: str = MAPPING, table: Path | None = None) -> BadInput:
    with pytest.raises(BadInput) as caught:
        rows_of(path, text, table)
    assert caught.value.remedy
    return caught.value


# TopoJSON: two plots side by side; arc 1 is their common boundary, drawn once.

SCALE = 0.0001
WEST, SOUTH = 77.5, 15.5
ARCS = [
    [[3, 3], [-3, 0], [0, -3], [3, 0]],  # around the first plot, from its north-east to its south-east
    [[3, 0], [0, 3]],  # the common boundary, northward
    [[3, 3], [3, 0], [0, -3], [-3, 0]],  # around the second
]


def topology(*geometries: dict[str, Any], arcs: Any = ARCS, **members: Any) -> dict[str, Any]:
    collection = {"type": "GeometryCollection", "geometries": list(geometries)}
    transform = {"scale": [SCALE, SCALE], "translate": [WEST, SOUTH]}
    return {
        "type": "Topology",
        "transform": transform,
        "objects": {"fields": collection},
        "arcs": arcs,
        **members,
    }


FIRST = {"type": "Polygon", "arcs": [[0, 1]], "properties": cells()}
SECOND = {"type": "MultiPolygon", "arcs": [[[2, 1]]], "properties": cells(Khasra="2", Rakba=1060.5)}


def write_json(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


def test_quantised_arcs_that_neighbours_share_are_drawn_alike_from_both_sides(tmp_path: Path) -> None:
    first, second = rows_of(write_json(tmp_path / "v.topojson", topology(FIRST, SECOND)))
    assert first.cells["Khatedar"] == "आशा देवी / राम"
    assert second.cells["Rakba"] == "1060.5"
    assert first.shape is not None
    assert second.shape is not None
    assert shapely.coverage_is_valid([first.shape, second.shape])
    assert drawn_area(first.shape) == drawn_area(plot(0))
    assert shapely.intersection(first.shape, second.shape).geom_type == "LineString"


def test_a_topology_keeps_every_row_and_says_what_is_wrong_with_its_shape(tmp_path: Path) -> None:
    rows = [
        {"type": None, "properties": cells()},
        {"type": "Polygon", "arcs": [[7]], "properties": cells()},
        {"type": "Polygon", "arcs": [[2, 2]], "properties": cells()},
        {"type": "Polygon", "arcs": [[2]], "properties": cells()},
        {"type": "Point", "coordinates": [77.5, 15.5], "properties": cells()},
        {"type": "Polygon", "arcs": "all", "properties": cells()},
        {"type": "GeometryCollection", "geometries": [FIRST]},
    ]
    read = rows_of(write_json(tmp_path / "v.topojson", topology(*rows)))
    assert [row.number for row in read] == list(range(1, 8))
    said = ["", "arc 7; the file has 3", "do not meet", "does not close", "a Point", "lists no arcs", ""]
    for row, words in zip(read, said, strict=True):
        assert words in row.shape_fault
    assert [row.shape is not None for row in read] == [False] * 6 + [True]


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (topology(FIRST, arcs=[[["x", 1]]]), "not a list of positions"),
        (topology(FIRST, arcs={"0": []}), "a list of arcs"),
        (topology(FIRST, objects={}), "has 0 objects"),
        (topology(FIRST, objects={"a": FIRST, "b": FIRST}), "has 2 objects"),
        (topology(), "holds no rows"),
        (topology(FIRST, transform={"scale": [1]}), "not a list of positions"),
    ],
)
def test_a_topology_that_is_none_is_refused(tmp_path: Path, document: Any, says: str) -> None:
    assert says in str(refusal(write_json(tmp_path / "v.topojson", document)))


def test_an_arc_named_again_and_again_is_counted_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gis.readers.topojson.MOST_CORNERS", 1_000)
    greedy = {"type": "MultiPolygon", "arcs": [[[2, 1]]] * 500, "properties": cells()}
    assert "1,000 corners" in str(refusal(write_json(tmp_path / "v.topojson", topology(greedy))))


def test_arcs_beyond_all_bounds_spoil_their_own_row_without_a_word_of_the_arithmetic(tmp_path: Path) -> None:
    vast = topology(FIRST, transform={"scale": [1e308, 1e308], "translate": [1e308, 0]})
    with pytest.raises(BadInput, match="nowhere on earth"):
        propose_village(write_json(tmp_path / "v.topojson", vast), parse_mapping(MAPPING))


# KML

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>Rampur</name>{}</Document></kml>"""


def ring(shape: Any) -> str:
    return " ".join(f"{x},{y},0" for x, y in shape.exterior.coords)


def placemark(shape: str, more: str = "", **values: Any) -> str:
    data = "".join(
        f'<Data name="{name}"><value>{value}</value></Data>' for name, value in cells(**values).items()
    )
    name = values.get("Khasra", "1")
    return f"<Placemark><name>{name}</name><ExtendedData>{data}{more}</ExtendedData>{shape}</Placemark>"


def polygon(outer: str, *inner: str) -> str:
    holes = "".join(
        f"<innerBoundaryIs><LinearRing><coordinates>{hole}</coordinates></LinearRing></innerBoundaryIs>"
        for hole in inner
    )
    outside = (
        f"<outerBoundaryIs><LinearRing><coordinates>{outer}</coordinates></LinearRing></outerBoundaryIs>"
    )
    return f"<Polygon>{outside}{holes}</Polygon>"


def write_kml(path: Path, *placemarks: str) -> Path:
    path.write_text(KML.format("".join(placemarks)), "utf-8")
    return path


def test_every_placemark_is_a_row_whatever_folder_it_stands_in(tmp_path: Path) -> None:
    hole = plot(0).buffer(-0.0001, join_style="mitre")
    two = f"<MultiGeometry>{polygon(ring(plot(3)))}{polygon(ring(plot(5)))}</MultiGeometry>"
    path = write_kml(
        tmp_path / "v.kml",
        f"<Folder><name>North</name>{placemark(polygon(ring(plot(0)), ring(hole)))}</Folder>",
        placemark(two, Khasra="2"),
    )
    mapped = MAPPING.replace('use = "Upyog"', 'use = "folder"')
    first, second = rows_of(path, mapped)
    assert first.cells["folder"] == "Rampur / North"
    assert second.cells["folder"] == "Rampur"
    assert first.cells["Khatedar"] == "आशा देवी / राम"
    assert shapely.get_num_interior_rings(first.shape) == 1
    assert shapely.get_num_geometries(second.shape) == 2


def test_simple_data_of_a_schema_and_the_name_are_columns(tmp_path: Path) -> None:
    simple = '<SchemaData schemaUrl="#s"><SimpleData name="Malik">रवि</SimpleData></SchemaData>'
    path = write_kml(tmp_path / "v.kml", placemark(polygon(ring(plot(0))), simple, Khasra="17/2"))
    mapped = MAPPING.replace('"Khasra"', '"name"').replace('"Khatedar"', '"Malik"')
    (row,) = rows_of(path, mapped)
    assert (row.cells["name"], row.cells["Malik"]) == ("17/2", "रवि")


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ("<Point><coordinates>77.5,15.5</coordinates></Point>", "this is a Point"),
        (polygon("77.5,15.5 77.6,15.5 77.6,15.6"), "does not close"),
        (polygon("77.5,15.5 77.6,x 77.6,15.6 77.5,15.5"), "no list of longitude,latitude"),
        (polygon("77.5 15.5 77.6 15.5 77.5 15.5 1 1"), "no list of longitude,latitude"),
        ("<Polygon></Polygon>", "one outer boundary"),
        ("", ""),
    ],
)
def test_a_placemark_that_draws_no_parcel_keeps_its_row(tmp_path: Path, shape: str, says: str) -> None:
    (row,) = rows_of(write_kml(tmp_path / "v.kml", placemark(shape)))
    assert row.shape is None
    assert says in row.shape_fault
    assert row.cells["Khasra"] == "1"


def test_a_column_that_a_placemark_calls_folder_is_not_taken_for_the_folder_it_lies_in(
    tmp_path: Path,
) -> None:
    path = write_kml(tmp_path / "v.kml", placemark(polygon(ring(plot(0))), Khasra="1", folder="7/4"))
    (row,) = rows_of(path, MAPPING.replace('"Khatedar"', '"folder"'))
    assert row.cells["folder"] == "7/4"


def test_a_placemark_that_states_a_value_twice_is_told_as_a_row(tmp_path: Path) -> None:
    twice = '<Data name="Khata"><value>8</value></Data>'
    (row,) = rows_of(write_kml(tmp_path / "v.kml", placemark(polygon(ring(plot(0))), twice)))
    assert row.fault == "it states 'Khata' twice"


def test_entities_of_a_kml_are_not_resolved(tmp_path: Path) -> None:
    bomb = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    path = tmp_path / "v.kml"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "a">{bomb}]><kml>&i;</kml>', encoding="utf-8"
    )
    assert "document type" in str(refusal(path))
    path.write_text(
        '<?xml version="1.0"?><!DOCTYPE kml SYSTEM "file:///etc/hostname"><kml></kml>', encoding="utf-8"
    )
    assert "document type" in str(refusal(path))


def test_folders_without_end_and_half_a_document_are_refused(tmp_path: Path) -> None:
    deep = write_kml(tmp_path / "v.kml", "<Folder>" * 5_000 + "</Folder>" * 5_000)
    assert "nested over 64 deep" in str(refusal(deep))
    whole = write_kml(tmp_path / "w.kml", placemark(polygon(ring(plot(0)))))
    whole.write_bytes(whole.read_bytes()[:-40])
    assert "no whole XML" in str(refusal(whole))


# DXF sheets: fields of 30 m by 30 m, in metres of UTM zone 43.


def test_lines_closed_to_plots_are_named_by_the_text_inside(tmp_path: Path) -> None:
    sheet = Sheet().plot(0, 0).plot(1, 0).text("12/क", 0, 0).mtext(r"{\fMangal;13\S1^2;}", 1, 0)
    village = propose_village(sheet.write(tmp_path / "v.dxf"), parse_mapping(KHASRA))
    assert [(p.label, p.drawn_m2 > 890, p.area.unit) for p in village.parcels] == [
        ("12/क", True, "m2"),
        ("131/2", True, "m2"),
    ]
    assert [p.area.m2 for p in village.parcels] == [p.drawn_m2 for p in village.parcels]
    assert not village.report.refused


def test_open_lines_bound_plots_together_and_loose_ends_are_told(tmp_path: Path) -> None:
    sheet = Sheet().plot(0, 0, closed=False).line((1, 0), (2, 0)).line((2, 0), (2, 1)).line((2, 1), (1, 1))
    path = sheet.line((2, 0), (2.5, 0)).text("1", 0, 0).text("2", 1, 0).write(tmp_path / "v.dxf")
    source = source_of(path, KHASRA)
    rows = [row for page in source.pages() for row in page]
    assert {row.cells["khasra"] for row in rows} == {"1", "2"}
    assert source.opened.notes == ("1 lines end without closing a plot",)


def test_a_plot_of_two_numbers_one_of_none_and_a_number_of_no_plot_are_told(tmp_path: Path) -> None:
    sheet = Sheet().plot(0, 0).plot(1, 0).plot(2, 0).plot(3, 0)
    sheet.text("1", 0, 0).text("1", 0, 0).text("2", 1, 0).text("3", 1, 0).text("9", 7, 7).text("4", 2, 0)
    report = propose_village(sheet.write(tmp_path / "v.dxf"), parse_mapping(KHASRA)).report
    assert report.used == 2
    assert [(r.label, r.reasons[0].code) for r in report.refused] == [
        ("2", "bad-row"),
        ("", "no-label"),
        ("9", "bad-shape"),
    ]
    assert "2, 3" in report.refused[0].reasons[0].sentence
    assert "no closed boundary" in report.refused[2].reasons[0].sentence


def test_a_text_of_an_enclosed_plot_names_that_plot_and_not_the_one_around_it(tmp_path: Path) -> None:
    sheet = Sheet().plot(0, 0, size=4).plot(1, 1).text("7", 1, 1).text("8", 3, 3)
    rows = rows_of(sheet.write(tmp_path / "v.dxf"), KHASRA)
    assert [row.cells["khasra"] for row in rows] == ["8", "7"]


def test_control_points_place_a_sheet_that_knows_no_reference_system(tmp_path: Path) -> None:
    flat = Sheet(origin=(0, 0), scale=1_000).plot(0, 0).plot(1, 0).text("1", 0, 0).text("2", 1, 0)
    true = Sheet().plot(0, 0).plot(1, 0).text("1", 0, 0).text("2", 1, 0)
    placed = source_of(flat.write(tmp_path / "flat.dxf"), CONTROL)
    (first, second), (wanted, _) = (
        [row for page in placed.pages() for row in page],
        rows_of(true.write(tmp_path / "true.dxf"), KHASRA),
    )
    assert shapely.hausdorff_distance(first.shape, wanted.shape) < 1e-8
    assert second.cells["khasra"] == "2"
    assert "placed by 3 control points" in placed.opened.notes[0]
    wrong = refusal(tmp_path / "flat.dxf", CONTROL.replace(" 700060.0", " 700065.0"))
    assert wrong.field == "sheet.control"
    assert "do not fit together" in str(wrong)
    near = CONTROL.replace("[[", "[[0, 0, 1, 1], [0, 0, 2, 2], [0, 0, 3, 3]]  # [[")
    assert "one point" in str(refusal(tmp_path / "flat.dxf", near))


def test_the_arc_of_a_polyline_is_drawn_by_chords_and_what_is_not_read_is_told(tmp_path: Path) -> None:
    sheet = Sheet().plot(0, 0, bulge=1.0).text("1", 0, 0).insert(30_000).circle()
    source = source_of(sheet.write(tmp_path / "v.dxf"), KHASRA)
    (row,) = [row for page in source.pages() for row in page]
    assert row.shape is not None
    half_circle = 3.14159 * 15**2 / 2
    assert abs(float(drawn_area(row.shape)) - (900 + half_circle)) < 5
    assert source.opened.notes == (
        "not read on the named layers: 1 CIRCLE, 1 INSERT",
        "1 arcs are drawn by chords of at most 5 degrees",
    )


def test_a_sheet_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    path = Sheet().plot(0, 0).text("1", 0, 0).write(tmp_path / "v.dxf")
    whole = path.read_text()
    assert refusal(path, MAPPING).field == "mapping.sheet"
    assert refusal(path, KHASRA.replace('"PLOTS"', '"WALLS"')).field == "sheet.plots"
    assert refusal(path, KHASRA.replace('crs = "EPSG:32643"', "")).field == "file.crs"
    for damage, says in [
        (whole.replace("EOF", ""), "cut short"),
        (whole[: len(whole) // 2], "cut short"),
        (whole.replace("\n10\n", "\n10\nnan", 1), "damaged"),
        (whole.replace("\n10\n", "\nten\n", 1), "no group code"),
        (whole.replace("\n20\n", "\n21\n"), "no code"),
    ]:
        path.write_text(damage)
        assert says in str(refusal(path, KHASRA))


# Tables

RECORD = "Khasra,Rakba,Shreni,Upyog,Purana,Khata,Khatedar,Ansh\n"


def test_a_table_is_the_textual_record_alone(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(
        RECORD + f'1,{PLOT_M2},Niji,,"12,13",7,"आशा / राम,रवि","1/3,2/3"\n2,.5,Niji,,,8,रवि,\n', "utf-8"
    )
    village = propose_village(path, parse_mapping(MAPPING))
    first, second = village.parcels
    assert (first.geometry, first.geometry_hash, first.drawn_m2, first.area_grade) == (b"", "", 0, "no-map")
    assert first.former_labels == ("12", "13")
    assert second.area.figure == "0.5"
    assert [str(h.share) for h in village.units[0].holders] == ["1/3", "2/3"]
    assert "2 parcels are registered by their record alone" in village.report.summary()


def test_a_row_of_too_few_cells_is_refused_and_the_others_are_used(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(RECORD + f"1,{PLOT_M2}\n\n2,{PLOT_M2},Niji,,,8,रवि,\n", "utf-8")
    report = propose_village(path, parse_mapping(MAPPING)).report
    assert (report.used, report.refused[0].reasons[0].code) == (1, "bad-row")
    assert "2 cells and the first line names 8" in report.refused[0].reasons[0].sentence


@pytest.mark.parametrize(
    ("content", "field", "says"),
    [
        (RECORD.encode() + "1,1,Niji,,,8,Ren\u00e9,\n".encode("cp1252"), "file.encoding", "line 2"),
        (RECORD.replace(",", ";").encode() + b"1;1\n", "file.separator", "not parted by ','"),
        (RECORD.encode(), "file", "no rows"),
        (RECORD.encode() + b'1,"', "file", "line 2"),
        (RECORD.encode() + b"1,1,Niji,,,8,\0,\n", "file", "no text"),
        (RECORD.encode() + b"1," + b"9" * 200_000 + b"\n", "file", "field larger than field limit"),
        (RECORD.replace("Upyog", "Khata").encode() + b"1\n", "Khata", "stands twice"),
        (b",".join(b"c%d" % n for n in range(2_000)) + b"\n1\n", "file", "1,000 columns"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(
    tmp_path: Path, content: bytes, field: str, says: str
) -> None:
    path = tmp_path / "v.csv"
    path.write_bytes(content)
    error = refusal(path)
    assert (error.field, says in str(error)) == (field, True)


def test_encoding_and_separator_are_those_of_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_bytes((RECORD + "1,1,Niji,,,8,Ren\u00e9,\n").replace(",", ";").encode("cp1252"))
    stated = MAPPING.replace("[file]", '[file]\nencoding = "cp1252"\nseparator = ";"')
    assert rows_of(path, stated)[0].cells["Khatedar"] == "Ren\u00e9"
    path.write_bytes((RECORD + "1,1,Niji,,,8,\u0930\u0935\u093f,\n").encode("utf-16"))
    assert rows_of(path)[0].cells["Khatedar"] == "रवि"
    unknown = MAPPING.replace("[file]", '[file]\nencoding = "ISCII-9"')
    assert refusal(path, unknown).field == "file.encoding"


# A table beside the map, and lists in a cell

JOINED = (
    MAPPING.replace('"Khatedar"', '"table:owner"').replace('"Ansh"', '"table:part"')
    + '[table]\nkey = "no"\nmatches = "Khata"\n[codes.shares]\n"पूर्ण" = "1"\n'
)


def write_map(tmp_path: Path, **changed: Any) -> Path:
    rows = [
        {**FIRST, "properties": cells(**changed)},
        {**SECOND, "properties": cells(Khasra="2", Khata="8")},
    ]
    return write_json(tmp_path / "v.topojson", topology(*rows))


def test_rows_of_a_table_beside_the_map_are_joined_by_their_number(tmp_path: Path) -> None:
    table = tmp_path / "owners.csv"
    table.write_text("no,owner,part\n7,आशा,1/3\n7,मीना,2/3\n8,रवि,पूर्ण\n9,सीता,1\n,राम,1\n", "utf-8")
    village = propose_village(write_map(tmp_path), parse_mapping(JOINED), table=table)
    assert [[(h.name, str(h.share)) for h in unit.holders] for unit in village.units] == [
        [("आशा", "1/3"), ("मीना", "2/3")],
        [("रवि", "1")],
    ]
    facts = village.report.table
    assert facts is not None
    assert [(left.row, left.key) for left in facts.unmatched] == [(4, "9"), (5, "")]
    assert "5 rows in owners.csv, 2 of them with no row of the map" in village.report.summary()


def test_several_figures_where_one_is_expected_refuse_the_row(tmp_path: Path) -> None:
    table = tmp_path / "areas.csv"
    table.write_text(f"no,ha\n7,{PLOT_M2}\n7,5\n8,{PLOT_M2}\n8,0\n", "utf-8")
    mapped = MAPPING.replace('"Rakba"', '"table:ha"').replace("[file]", '[file]\nempty = ["", "0"]')
    mapped += '[table]\nkey = "no"\nmatches = "Khata"\n'
    report = propose_village(write_map(tmp_path), parse_mapping(mapped), table=table).report
    assert [(r.label, r.reasons[0].code) for r in report.refused] == [("1", "several-values")]


def test_a_table_that_does_not_fit_the_mapping_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "owners.csv"
    table.write_text("no,owner\n7,आशा\n", "utf-8")
    path = write_map(tmp_path)
    assert refusal(path, JOINED).field == "table"
    assert refusal(path, MAPPING, table).field == "mapping.table"
    assert refusal(path, JOINED, table).field == "table:part"
    assert "no table" in str(refusal(path, JOINED, path))


LISTED = MAPPING.replace('"Khatedar"', '"Ansh[].holdings[].holder"').replace('"Khata"', '"Ansh[].no"')
LISTED = LISTED.replace('shares = "Ansh"\n', "")


def test_a_cell_that_holds_a_list_gives_what_stands_along_the_path(tmp_path: Path) -> None:
    held = [
        {"no": "1124/2/अ", "holdings": [{"holder": "Asha"}, {"holder": "Ravi, senior"}]},
        {"no": "1125", "holdings": []},
    ]
    village = propose_village(
        write_map(tmp_path, Ansh=held), parse_mapping(LISTED.replace('holders_separator = ","', ""))
    )
    (unit,) = village.units
    assert unit.khatas == ("1124/2/अ", "1125")
    assert [h.name for h in unit.holders] == ["Asha", "Ravi, senior"]
    assert [(r.label, r.reasons[0].code) for r in village.report.refused] == [("2", "no-khata")]


def test_a_list_that_is_none_refuses_its_row(tmp_path: Path) -> None:
    village = propose_village(
        write_json(
            tmp_path / "v.topojson",
            topology(
                {**FIRST, "properties": cells(Ansh='[{"no": "1"')},
                {**SECOND, "properties": cells(Khasra="2", Ansh=[{"no": "5", "holdings": []}])},
            ),
        ),
        parse_mapping(LISTED),
    )
    assert {reason.code for reason in village.report.refused[0].reasons} == {"bad-cell"}
