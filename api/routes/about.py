"""``GET /v1/about``: which registry this is, how long its log is, and where everything else is found."""

from __future__ import annotations

from hashlib import sha256

from fastapi import APIRouter, Request, Response

from api import models
from api.answers import json_answer
from api.counter import Counter, counter_of
from api.problems import responses
from api.routes.verifier import page_of
from api.verdicts import policy_of
from api.verifier import VerifierMissing
from domain.canon import Json
from domain.errors import NotFound
from domain.projection import PROJECTION

router = APIRouter(prefix="/v1", tags=["about"])


@router.get(
    "/about",
    summary="The registry: its origin, its log's verifier key and size, who watches it, and the policy to verify by",
    responses={200: {"model": models.About}, **responses(404)},
)
def about(request: Request) -> Response:
    return json_answer(request, about_document(counter_of(request)))


def about_document(counter: Counter) -> dict[str, Json]:
    """The registry in a few members; ``policy`` is the text of its tlog-policy."""
    logs: list[Json] = []
    watching: list[Json] = []
    policy: Json = None
    try:
        trusted = policy_of(counter)
        logs = [v.key.format() for v in trusted.logs if v.name == counter.origin]
        watching = [
            {"name": name, "verifier_key": w.verifier.key.format(), "url": w.url}
            for name, w in trusted.witnesses.items()
        ]
        policy = (counter.house.settings.policy).read_text(encoding="utf-8")
    except NotFound:
        pass
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select checkpoint_size, to_char(cosigned_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
            " (select coalesce(max(size), 0) from log.published)"
            " from records.position where name = 'records'"
        )
        seen, cosigned_at, size = cursor.fetchone() or (None, None, 0)
    return {
        "origin": counter.origin,
        "log_keys": logs,
        "projection": PROJECTION,
        "log_size": size,
        "as_of": {"checkpoint_size": seen, "cosigned_at": cosigned_at},
        "policy": policy,
        "witnesses": watching,
        "verifier": _verifier(counter),
        "links": {
            "checkpoint": "/log/checkpoint",
            "villages": "/v1/villages",
            "verify": "/v1/verify",
            "verifier": "/verifier/",
            "openapi": "/openapi.json",
        },
        "presumptive": True,
    }


def _verifier(counter: Counter) -> Json:
    """The page with which a reader verifies offline: its hash, by which one from elsewhere is known to be the same."""
    try:
        page = page_of(counter.house.settings.home)
    except (VerifierMissing, OSError):  # not built, and no room to build it in
        return None
    return {"page": "/verifier/", "sha256": sha256(page).hexdigest()}
