"""The law of each state as data: every row complete and dated, every word in every language, units exact."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from string import Formatter
from typing import get_args

import pytest

from domain import catalogue, law, restrictions
from domain.errors import BadInput
from domain.law import Duty, Figure, NoSuchLaw, Tenure, law_of, state_of
from domain.quantities import AREA_UNITS, area
from domain.states import table

pytestmark = pytest.mark.quick

STATES = law.states()
TODAY = date(2026, 11, 21)
ROWS = [f for state in STATES for f in law.figures(state)]
SPOKEN = [(state, language) for state in STATES for language in law.languages(state)]
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _row(figure: Figure) -> str:
    return f"{figure.state}: {figure.name} from {figure.since}"


def test_six_states_and_the_training_ground_are_here() -> None:
    assert STATES == ("ap", "generic", "hr", "ka", "mh", "rj", "up")
    offices = ("9/178/963", "27/490/4194", "29/563/5554", "6/70/384", "28/511/5257", "8/86/487")
    assert [state_of(o) for o in offices] == ["up", "mh", "ka", "hr", "ap", "rj"]
    assert all(law.name_of(state) and law.languages(state)[-1] == "en" for state in STATES)


# Figures


@pytest.mark.parametrize("figure", ROWS, ids=_row)
def test_every_figure_is_complete_and_dated(figure: Figure) -> None:
    assert CODE.fullmatch(figure.name)
    assert figure.value >= 0
    assert figure.unit
    assert date(1860, 1, 1) < figure.since <= TODAY
    assert len(figure.source) >= 12
    assert figure.counting in ("calendar", "working")
    assert figure.confirmed in (True, False)


@pytest.mark.parametrize("state", STATES)
def test_no_two_rows_of_a_state_say_the_same_for_the_same_day(state: str) -> None:
    said = [(f.name, f.about, f.since) for f in law.figures(state)]
    assert len(said) == len(set(said))


@pytest.mark.parametrize(
    ("state", "name", "then", "was", "since", "now"),
    [
        ("ka", "notice-days-registered", date(2023, 1, 1), "30", date(2023, 1, 2), "7"),
        ("ka", "notice-days-unregistered", date(2023, 1, 1), "30", date(2023, 1, 2), "15"),
        ("ka", "auto-lane", date(2025, 12, 25), "0", date(2025, 12, 26), "1"),
        ("mh", "standard-area-dry", date(2023, 8, 7), "40", date(2023, 8, 8), "20"),
    ],
)
def test_a_past_day_has_the_past_figure(
    state: str, name: str, then: date, was: str, since: date, now: str
) -> None:
    assert law_of(state, then).figure(name).value == Decimal(was)
    assert law_of(state, since).figure(name).value == Decimal(now)


def test_a_figure_about_one_type_goes_before_the_figure_for_all() -> None:
    haryana, before = law_of("hr", TODAY), law_of("hr", date(2023, 7, 5))
    lanes = [haryana.figure("auto-lane", about).value for about in ("sale", "gift", "inheritance", "")]
    assert lanes == [1, 1, 0, 0]
    assert before.figure("auto-lane", "sale").value == 0


def test_a_figure_about_a_type_names_one_that_exists() -> None:
    assert {f.about for f in ROWS} - {""} <= {t.name for t in catalogue.all_types().values()}


def test_what_a_state_does_not_say_is_landlog_s_own_and_not_confirmed_for_it() -> None:
    figure = law_of("rj", TODAY).figure("appeal-days")
    assert (figure.state, figure.confirmed) == ("generic", False)
    assert law_of("generic", TODAY).figure("appeal-days").confirmed


def test_the_law_of_the_union_is_as_sure_in_each_state_as_it_is_at_all() -> None:
    assert law_of("rj", TODAY).figure("security-interest-days").confirmed


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ("up", "notice-days-registered"),
        ("up", "appeal-days"),
        ("ka", "appeal-days"),
        ("ka", "report-period"),
        ("mh", "notice-days-registered"),
        ("mh", "decision-days-disputed"),
        ("mh", "appeal-days"),
        ("hr", "appeal-days"),
        ("ap", "notice-days-registered"),
        ("ap", "report-period"),
        ("rj", "record-cycle-years"),
    ],
)
def test_what_was_not_read_stays_marked(state: str, name: str) -> None:
    assert not law_of(state, TODAY).figure(name).confirmed


@pytest.mark.parametrize(
    ("state", "name", "value"),
    [
        ("up", "decision-days-undisputed", 45),
        ("up", "decision-days-disputed", 90),
        ("ka", "notice-days-registered", 7),
        ("ka", "notice-days-unregistered", 15),
        ("ka", "service-days-mutation-registered", 60),
        ("mh", "report-period", 3),
        ("mh", "fee-copy", 1500),
        ("hr", "notice-days-registered", 10),
    ],
)
def test_what_was_read_is_confirmed(state: str, name: str, value: int) -> None:
    figure = law_of(state, TODAY).figure(name)
    assert (figure.value, figure.confirmed, figure.state) == (value, True, state)


def test_periods_end_by_the_state_s_own_count() -> None:
    monday = date(2026, 3, 2)
    ka, mh = law_of("ka", monday), law_of("mh", monday)
    assert ka.deadline("notice-days-registered", monday) == date(2026, 3, 9)
    assert ka.deadline("service-appeal-days", monday) == ka.calendar.end(monday, 30, "working")
    assert mh.deadline("report-period", monday) == date(2026, 6, 2)
    with pytest.raises(NoSuchLaw, match="a figure of paise, not of time"):
        mh.deadline("fee-copy", monday)


def test_a_standard_area_is_land() -> None:
    assert law_of("mh", TODAY).figure("standard-area-dry").m2 == 2_000
    assert law_of("mh", date(2020, 1, 1)).figure("standard-area-irrigated").m2 == Decimal("2023.4282112")


def test_a_day_shows_each_figure_once_and_by_the_law_in_force() -> None:
    shown = law_of("ka", TODAY).figures()
    names = [(f.name, f.about) for f in shown]
    assert len(names) == len(set(names))
    assert {f.name for f in law.figures("generic")} <= {f.name for f in shown}
    assert next(f for f in shown if f.name == "notice-days-registered").value == 7


# What is not known is told with what is


def test_an_unknown_state_is_told_with_those_known() -> None:
    with pytest.raises(BadInput) as unknown:
        law_of("tn", TODAY)
    assert "ap, generic, hr, ka, mh, rj, up" in unknown.value.remedy


def test_an_unknown_figure_is_told_with_those_known() -> None:
    with pytest.raises(NoSuchLaw, match=r"has no figure 'tax'.*known: .*appeal-days"):
        law_of("ka", TODAY).figure("tax")


def test_a_day_before_the_law_is_told_with_the_first_day() -> None:
    with pytest.raises(NoSuchLaw, match="its rows begin on 1950-01-26"):
        law_of("up", date(1947, 8, 15)).figure("appeal-days")


def test_unknown_roles_tenures_and_units_are_told_with_those_known() -> None:
    mh = law_of("mh", TODAY)
    for ask, known in (
        (lambda: mh.post("zamindar"), "lekhpal"),
        (lambda: mh.tenure("class-3"), "occupant-class-2"),
        (lambda: mh.unit("kanal"), "guntha"),
    ):
        with pytest.raises(BadInput) as unknown:
            ask()
        assert known in unknown.value.remedy


# Words


@pytest.mark.parametrize(("state", "language"), SPOKEN)
def test_every_word_is_there_in_every_language_of_the_state(state: str, language: str) -> None:
    units_elsewhere = set(AREA_UNITS) - {u.code for u in law.units(state)}
    wanted = set(law.words("generic")["en"]) | set(law.words(state)["en"])
    own, common = law.words(state).get(language, {}), law.words("generic").get(language, {})
    assert sorted(n for n in wanted - units_elsewhere if not (own.get(n) or common.get(n))) == []


@pytest.mark.parametrize(("state", "language"), [(s, t) for s, t in SPOKEN if t != "en"])
def test_no_word_of_the_state_s_language_is_left_in_english(state: str, language: str) -> None:
    assert [name for name, word in law.words(state)[language].items() if word.isascii()] == []


@pytest.mark.parametrize(("state", "language"), SPOKEN)
def test_places_to_fill_are_the_same_in_every_language(state: str, language: str) -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    english = law.words("generic")["en"]
    said = law.words(state)[language]
    assert [n for n, word in said.items() if n in english and places(word) != places(english[n])] == []


@pytest.mark.parametrize(("state", "language"), SPOKEN)
def test_whatever_a_procedure_names_has_a_word(state: str, language: str) -> None:
    """A new type's applicants and papers need a row in domain/states/generic/papers.toml."""
    procedures = [t.procedure for t in catalogue.all_types().values()]
    named = {n for p in procedures for n in (*p.applicants, *p.papers, p.notice, *p.decided_by)}
    named |= {p.verified_by for p in procedures if p.verified_by} | set(restrictions.KINDS)
    spoken = [law.words(s).get(language, {}) for s in (state, "generic")]
    assert sorted(n for n in named if not any(n in words for words in spoken)) == []


