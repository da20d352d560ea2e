"""The catalogue of mutation types: it discovers the folder, so a new type is one new file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import cast

from domain import mutations
from domain.errors import NotFound
from domain.kit import Mutation, MutationModule
from domain.languages import Phrase


@cache
def all_types() -> Mapping[str, Mutation]:
    """Every mutation type, by its stable name, in alphabetical order."""
    modules = (
        importlib.import_module(f"{mutations.__name__}.{found.name}")
        for found in pkgutil.iter_modules(mutations.__path__)
        if not found.name.startswith("_")
    )
    types = [Mutation(cast("MutationModule", module)) for module in modules]
    return MappingProxyType({m.type: m for m in sorted(types, key=lambda m: m.type)})


def mutation(name: str) -> Mutation:
    """The type called ``sale`` or ``mutation.sale/1``.

    Raises:
        NotFound: for a type that is not known; it lists those that are.
    """
    for known in all_types().values():
        if name in (known.type, known.name):
            return known
    raise NotFound(
        Phrase("there is no mutation type {given}", given=repr(name[:60])),
        field="type",
        remedy=Phrase("Known types: {known}.", known=", ".join(m.name for m in all_types().values())),
    )
