"""Errors as HTTP tells them: RFC 9457 problem documents.  Nothing else in the house knows a status code.

Every ``RegistryError`` becomes a problem whose ``type`` is ``/problems/<code>``: stable, and a page that explains it.
Its words are in the language that was asked for (``api.tongues``), English where the catalogues lack a sentence.
What we did not expect stays a plain 500 without words (``api.middleware``); its text goes to the server's log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

import psycopg2
import sqlalchemy as sa
from eventsourcing import persistence
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.tongues import tongue_of
from domain import languages
from domain.canon import Json, NotCanonical
from domain.errors import (
    BadInput,
    Finding,
    NotFound,
    RecordChanged,
    Refused,
    RegistryError,
    VerificationError,
)
from domain.form import BadForm
from domain.languages import ENGLISH, LANGUAGES, Phrase, told
from domain.law import NoSuchLaw
from registry.append import AlreadyAccepted, LabelNotBorne, LabelTaken
from registry.database import DatabaseUnavailable, MigrationFailed
from registry.dsse import BadSignature, EntryTooLarge, UnknownKey
from registry.history import NotYetSequenced
from registry.log.prover import LogBusy, ProofTooLarge
from registry.log.tiles import MalformedTilePath
from registry.officers import NotAuthorised
from registry.openings import OpeningDamaged

MEDIA_TYPE = "application/problem+json"
_FOR_PROGRAMS = ("/v1/", "/log/", "/openapi.json")
Page = Callable[[Request, RegistryError], Response]
_log = logging.getLogger(__name__)


class TooLarge(BadInput):
    """The body is longer than this address takes."""

    code: ClassVar[str] = "too-large"


class TooManyRequests(RegistryError):
    """One address asks more often than a public counter can serve; it may ask again in a moment."""

    code: ClassVar[str] = "too-many-requests"


class BadRequest(BadForm):
    """Parts of the address, the query or the headers are not of the form that they must have."""

    code: ClassVar[str] = "bad-request"


class NoSuchPage(NotFound):
    """Nothing is served under this address."""

    code: ClassVar[str] = "no-such-page"


class MethodNotAllowed(RegistryError):
    """The address is served, but not by this method."""

    code: ClassVar[str] = "method-not-allowed"


class NotSigned(RegistryError):
    """The request must be signed with an officer's key, and is not."""

    code: ClassVar[str] = "not-signed"


class Unavailable(RegistryError):
    """The registry cannot answer at the moment: its database does not."""

    code: ClassVar[str] = "unavailable"


# The most particular class that an error is an instance of decides.
_STATUS: Mapping[type[RegistryError], int] = {
    RegistryError: 400,
    BadInput: 400,
    BadForm: 422,
    BadRequest: 400,
    NotCanonical: 400,
    TooLarge: 413,
    EntryTooLarge: 413,
    NotFound: 404,
    MalformedTilePath: 404,
    MethodNotAllowed: 405,
    TooManyRequests: 429,
    VerificationError: 400,
    NotSigned: 401,
    UnknownKey: 403,
    BadSignature: 403,
    NotAuthorised: 403,
    Refused: 422,
    NoSuchLaw: 422,
    RecordChanged: 409,
    NotYetSequenced: 409,
    AlreadyAccepted: 409,
    LabelTaken: 409,
    LabelNotBorne: 409,
    ProofTooLarge: 422,
    LogBusy: 503,
    Unavailable: 503,
    DatabaseUnavailable: 503,
    MigrationFailed: 503,
    OpeningDamaged: 500,
}
_RETRY_AFTER_SECONDS: Mapping[type[RegistryError], int] = {NotYetSequenced: 1, LogBusy: 2, Unavailable: 5}
_GONE = (
    persistence.OperationalError,
    persistence.InterfaceError,
    psycopg2.OperationalError,
    sa.exc.OperationalError,
)


def status_of(kind: type[RegistryError]) -> int:
    """The HTTP status of a kind of error: its own, else that of the nearest class above it."""
    return next(_STATUS[c] for c in kind.__mro__ if c in _STATUS)


def answer(request: Request, error: RegistryError) -> Response:
    """The error as a problem document, or as a page where a person was reading pages."""
    if request.url.path.startswith(_FOR_PROGRAMS) or "text/html" not in request.headers.get("accept", ""):
        return problem(error, tongue_of(request))
    page: Page = request.app.state.problem_page
    return page(request, error)


def problem(error: RegistryError, language: str = ENGLISH) -> Response:
    """The error as a problem document, in that language."""
    status = status_of(type(error))
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    for kind, seconds in _RETRY_AFTER_SECONDS.items():
        if isinstance(error, kind):
            headers["Retry-After"] = str(seconds)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Landlog realm="officers"'
    return JSONResponse(document(error, language), status, headers, media_type=MEDIA_TYPE)


