"""A new mutation type is one new file: its form, route, command, role, page and tests appear with no other edit.

The file is ``toy/crop_noted.py``.  Each test starts a process of its own, as a registry would start after somebody
has put that file into ``domain/mutations``; nothing of it is left in this one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api import clock
from domain import catalogue
from registry import keys
from tests.conftest import ROOT, Database
from tests.e2e.house import OFFICE, Registry

TOY = Path(__file__).with_name("toy") / "crop_noted.py"
BESIDE = """
import os
import domain.mutations
domain.mutations.__path__.append(os.environ["ONE_MORE_TYPE"])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the toy in it, which the catalogue of another process sees as a part of domain/mutations."""
    types = tmp_path / "types"
    types.mkdir()
    shutil.copy(TOY, types)
    (tmp_path / "one_more_type.py").write_text(BESIDE)
    return types


def run(
    folder: Path, *words: str, home: Path | None = None, url: str = ""
) -> subprocess.CompletedProcess[str]:
    """A process with the toy: ``-c PROGRAM`` or ``-m MODULE ...``; ``one_more_type`` is there to be imported."""
    environment = {
        **os.environ,
        "ONE_MORE_TYPE": str(folder),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder.parent)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "200",
        **({"LANDLOG_HOME": str(home), "LANDLOG_DATABASE_URL": url} if home else {}),
    }
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240
    )


def landlog(folder: Path, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    program = "import sys, one_more_type; from api.cli import main; main(sys.argv[1:])"
    return run(folder, "-c", program, *map(str, words), **more)


def test_the_toy_is_nowhere_but_in_its_folder() -> None:
    assert "mutation.crop-noted/1" not in catalogue.all_types()


def test_the_form_the_route_and_the_role_appear(folder: Path) -> None:
    program = """
import json, one_more_type
from api import models
from domain import catalogue
from datetime import date
from domain.law import Law
from registry.roles import allows
here = Law("up", date(2026, 3, 2))
print(json.dumps({
    "types": list(catalogue.all_types()),
    "form": models.components()["CropNotedApplication"],
    "asked": models.PREPARE["properties"],
    "tahsildar": allows("tahsildar", "mutation.crop-noted/1", here),
    "lekhpal": allows("lekhpal", "mutation.crop-noted/1", here),
}))
"""
    answer = run(folder, "-c", program)
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert set(told["types"]) - set(catalogue.all_types()) == {"mutation.crop-noted/1"}
    assert told["form"]["title"] == "Crop noted"
    assert list(told["form"]["properties"]) == ["parcel", "use", "report"]
    assert {"crop-noted", "mutation.crop-noted/1"} <= set(told["asked"]["type"]["enum"])
    forms = {form["$ref"] for form in told["asked"]["application"]["anyOf"]}
    assert "#/components/schemas/CropNotedApplication" in forms
    assert (told["tahsildar"], told["lekhpal"]) == (True, False)


def test_its_pages_appear_in_the_handbook_of_every_state(folder: Path) -> None:
    answer = landlog(folder, "handbook", "--type", "crop-noted", "--format", "json")
    assert answer.returncode == 0, answer.stderr
    chapters = json.loads(answer.stdout)["chapters"]
    assert len(chapters) == 7
    for chapter in chapters:
        (page,) = chapter["types"]
        assert [rule["name"] for rule in page["rules"]][-1] == "use-has-changed"
        assert set(page["title"]) == set(chapter["languages"])
        assert [example["refused"] != [] for example in page["examples"]] == [False, True]
    whole = landlog(folder, "handbook", "--state", "up", "--format", "html")
    assert 'id="up-crop-noted"' in whole.stdout
    assert "trees were found where the record shows a field" in whole.stdout


def test_the_tests_that_run_every_type_run_it_too(folder: Path) -> None:
    generic = [
        "tests/domain/test_mutations.py",
        "tests/domain/test_law.py",
        "tests/projections/test_handbook.py",
    ]
    answer = run(folder, "-m", "pytest", "-p", "one_more_type", "-p", "no:cacheprovider", "-v", *generic)
    assert answer.returncode == 0, answer.stdout[-4000:]
    ran = [line for line in answer.stdout.splitlines() if "PASSED" in line and "crop-noted" in line]
    names = {line.split("::")[1].partition("[")[0] for line in ran}
    assert {
        "test_an_allowed_example_gives_the_states_it_names",
        "test_a_refused_example_breaks_exactly_the_rules_it_names",
        "test_an_auditor_recomputes_the_same_effect_from_the_facts",
        "test_every_type_has_titles_wording_deciders_and_both_sorts_of_examples",
        "test_no_type_lacks_a_word_in_a_language_of_the_state",
        "test_a_page_tells_every_rule_and_every_example_of_its_type",
    } <= names


def test_an_order_of_it_is_prepared_signed_and_recorded(
    folder: Path, database: Database, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    registry = Registry.found(home, database)
    registry.order("import", _older_record())
    keys.save(registry.key("tahsildar"), tmp_path / "tahsildar.key", plain=True)
    order, form = tmp_path / "order.json", tmp_path / "form.json"
    report = {"number": "7/2026", "made": clock.today().isoformat(), "by": "Lekhpal, Devgarh"}
    form.write_text(json.dumps({"parcel": "999101-000001", "use": "grove", "report": report}))
    naming = ("--officer", "OFF-TAHSILDAR", "--office", OFFICE, "--order-no", "MR/2026/9", "--out", order)
    for words in (
        ("order", "prepare", "crop-noted", form, *naming),
        ("order", "sign", order, "--key", tmp_path / "tahsildar.key", "--yes"),
        ("order", "submit", order),
    ):
        answer = landlog(folder, *words, home=home, url=database.url)
        assert answer.returncode == 0, answer.stderr
    try:
        assert registry.parcel("999101-000001")["use"] == "grove"
        assert (
            registry.one("select type from records.event order by idx desc limit 1")
            == "mutation.crop-noted/1"
        )
    finally:
        registry.close()
    refused = landlog(folder, "order", "prepare", "crop-noted", form, *naming, home=home, url=database.url)
    assert refused.returncode == 1
    assert "the use that was found differs from the one recorded" in refused.stderr


def _older_record() -> Any:
    holder = {"party": {"name": "आशा देवी", "relation": "रामलाल"}, "share": "1"}
    return {
        "village": {"lgd": "999101", "name": "Devgarh", "name_local": "देवगढ़", "office": OFFICE},
        "source": "Khatauni",
        "units": [{"label": "1", "tenure": "transferable", "holders": [holder]}],
        "parcels": [
            {
                "label": "1",
                "unit": 0,
                "area": {"figure": "0.4", "unit": "hectare"},
                "land_class": "private",
                "use": "dry",
            }
        ],
    }
