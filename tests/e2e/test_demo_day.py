"""The day of the demonstration, played once and taken up again."""

from __future__ import annotations

from pathlib import Path

from api import standing, wiring
from api.demo import day, stage
from api.settings import Settings
from tests.conftest import Database


def test_a_day_plays_many_kinds_of_orders_and_a_second_run_adds_nothing(
    database: Database, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, database_url=database.url, reader_url=database.reader_url)
    with wiring.opened(settings, origin=stage.ORIGIN) as house:
        told: list[str] = []
        staged = stage.set_up(house, told.append)
        assert day.play(staged)
        with house.datastore.cursor() as cursor:
            cursor.execute("select distinct type from records.event where starts_with(type, 'mutation.')")
            kinds = {str(kind).removeprefix("mutation.").partition("/")[0] for (kind,) in cursor}
            cursor.execute("select type, status, objections from records.case_file order by filed_index")
            cases = cursor.fetchall()
            cursor.execute(
                "select officer from records.case_step where starts_with(type, 'mutation.sale/') and officer <> ''"
            )
            signers = [officer for (officer,) in cursor]
        assert kinds - {"import"} == {
            "sale",
            "partition",
            "inheritance",
            "gift",
            "charge-created",
            "name-correction",
            "stay-imposed",
            "subdivision",
        }
        assert cases == [
            ("mutation.release/1", "refused", 1),
            ("mutation.sale/1", "communicated", 0),
            ("mutation.gift/1", "hearing", 1),
        ]
        assert signers == [standing.CLOCK]
        size = _size(house)
        told.clear()
        assert day.play(stage.set_up(house, told.append))
        assert _size(house) == size
        assert sum("done before" in line for line in told) == len([s for s in day.SCENES if s.order_no])


def _size(house: wiring.House) -> int:
    with house.datastore.cursor() as cursor:
        cursor.execute("select size from log.published")
        row = cursor.fetchone()
    assert row
    return int(row[0])
