"""The verifier page: one HTML file that checks a title proof, an extract or a printed code with nothing but itself.

Its sources are the ES modules beside this file; ``build`` joins them, what they use of @noble and two fonts into one
page whose bytes follow from the sources alone.  So everybody can build it anew and compare its SHA-256, and witnesses
can serve the very same file: a verifier that the registry alone serves would trust the registry.

The page is not minified: whoever wants to know what it does can read it.  It is never committed; ``./run`` builds it
into LANDLOG_HOME/verifier, with its SHA-256 beside it.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

from domain import catalogue
from domain.case_steps import FILED, STEPS
from domain.errors import NotFound
from domain.law import Law, lgd_of, states, words
from domain.restrictions import KINDS
from domain.signing import days_of_change
from domain.states import GENERIC, charges
from projections.fonts import FAMILIES
from registry.roles import ACTS, allows, roles

PACKAGES = Path(__file__).resolve().parents[2] / "node_modules" / "@noble"
PAGE, SUMS = "index.html", "SHA256SUMS"
ENTRY = "main.js"

_IMPORT = re.compile(r'^import (?:\* as (\w+)|(\{[^}]*\})) from "([^"]+)";$', re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export \{([^}]*)\};$", re.MULTILINE)
_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_OTHER_KINDS = (*(row["name"] for row in charges()), "mutation", "appeal", "deed")
_SPOKEN = {"en": "generic", "hi": "generic", "te": "ap"}  # whose words the page takes for a language

_log = logging.getLogger(__name__)


class VerifierMissing(NotFound):
    """The page is neither built nor are the packages there to build it from."""

    code = "verifier-missing"


def build() -> bytes:
    """The page: the same bytes from the same sources, on any machine.

    Raises:
        VerifierMissing: when the npm packages are not installed.
    """
    script = f"\n{_bundle()}"
    style = f"\n{''.join(_font_faces())}{_source('verifier.css')}"
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_csp_hash(script)}'",
            f"style-src '{_csp_hash(style)}'",
            "img-src data:",
            "font-src data:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    page = _source("index.html")
    for name, text in (("policy", policy), ("style", style), ("script", script)):
        page = page.replace(f"{{{{{name}}}}}", text, 1)
    return page.encode()


def page_file(home: Path | None = None) -> Path:
    """The built page, built anew where the sources are other than those it was built from.

    ``home`` is LANDLOG_HOME where it is not given.  A container has its page built in, at LANDLOG_VERIFIER.

    Raises:
        VerifierMissing: nothing is built and there is nothing to build from.
    """
    if ready_made := os.environ.get("LANDLOG_VERIFIER"):
        return Path(ready_made) / PAGE
    place = (home or Path(os.environ.get("LANDLOG_HOME", ".landlog"))) / "verifier"
    page = place / PAGE
    try:
        built = build()
    except VerifierMissing:
        if page.is_file():
            return page
        raise
    if not page.is_file() or page.read_bytes() != built:
        place.mkdir(parents=True, exist_ok=True)
        _write(place / SUMS, sums(built).encode())
        _write(page, built)
    return page


def sums(page: bytes) -> str:
    """The line that ``sha256sum --check`` reads.

    >>> sums(b"")[:16]
    'e3b0c44298fc1c14'
    """
    return f"{sha256(page).hexdigest()}  {PAGE}\n"


def content_policy(page: bytes) -> str:
    """The page's own Content-Security-Policy, to be sent as a header too."""
    found = re.search(rb'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert found  # the template has it
    return f"{found[1].decode()}; frame-ancestors 'none'"


def _bundle() -> str:
    """All modules in one, each in a function of its own, in the order in which they need each other."""
    order: dict[str, str] = {}
    _visit(ENTRY, order, ())
    names = {path: f"module{number}" for number, path in enumerate(order)}
    return "\n".join(_wrapped(path, text, names) for path, text in order.items())


def _visit(path: str, order: dict[str, str], above: tuple[str, ...]) -> None:
    if path in order:
        return
    if path in above:
        raise ValueError(f"the modules {', '.join(above)} import each other in a circle")
    text = _module(path)
    for _, _, specifier in _IMPORT.findall(text):
        _visit(_resolved(specifier, path), order, (*above, path))
    order[path] = text


def _resolved(specifier: str, importer: str) -> str:
    """The one name of a module: ``note.js`` of ours, ``@noble/hashes/sha2.js`` of a package."""
    if specifier.startswith("@noble/"):
        package, _, file = specifier.removeprefix("@noble/").partition("/")
        return f"@noble/{package}/{file or 'index.js'}"
    return f"{importer.rpartition('/')[0]}/{specifier.removeprefix('./')}".lstrip("/")


def _wrapped(path: str, text: str, names: dict[str, str]) -> str:
    """One module as a function that gives what it exports; the entry, which exports nothing, stands by itself."""

    def bound(found: re.Match[str]) -> str:
        whole, some, specifier = found.groups()
        module = names[_resolved(specifier, path)]
        return f"const {whole or some.replace(' as ', ': ')} = {module};"

    exported = _EXPORTED.findall(text)
    for listed in _EXPORT_LIST.findall(text):
        exported += [name.strip() for name in listed.split(",") if name.strip()]
    body = _EXPORT_LIST.sub("", _IMPORT.sub(bound, text))
    body = re.sub(r"^export ", "", body, flags=re.MULTILINE).strip()
    if path == ENTRY:
        return f"// ---- {path}\n{body}\n"
    gives = f"\nreturn {{ {', '.join(exported)} }};"
    return f"// ---- {path}\nconst {names[path]} = (() => {{\n{body}{gives}\n}})();\n"


def _module(path: str) -> str:
    if path == "roles.js":
        return (
            f"export const ROLES = {_json(_roles())};\nexport const BY_STATE = {_json(_roles_by_state())};\n"
        )
    if path == "kinds.js":
        return f"export const KINDS = {_json(_kinds())};\n"
    if not path.startswith("@noble/"):
        return _source(path)
    package = path.split("/")[1]
    try:
        text = (PACKAGES / path.removeprefix("@noble/")).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _missing(f"@noble/{package}") from None
    licence = (PACKAGES / package / "LICENSE").read_text(encoding="utf-8").strip()
    return f"/*! @noble/{package}\n{licence}\n*/\n{_BLOCK_COMMENT.sub('', text)}"


def _font_faces() -> Iterator[str]:
    """The Indian scripts that the page speaks, within it: a name shown as empty boxes is not verified by anybody."""
    for family in FAMILIES:
        if family.name == "Noto Sans":
            continue  # every machine can write Latin
        (subset,) = family.subsets
        try:
            font = family.woff2(subset, 400).read_bytes()
        except FileNotFoundError:
            raise _missing(f"@fontsource/{family.package}") from None
        data = base64.b64encode(font).decode()
        yield (
            f'@font-face {{ font-family: "{family.name}"; src: local("{family.name}"), '
            f'url("data:font/woff2;base64,{data}") format("woff2"); }}\n'
        )


def _missing(package: str) -> VerifierMissing:
    return VerifierMissing(
        f"the npm package {package} is not installed, from which the verifier page is built",
        remedy="Start Landlog with ./run, which installs it.",
    )


def _source(name: str) -> str:
    return resources.files("api.verifier").joinpath(name).read_text(encoding="utf-8")


def _roles() -> dict[str, list[str]]:
    """Which roles sign an event of each type where no state says otherwise: what ``registry.roles`` computes."""
    types = {*catalogue.all_types(), *STEPS, FILED, *(f"{act}/1" for acts in ACTS.values() for act in acts)}
    anywhere = Law(GENERIC, date.min)
    table = {type_: _able(type_, anywhere) for type_ in sorted(types)}
    return {type_: signing for type_, signing in table.items() if signing}


def _roles_by_state() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """By the LGD code of a state and by type: who signs from which day on, in a case and where there is none."""
    return {
        lgd_of(state): {
            catalogue.mutation(name).type: [
                {
                    "from": since.isoformat(),
                    "roles": _able(catalogue.mutation(name).type, Law(state, since)),
                    "opposed": _able(catalogue.mutation(name).type, Law(state, since), opposed=True),
                }
                for since in days
            ]
            for name, days in days_of_change(state).items()
        }
        for state in states()
        if days_of_change(state)
    }


def _able(event_type: str, law: Law, *, opposed: bool = False) -> list[str]:
    return sorted(role for role in roles() if allows(role, event_type, law, opposed=opposed))


def _kinds() -> dict[str, dict[str, str]]:
    """What people call the kinds of burdens, by language."""
    return {language: dict(_kinds_in(language, state)) for language, state in _SPOKEN.items()}


def _kinds_in(language: str, state: str) -> Iterator[tuple[str, str]]:
    spoken = words(state).get(language, {})
    for kind in sorted({*KINDS, *_OTHER_KINDS}):
        if kind in spoken:
            yield kind, spoken[kind]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _csp_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_bytes(data)
    beside.replace(path)
