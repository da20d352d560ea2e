"""How we write, where a machine can tell: types, format, size, and what never belongs in the tree."""

from __future__ import annotations

import ast
import doctest
import importlib
import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests.house.source import FLOORS, ROOT, functions, modules, place, tracked_files

LONGEST_FUNCTION = 80  # lines; half of ours should have fewer than 18
LONGEST_MODULE = 500

# Places and habits of one machine or one writer.  A reader's clone has none of them.
FOREIGN = re.compile(
    "|".join(
        (r"/(?:work|root|home)/\w", r"/tmp/[a-z]+/", r"\bsub-?agent", r"\bTODO(?!\(#\d+\))", r"\bFIXME\b")
    )
)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def tool(name: str) -> Path:
    """A program of the locked environment."""
    return Path(sys.executable).with_name(name)


def test_types_hold_strictly() -> None:
    answer = run(tool("mypy"))
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("check", [("check",), ("format", "--check")], ids=["rules", "format"])
def test_ruff_finds_nothing(check: tuple[str, ...]) -> None:
    answer = run(tool("ruff"), *check, ".")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_shell_scripts_are_clean(script: str) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed (apt-get install shellcheck)")
    answer = run("shellcheck", script)
    assert answer.returncode == 0, answer.stdout


def test_the_examples_in_docstrings_are_true() -> None:
    failed = tried = 0
    for path in modules():
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if ">>>" in path.read_text(encoding="utf-8"):
            result = doctest.testmod(importlib.import_module(name))
            failed, tried = failed + result.failed, tried + result.attempted
    assert tried > 0
    assert failed == 0, f"{failed} of {tried} examples in docstrings do not hold; pytest -s shows them above"


def test_every_module_imports_without_a_warning() -> None:
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in modules()]
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    answer = run(
        sys.executable, "-W", "error", "-c", program, *(n for n in names if not n.endswith("__main__"))
    )
    assert answer.returncode == 0, answer.stderr


def test_warnings_are_errors_here() -> None:
    with pytest.raises(DeprecationWarning, match="no longer"):
        warnings.warn("no longer", DeprecationWarning, stacklevel=1)


def test_a_function_fits_on_a_screen_or_two() -> None:
    long = [
        f"{place(path, function)}: {size} lines"
        for path in modules()
        for function in functions(path)
        if (size := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_a_module_reads_in_one_sitting() -> None:
    sizes = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > LONGEST_MODULE} == {}


def test_every_module_opens_with_what_it_is() -> None:
    silent = [
        place(path)
        for path in modules()
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_nothing_is_left_to_be_written() -> None:
    stubs = [
        place(path, function)
        for path in modules()
        for function in functions(path)
        if any(
            isinstance(node, ast.Raise) and "NotImplemented" in ast.dump(node) for node in ast.walk(function)
        )
    ]
    assert stubs == []


def test_every_test_asserts_something() -> None:
    words = (
        "Assert(",
        "'raises'",
        "'check",
        "'assert",
        "'expect",
        "'verify",
        "'run_state_machine",
        "'warns'",
        "attr='optional_test",  # a published test case that a recorder takes on
    )
    silent = [
        place(path, function)
        for path in modules("tests")
        for function in functions(path)
        if function.name.startswith("test_") and not any(word in ast.dump(function) for word in words)
    ]
    assert silent == []


def test_the_tree_names_no_place_of_one_machine() -> None:
    found = []
    for path in tracked_files():
        if path == Path(__file__) or path.suffix in {".lock", ".png", ".pdf"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), 1):
            if FOREIGN.search(line):
                found.append(f"{place(path)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_the_npm_lock_names_hashes_and_no_host() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("integrity" in entry and "resolved" not in entry for entry in packages.values())


def test_the_five_floors_are_what_is_shipped() -> None:
    import tomllib

    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert sorted(build["targets"]["wheel"]["packages"]) == sorted(FLOORS)
