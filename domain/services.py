"""Services as the state promises them: which figure says in how many days a mutation of a type is to be done."""

from __future__ import annotations

from collections.abc import Iterator

from domain.kit import Mutation
from domain.law import Figure, Law, NoSuchLaw


def promise_of(mutation: Mutation, law: Law, *, disputed: bool = False) -> Figure | None:
    """The figure of the state's right-to-service law for the type; None where it promises nothing.

    >>> from datetime import date
    >>> from domain import catalogue
    >>> found = promise_of(catalogue.mutation("sale"), Law("ka", date(2026, 3, 2)))
    >>> found.name, found.value, found.counting
    ('service-days-mutation-registered', Decimal('60'), 'working')
    """
    for name in _names(mutation, disputed=disputed):
        try:
            return law.figure(name, mutation.name)
        except NoSuchLaw:
            continue
    return None


def _names(mutation: Mutation, *, disputed: bool) -> Iterator[str]:
    how = mutation.procedure
    yield f"service-days-{mutation.name}"
    if disputed:
        yield "service-days-mutation-disputed"
    if how.nature == "charge":
        yield "service-days-charge"
    if how.nature == "correction":
        yield "service-days-correction"
    if how.notice == "notice-free":
        yield "service-days-court-entry"
    yield (
        "service-days-mutation-registered"
        if how.notice == "registered"
        else "service-days-mutation-unregistered"
    )
