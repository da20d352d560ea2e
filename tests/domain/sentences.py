"""Every sentence that must exist in the languages of the states, and where it is said: what a translator works through.

Rules are asked of the types and the cases themselves.  Phrases, faults and refusals are read from the source, as
``xgettext`` does: the sentence is the text that stands in the call.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from api import problems
from domain import case_carry, case_rules, catalogue, numbering
from domain.errors import RegistryError
from domain.kit import Rule
from domain.languages import Phrase
from domain.restrictions import KINDS
from tests.conftest import ROOT

PHRASES = (
    "domain/**/*.py",
    "gis/shapes.py",
    "gis/survey.py",
    "registry/*.py",
    "projections/**/*.py",
    "api/**/*.py",
)
"""Where a ``Phrase`` or a ``Broken`` may stand."""
REFUSALS = (
    "domain/form.py",
    "domain/ids.py",
    "domain/quantities.py",
    "domain/law.py",
    "domain/catalogue.py",
    "domain/numbering.py",
    "domain/case_steps.py",
    "domain/states/__init__.py",
    "registry/officers.py",
    "registry/office.py",
    "registry/cases.py",
    "registry/jurisdiction.py",
    "registry/order_parts.py",
    "registry/append.py",
    "registry/case_queue.py",
    "registry/case_drafts.py",
    "registry/case_forms.py",
    "registry/case_carrying.py",
    "registry/cadastre.py",
    "registry/roles.py",
    "api/problems.py",
    "api/bodies.py",
    "api/signed_requests.py",
    "api/middleware.py",
    "api/routes/filing.py",
    "api/routes/orders.py",
    "api/routes/cases.py",
    "api/routes/parcels.py",
    "api/routes/units.py",
)
"""Where what is raised is told to people who apply, decide or look: all of its words."""
WORDS = ("parcel", "unit", "case", "active", "retired", "closed")
"""Codes of the record that stand in sentences as words."""
_WORDED = ("message", "remedy", "sentence", "detail")
_SAYING = ("Phrase", "Broken", "languages.say", "_print")
_FOR_MAKERS = ("ValueError", "TypeError", "AssertionError", "KeyError", "HTTPException")


def sentences() -> dict[str, str]:
    """Each sentence, and the place where it is said first."""
    for path in REFUSALS:  # a kind of error is known when its module is
        import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    found: dict[str, str] = {}
    for sentence, where in _all():
        if re.search(r"[^\W\d_]", re.sub(r"\{\w+\}", "", sentence)):
            found.setdefault(sentence, where)
    return found


def template_of(text: str) -> str:
    return Phrase.of(text).template


def put_together(path: Path) -> Iterator[str]:
    """Words that are formatted before they can be said in another language: ``f"..."`` where a phrase belongs."""
    for call in _calls(path):
        for argument in _worded(call, everything=str(path.relative_to(ROOT)) in REFUSALS):
            for node in ast.walk(argument):
                words = "".join(_constants(node)) if isinstance(node, ast.JoinedStr) else ""
                if re.search(r"[^\W\d_]{3}", words):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}: {words!r}"  # type: ignore[attr-defined]


def sources() -> list[Path]:
    return sorted({path for pattern in PHRASES for path in ROOT.glob(pattern)})


def _all() -> Iterator[tuple[str, str]]:
    for rule, where in _rules():
        yield template_of(rule.sentence), f"a rule of {where}"
        yield template_of(rule.remedy), f"a remedy of {where}"
    for kind in KINDS.values():
        yield kind.remedy, f"domain/restrictions.toml, {kind.name}"
    for name, grammar in numbering.GRAMMARS.items():
        yield grammar.rule, f"domain/numbering.py, {name}"
        yield str(vars(type(grammar)).get("form", "")), f"domain/numbering.py, {name}"
    for error in _errors(RegistryError):
        if error.__module__.replace(".", "/") + ".py" in REFUSALS or error.__module__ == "domain.errors":
            yield problems.title(error.code), f"the title of the problem {error.code}"
    for word in WORDS:
        yield word, "a word that stands in other sentences"
    for path in sources():
        for call in _calls(path):
            for argument in _worded(call, everything=str(path.relative_to(ROOT)) in REFUSALS):
                for sentence in _constants(argument):
                    yield sentence, f"{path.relative_to(ROOT)}:{call.lineno}"


def _errors(kind: type[RegistryError]) -> Iterator[type[RegistryError]]:
    """The kind and all below it: of two kinds that share a code, each counts where it is defined."""
    yield kind
    for below in kind.__subclasses__():
        yield from _errors(below)


def _rules() -> Iterator[tuple[Rule, str]]:
    for kind in catalogue.all_types().values():
        yield from ((rule, f"{kind.name}, {rule.name}") for rule in kind.module.RULES)
    yield from ((rule, f"a case, {rule.name}") for rule in (*case_rules.STEP_RULES, *case_carry.CARRY_RULES))


def _calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _worded(call: ast.Call, *, everything: bool) -> Iterator[ast.expr]:
    """The arguments of a call that are sentences."""
    function = ast.unparse(call.func)
    name = function.rpartition(".")[2]
    if function in _SAYING:
        yield from call.args[:1]
    elif name == "_matching":
        yield from call.args[1:2]
    elif everything and name[:1].isupper() and name not in _FOR_MAKERS and _is_outcome(call):
        yield from call.args[:1]
        yield from (k.value for k in call.keywords if k.arg in _WORDED)


def _is_outcome(call: ast.Call) -> bool:
    """An error or a finding: what has a field or a remedy, or is called as errors are."""
    named = {k.arg for k in call.keywords}
    name = ast.unparse(call.func).rpartition(".")[2]
    return bool(named & {"field", "remedy"}) or name in ("BadInput", "NotFound", "Finding")


def _constants(node: ast.expr) -> Iterator[str]:
    """The texts of an expression, but for those of calls inside of it, which are found by themselves."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from _constants(body)
            yield from _constants(other)
        case ast.BoolOp(values=values) | ast.JoinedStr(values=values):
            for value in values:
                yield from _constants(value)
