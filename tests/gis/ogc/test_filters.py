"""Filters: what is allowed is compiled with bound values; everything else is refused with a remedy."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress

import cql2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput
from gis.ogc.asking import MAX_LIMIT, ask
from gis.ogc.cql2_text import parse
from gis.ogc.filters import compile_filter
from gis.ogc.layers import PARCELS
from gis.ogc.systems import WGS84

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("text", "sql", "args"),
    [
        ("label = '101/2'", '"label" = %s::text', ["101/2"]),
        ("area_m2 > 4000", '"area_m2" > %s::numeric', [4000]),
        ("NOT (use = 'dry')", '(not "use" = %s::text)', ["dry"]),
        ("class IS NULL", '"class" is null', []),
        ("use IN ('dry','wet')", '"use" in (%s::text, %s::text)', ["dry", "wet"]),
        ("label LIKE '10%'", '"label"::text like %s::text', ["10%"]),
    ],
)
def test_a_filter_becomes_a_condition_with_bound_values(text: str, sql: str, args: list[object]) -> None:
    compiled = compile_filter(text, "cql2-text", PARCELS)
    assert compiled.sql == sql
    assert list(compiled.args) == args


def test_text_and_json_mean_the_same() -> None:
    node = {"op": "and", "args": [{"op": "=", "args": [{"property": "use"}, "dry"]}, _near()]}
    by_json = compile_filter(json.dumps(node), "cql2-json", PARCELS)
    by_text = compile_filter("use = 'dry' AND S_INTERSECTS(geom, POINT(77.7 15.8))", "cql2-text", PARCELS)
    assert (by_json.sql, list(by_json.args)) == (by_text.sql, list(by_text.args))


def _near() -> dict[str, object]:
    point = {"type": "Point", "coordinates": [77.7, 15.8]}
    return {"op": "s_intersects", "args": [{"property": "geom"}, point]}


@pytest.mark.parametrize(
    "attack",
    [
        "label='1' AND (pg_sleep(2) IS NULL OR label='1')",
        "pg_sleep(2) = 1",
        "label = pg_sleep(2)",
        "xpath_exists('//usename', query_to_xml('select usename from pg_user')) = TRUE",
        "label = (select 1)",
        "geom = 'x'",
        "hash = 'x'",
        "valid_to = 1",
        'label" = 1 -- = 2',
        "label = '1'; drop table gis.parcel",
        "CASEI(label) = 'a'",
        "label LIKE pg_sleep(1)",
        "area_m2 BETWEEN 1 AND version()",
        "S_INTERSECTS(geom, pg_read_file('/etc/passwd'))",
        "T_BEFORE(label, DATE('2026-01-01'))",
        "area_m2 = 1e300",
        "from_date = DATE('2026-13-45')",
        "label = '" + "x" * 300 + "'",
        " AND ".join(["label = '1'"] * 200),
        "NOT (" * 30 + "label = '1'" + ")" * 30,
        "",
        "x" * 5000,
        "(",
    ],
)
def test_what_is_not_allowed_is_refused_in_words(attack: str) -> None:
    with pytest.raises(BadInput) as refusal:
        compile_filter(attack, "cql2-text", PARCELS)
    assert refusal.value.field == "filter"
    assert refusal.value.message


@pytest.mark.parametrize(
    ("field", "parameters"),
    [
        ("bbox", {"bbox": "1,2,3"}),
        ("bbox", {"bbox": "a,b,c,d"}),
        ("bbox", {"bbox": "3,2,1,4"}),
        ("bbox", {"bbox": "1,2,3,4)--"}),
        ("crs", {"crs": "EPSG:4326"}),
        ("bbox-crs", {"bbox": "1,2,3,4", "bbox-crs": "x"}),
        ("datetime", {"datetime": "yesterday"}),
        ("datetime", {"datetime": "2026-11-21/2026-11-01"}),
        ("limit", {"limit": "-1"}),
        ("limit", {"limit": "10;"}),
        ("cursor", {"cursor": "' or 1=1"}),
        ("filter-lang", {"filter": "a", "filter-lang": "sql"}),
        ("colour", {"colour": "green"}),
    ],
)
def test_a_parameter_out_of_its_bounds_is_named(field: str, parameters: dict[str, str]) -> None:
    with pytest.raises(BadInput) as refusal:
        ask(PARCELS, parameters)
    assert refusal.value.field == field


def test_a_limit_beyond_the_greatest_is_cut_to_it() -> None:
    assert ask(PARCELS, {"limit": "999999"}).limit == MAX_LIMIT


DEEP = {
    "minus signs": "a=" + "-" * 3990 + "1",
    "open brackets": "(" * 4000,
    "brackets around an error": "(" * 12 + "a ~ 1" + ")" * 12,
    "groups of brackets": " AND ".join(["(" * 12 + "a=1" + ")" * 12] * 120)[:4000],
    "negations": "NOT " * 990 + "a=1",
    "functions": "f(" * 1990 + "1",
    "sums": "a=" + "1+" * 1990 + "1",
    "collections": "S_INTERSECTS(geom, GEOMETRYCOLLECTION(" * 90,
    "quotes": "'" * 3999,
    "blanks": " " * 4000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_a_hostile_filter_is_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises(BadInput):
        compile_filter(text, "cql2-text", PARCELS)
    assert time.process_time() - started < 0.25


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("label = ", "it ends where a text in 'quotes'"),
        ("label 'x'", "at character 7 of the filter there is \"'x'\" where a comparison"),
        ("label = 'x' label", "at character 13 of the filter there is 'label' where AND, OR or the end"),
        ("label = 'x", "character 8 of the filter begins nothing that can be read"),
        ("f(label) = 1", "where the name of a property is expected"),
    ],
)
def test_a_filter_that_makes_no_sense_is_told_where(text: str, told: str) -> None:
    with pytest.raises(BadInput, match=re.escape(told)):
        compile_filter(text, "cql2-text", PARCELS)


@given(st.text(alphabet="ab'\"()=<>,.- 01NOTANDlikeinbetweenS_INTERSECTSPOINT", max_size=60))
def test_any_text_is_compiled_or_refused_and_nothing_else(text: str) -> None:
    with suppress(BadInput):
        compiled = compile_filter(text, "cql2-text", PARCELS)
        assert compiled.sql.count("%s") == len(compiled.args)


@pytest.mark.parametrize(
    "text",
    [
        "label = '101/2' AND (area_m2 > 4000.5 OR NOT use IN ('dry','wet'))",
        "label NOT LIKE '10%' AND area_m2 BETWEEN 1 AND 2 OR class IS NOT NULL",
        "area_m2 = -4 AND label <> 'it''s'",
        "S_WITHIN(geom, POLYGON((77 15,78 15,78 16,77 15)))",
        "S_INTERSECTS(geom, MULTIPOINT((77 15),(78 15)))",
    ],
)
def test_our_reader_reads_what_the_cql2_library_reads(text: str) -> None:
    assert json.loads(json.dumps(parse(text))) == cql2.Expr(text).to_json()


def test_what_stands_now_is_asked_for_unless_a_day_is_named() -> None:
    assert "valid_to is null" in ask(PARCELS, {}).page().sql
    assert "valid_to" not in ask(PARCELS, {"datetime": "2026-11-21", "crs": WGS84}).page().sql
