"""The floors of the house: each imports only from floors below, and the lowest from nobody."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import FLOORS, ROOT, modules, place, tree


def imported(path: Path) -> Iterator[str]:
    """Full names of everything a module imports, wherever in it, relative imports made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_the_contracts_of_import_linter_are_kept() -> None:
    answer = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_law_of_the_record_needs_only_python() -> None:
    """Whoever replays the record in twenty years has Python, and perhaps nothing else of ours."""
    allowed = sys.stdlib_module_names | {"domain"}
    foreign = [
        f"{place(path)} imports {name}"
        for path in modules("domain")
        for name in imported(path)
        if name.split(".")[0] not in allowed
    ]
    assert foreign == []


def test_no_floor_imports_from_a_floor_above_not_even_inside_a_function() -> None:
    upwards = [
        f"{place(path)} imports {name}"
        for height, floor in enumerate(FLOORS)
        for path in modules(floor)
        for name in imported(path)
        if name.split(".")[0] in FLOORS[height + 1 :]
    ]
    assert upwards == []


def test_the_log_knows_bytes_and_hashes_and_nothing_of_land() -> None:
    allowed = ("domain.canon", "domain.errors", "registry.log")
    known = [
        f"{place(path)} imports {name}"
        for path in modules("registry/log")
        for name in imported(path)
        if name.split(".")[0] in FLOORS and not name.startswith(allowed)
    ]
    assert known == []


def test_no_floor_imports_the_tests() -> None:
    assert [
        place(path) for path in modules() if any(name.startswith("tests.") for name in imported(path))
    ] == []
