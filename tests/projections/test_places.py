"""Villages: found by any of their names, and counted as their record changes."""

from __future__ import annotations

from projections.labels import search_key
from projections.places import FIND
from tests.projections.support import VILLAGE, days_of_work, first_registration


def test_a_village_counts_its_parcels_their_area_and_grades(log, runner, ask):
    count = "select parcels, area_m2, grade_a, grade_b, grade_c, grade_d from records.village"
    first_registration(log)
    log.publish()
    runner.run_once()
    area = 3 * 4021
    assert ask(count) == [(3, area, 2, 0, 0, 1)]
    days = ask("select name, name_local, office, state, languages from records.village")
    assert days == [("Devgarh", "देवगढ़", "99/901/9001", "generic", ["hi", "en"])]


def test_a_partition_leaves_the_village_s_area_as_it_was_and_counts_the_children(log, runner, ask):
    days_of_work(log)
    runner.run_once()
    parcels, area = ask("select parcels, area_m2 from records.village")[0]
    assert (parcels, area) == (4, 3 * 4021)
    recount = ask("select count(*), sum(recorded_m2) from records.parcel where status = 'active'")
    assert recount == [(parcels, area)]


def test_a_village_is_found_by_a_part_of_its_name_in_either_script_or_by_its_code(log, runner, database, ask):
    first_registration(log)
    log.publish()
    runner.run_once()

    def found(text: str) -> list[str]:
        statement = FIND.replace("%(text)s", "%s").replace("%(key)s", "%s").replace("%(limit)s", "%s")
        key = search_key(text)
        return [lgd for lgd, *_ in ask(statement, text, key, text, key, 10)]

    for text in ("devgarh", "DÉVG", "देवगढ", "देवगढ़", "999101"):
        assert found(text) == [VILLAGE], text
    assert found("Rampur") == []
