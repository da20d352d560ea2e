"""The project's own source, as the tests of the house read it."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("domain", "gis", "registry", "projections", "api")  # from the ground up


def modules(*packages: str) -> list[Path]:
    """Every module of the packages, all five where none is named."""
    return sorted(path for package in packages or FLOORS for path in (ROOT / package).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def place(path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef | None = None) -> str:
    name = str(path.relative_to(ROOT))
    return f"{name}:{node.lineno} {node.name}" if node else name


def tracked_files() -> list[Path]:
    """What git keeps, or everything outside hidden and built directories where there is no git."""
    if git := shutil.which("git"):
        listing = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True)
        if listed.returncode == 0:
            return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and not _built(path.relative_to(ROOT).parent)]


def _built(directory: Path) -> bool:
    """Whether a directory holds what tools made: environments, caches, packages."""
    return any(
        part in {"node_modules", "__pycache__"} or (part.startswith(".") and part != ".ci")
        for part in directory.parts
    )
