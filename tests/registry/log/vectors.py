"""Reads ``tests/vectors``: facts that every implementation of the formats must agree on."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def hashes(texts: list[str]) -> list[bytes]:
    return [b64decode(text) for text in texts]