def test_a_state_s_own_word_goes_before_the_common_one() -> None:
    hr, up, ka = (law_of(state, TODAY) for state in ("hr", "up", "ka"))
    assert (hr.word("unit", "hi"), up.word("unit", "hi"), ka.word("unit", "en")) == ("खेवट", "खाता", "Khata")
    assert hr.word("pond", "hi") == "तालाब"
    assert ka.word("well-and-garden", "kn") == "well-and-garden"


# Posts


@pytest.mark.parametrize("state", STATES)
def test_every_duty_is_somebody_s_and_every_post_has_a_name(state: str) -> None:
    here = law_of(state, TODAY)
    assert all(here.roles_that(duty) for duty in get_args(Duty))
    for language in law.languages(state):
        assert [role for role in law.posts(state) if here.post(role, language) == role] == []


def test_the_roles_of_the_office_are_the_posts_of_the_law() -> None:
    deciding = {role for t in catalogue.all_types().values() for role in t.decided_by}
    assert deciding <= set(law.posts("generic"))


@pytest.mark.parametrize("state", STATES)
def test_posts_know_only_duties_that_exist(state: str) -> None:
    for post in law.posts(state).values():
        assert set(post.does) <= set(get_args(Duty))
        assert len(post.source) >= 12


# Tenures

