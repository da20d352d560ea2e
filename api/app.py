"""The counter over HTTP: every address of the house in one application (DESIGN section 8).

``create_app`` takes a house and a clock and nothing else: no settings are read here, nothing is global.  Hot reads
run on the event loop, everything else in threads.  Pages for people stand beside the interface for programs.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import models, problems
from api.counter import Counter
from api.middleware import Allowance, Door
from api.pages import files, views
from api.routes import (
    about,
    cases,
    exports,
    filing,
    handbook,
    lineage,
    log,
    ogc,
    orders,
    papers,
    parcels,
    splits,
    units,
    verifier,
    verify,
    villages,
)
from api.wiring import House

VERSION = "1"
DESCRIPTION = """
A registry of land records in which nothing changes without a signed event, and anyone can check it.
An answer says what the record of rights shows as of a checkpoint of the public log; an entry is presumed true until
the contrary is proved, and does not by itself confer title.
"""
_ROUTERS = (
    about,
    villages,
    parcels,
    lineage,
    exports,
    papers,
    splits,
    units,
    verifier,
    verify,
    orders,
    cases,
    filing,
    log,
)


def create_app(
    house: House,
    *,
    now: Callable[[], datetime],
    allowance: Allowance | None = Allowance(),  # noqa: B008  # frozen
    clock: Callable[[], float] = time.monotonic,
) -> FastAPI:
    """The application.  ``allowance`` bounds the requests of one address; ``clock`` counts its seconds."""
    counter = Counter(house, now)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        counter.close()

    app = FastAPI(
        title="Landlog",
        version=VERSION,
        description=DESCRIPTION.strip(),
        docs_url=None,  # its scripts come from a CDN; the description itself is at /openapi.json
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.counter = counter
    for routes in _ROUTERS:
        app.include_router(routes.router)
    app.include_router(ogc.router(counter), responses=problems.responses(400, 404))
    app.include_router(views.router)
    app.include_router(files.router)
    app.include_router(handbook.router)
    problems.install(app, page=views.error_page)
    app.add_middleware(Door, allowance=allowance, clock=clock)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The exact description: FastAPI's, with our schemas, and without the validation error that we do not answer."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(models.components())
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for operations in schema["paths"].values():
            for operation in operations.values():
                _drop_default_validation_error(operation)
        app.openapi_schema = schema
    return app.openapi_schema


def _drop_default_validation_error(operation: dict[str, Any]) -> None:
    answer = operation["responses"].get("422", {})
    if "application/json" in answer.get("content", {}):
        del answer["content"]["application/json"]
        if not answer["content"]:
            del operation["responses"]["422"]