def document(error: RegistryError, language: str = ENGLISH) -> dict[str, Json]:
    """Its members: type, title, status, detail, code, and where they say something field, remedy, findings, faults."""
    refused = error.findings if isinstance(error, Refused) else ()
    members: dict[str, Json] = {
        "type": f"/problems/{error.code}",
        "title": title(error.code, language),
        "status": status_of(type(error)),
        "detail": _refusal(refused, language) if refused else error.said(language),
        "code": error.code,
    }
    members |= {"field": error.field} if error.field else {}
    members |= {"remedy": told(error.remedy, language)} if error.remedy else {}
    if refused:
        members["findings"] = against(refused, language)
    if isinstance(error, BadForm):
        members["faults"] = [
            {"field": f.field, "detail": f.said(language), "remedy": told(f.remedy, language)}
            for f in error.faults
        ]
    return members


def against(findings: Iterable[Finding], language: str) -> list[Json]:
    """Findings as they stand in answers: rule and source as they are, the rest in that language."""
    return [
        {"rule": f.rule, "sentence": f.sentence, "source": f.source, "remedy": f.remedy, "detail": f.detail}
        for f in (finding.said(language) for finding in findings)
    ]


def title(code: str, language: str = ENGLISH) -> str:
    """
    >>> title("record-changed")
    'Record changed'
    """
    return languages.say(code.replace("-", " ").capitalize(), language)


def known() -> dict[str, type[RegistryError]]:
    """Every kind of error by its code, for the pages behind ``type``."""
    return {kind.code: kind for kind in _kinds(RegistryError)}


def install(app: FastAPI, *, page: Page) -> None:
    """Let the application answer every error as a problem; ``page`` shows it where a person was reading pages."""
    app.state.problem_page = page
    app.add_exception_handler(RegistryError, _on_registry_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    for gone in _GONE:
        app.add_exception_handler(gone, _on_database_gone)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the problems that an operation may answer; each may answer 429, 500 and 503."""
    body = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told: dict[int | str, dict[str, Any]] = {500: {"description": HTTPStatus(500).phrase}}
    for status in sorted({*statuses, 429, 503}):
        told[status] = {"description": HTTPStatus(status).phrase, "headers": _TONGUE, "content": body}
    return told


SCHEMA: dict[str, Json] = {
    "type": "object",
    "description": "A problem document (RFC 9457), in the language of `?lang=` or else of `Accept-Language`: "
    "en, hi, te, mr or kn. `Content-Language` says which.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["/problems/record-changed"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What was wrong with this request, in words."},
        "code": {"type": "string", "description": "Stable: clients may depend on it."},
        "field": {"type": "string", "description": "The part of the input at fault."},
        "remedy": {"type": "string", "description": "What to do next."},
        "findings": {
            "type": "array",
            "description": "Every rule of law that the application breaks.",
            "items": {
                "type": "object",
                "properties": {
                    name: {"type": "string"} for name in ("rule", "sentence", "source", "remedy", "detail")
                },
                "required": ["rule", "sentence", "source", "remedy", "detail"],
            },
        },
        "faults": {
            "type": "array",
            "description": "Every field of a form that cannot be read.",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "detail", "remedy")},
                "required": ["field", "detail", "remedy"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code"],
}


_TONGUE = {
    "Content-Language": {"description": "The language of its words.", "schema": {"enum": [*LANGUAGES]}}
}


def _refusal(findings: Sequence[Finding], language: str) -> str:
    told_each = [
        f.sentence + (f" ({f.detail})" if f.detail else "") for f in (x.said(language) for x in findings)
    ]
    template = (
        "{count} rules do not hold: {findings}" if len(findings) != 1 else "1 rule does not hold: {findings}"
    )
    return languages.say(template, language, count=len(findings), findings="; ".join(told_each))


def _kinds(kind: type[RegistryError]) -> Iterator[type[RegistryError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


def _on_registry_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RegistryError)
    if status_of(type(error)) >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s %s: %s", request.method, request.url.path, error)
    return answer(request, error)


def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = tuple(_fault(e) for e in error.errors())
    return answer(request, BadRequest(faults))


def _fault(error: Mapping[str, Any]) -> BadInput:
    """One fault that FastAPI found in a path, a query or a header."""
    place: Sequence[object] = error["loc"]
    bounds = error.get("ctx", {})
    said = str(error["msg"]).removeprefix("Value error, ")
    remedy = ""
    if "pattern" in bounds:
        said, remedy = (
            "this is not of the form that it must have",
            Phrase("It matches {pattern}", pattern=bounds["pattern"]),
        )
    return BadInput(said, field=".".join(str(p) for p in place[1:]) or str(place[0]), remedy=remedy)


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return answer(
            request,
            NoSuchPage(
                Phrase("nothing is served at {address}", address=request.url.path[:200]),
                remedy="/openapi.json lists every address.",
            ),
        )
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        told = answer(
            request,
            MethodNotAllowed(
                Phrase(
                    "{method} is not allowed at {address}",
                    method=request.method[:20],
                    address=request.url.path[:200],
                ),
                remedy=Phrase(
                    "Allowed: {methods}.", methods=(error.headers or {}).get("Allow", "see /openapi.json")
                ),
            ),
        )
        told.headers.update(error.headers or {})
        return told
    return answer(request, BadInput(str(error.detail)))


def _on_database_gone(request: Request, error: Exception) -> Response:
    _log.error("%s %s: the database does not answer: %s", request.method, request.url.path, error)
    return answer(
        request,
        Unavailable(
            "the registry's database does not answer at the moment; nothing was changed",
            remedy="Try again in a few seconds.",
        ),
    )