TENURES = [(state, t) for state in STATES for t in law.tenures(state)]


@pytest.mark.parametrize(("state", "tenure"), TENURES, ids=[f"{s}: {t.code}" for s, t in TENURES])
def test_every_class_is_complete_and_implies_restrictions_that_exist(state: str, tenure: Tenure) -> None:
    assert CODE.fullmatch(tenure.code)
    assert tenure.transfer in ("free", "with-permission", "none")
    assert set(tenure.implies) <= set(restrictions.KINDS)
    assert len(tenure.source) >= 12
    assert not (tenure.transfer == "free" and tenure.implies)


def test_class_2_of_maharashtra_moves_with_permission_only() -> None:
    assert law_of("mh", TODAY).tenure("occupant-class-2").implies == ("class-2-occupant",)


# Units of area: the table worked out by hand from feet and chains (1 sq ft = 0.09290304 m2)

BY_HAND = {
    "hectare": "10000",
    "are": "100",
    "centiare": "1",
    "acre": "4046.8564224",
    "guntha": "101.17141056",
    "cent": "40.468564224",
    "decimal": "40.468564224",
    "kuncham": "404.68564224",
    "ground": "222.967296",
    "ankanam": "3.34450944",
    "ankanam-72": "6.68901888",
    "kanal": "505.8570528",
    "marla": "25.29285264",
    "sarsahi": "2.81031696",
    "killa": "4046.8564224",
    "kanal-kangra": "384",
    "marla-kangra": "19.2",
    "bigha-hr": "843.095088",
    "biswa-hr": "42.1547544",
    "bigha-mandi": "809.37128448",
    "biswa-mandi": "40.468564224",
    "biswansi-mandi": "2.0234282112",
    "bigha-pucca": "2529.285264",
    "biswa-pucca": "126.4642632",
    "biswansi-pucca": "6.32321316",
    "katha-patna": "126.4642632",
    "dhur-patna": "6.32321316",
    "bigha-kachha": "1618.74256896",
    "biswa-kachha": "80.937128448",
    "bigha-up-kachha": "843.095088",
    "bigha-wb": "1337.803776",
    "katha-wb": "66.8901888",
    "chhatak-wb": "4.1806368",
    "bigha-assam": "1337.803776",
    "katha-assam": "267.5607552",
    "lessa-assam": "13.37803776",
    "bigha-mp": "1114.83648",
    "nali": "200.6705664",
    "mutthi": "12.5419104",
    "kani": "1618.74256896",
    "ganda": "80.937128448",
    "square-yard": "0.83612736",
    "square-foot": "0.09290304",
    "m2": "1",
}


def test_units_are_exact() -> None:
    assert {code: Decimal(m2) for code, m2 in BY_HAND.items()} == dict(AREA_UNITS)


@pytest.mark.parametrize(
    ("whole", "number", "part"),
    [
        ("acre", "40", "guntha"),
        ("acre", "100", "cent"),
        ("kuncham", "10", "cent"),
        ("kanal", "20", "marla"),
        ("marla", "9", "sarsahi"),
        ("killa", "8", "kanal"),
        ("killa", "24/5", "bigha-hr"),  # 4 bigha 16 biswa
        ("bigha-hr", "20", "biswa-hr"),
        ("bigha-pucca", "20", "biswa-pucca"),
        ("biswa-pucca", "20", "biswansi-pucca"),
        ("bigha-pucca", "3", "bigha-up-kachha"),
        ("bigha-kachha", "16", "guntha"),
        ("bigha-pucca", "3025", "square-yard"),
        ("kanal-kangra", "20", "marla-kangra"),
        ("katha-wb", "16", "chhatak-wb"),
        ("bigha-assam", "100", "lessa-assam"),
        ("nali", "16", "mutthi"),
        ("kani", "20", "ganda"),
    ],
)
def test_the_parts_of_a_unit_make_it_whole(whole: str, number: str, part: str) -> None:
    assert Fraction(AREA_UNITS[whole]) == Fraction(number) * Fraction(AREA_UNITS[part])


def test_areas_are_read_in_the_units_of_every_state() -> None:
    assert area("2", "bigha-kachha").m2 == Decimal("3237.4851")
    assert area("12", "kanal").m2 + area("7", "marla").m2 == Decimal("6247.3346")  # 12-7


def test_a_district_has_its_own_marla() -> None:
    kangra = {u.code for u in law.units("generic", "Kangra")}
    shimla = {u.code for u in law.units("generic", "Shimla")}
    assert kangra - shimla == {"kanal-kangra", "marla-kangra"}
    assert "marla" in {u.code for u in law.units("hr", "Hisar")}
    assert "marla" not in {u.code for u in law.units("rj")}


def test_a_unit_that_differs_by_district_stays_marked() -> None:
    assert not law_of("up", TODAY).unit("bigha-up-kachha").confirmed
    assert law_of("up", TODAY).unit("bigha-pucca").confirmed


@pytest.mark.parametrize("state", STATES)
def test_every_unit_says_by_what_authority(state: str) -> None:
    assert all(u.authority and u.since <= TODAY and CODE.fullmatch(u.code) for u in law.units(state))


def test_tables_hold_nothing_that_is_not_read() -> None:
    """A misspelt member would be law that nobody applies."""
    known = {
        "figures": {
            "name",
            "about",
            "value",
            "unit",
            "counting",
            "from",
            "source",
            "note",
            "confirmed",
            "union",
        },
        "posts": {
            *("role", "does", "source", "confirmed"),
            *("roles", "types", "from", "instead", "unopposed", "note"),
        },
        "tenures": {"code", "written", "transfer", "implies", "source", "confirmed"},
        "papers": {"name"},
        "units": {"code", "m2", "sq-ft", "from", "until", "districts", "elsewhere", "authority", "confirmed"},
    }
    strange = [
        f"{state}/{subject}.toml: {member}"
        for state in STATES
        for subject, members in known.items()
        for rows in table(state, subject).values()
        for row in rows
        for member in row
        if member not in members and not re.fullmatch(r"[a-z]{2}", member)
    ]
    assert strange == []
