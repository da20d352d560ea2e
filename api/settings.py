"""Where a registry lives: its home directory, its database, its name."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from domain.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``home`` holds a registry's keys, its published log and, where it has its own, its database.

    ``signing`` is where the keys lie that no counter needs: the log's, the roots' and the clock's.  They lie with the
    others as a rule; apart, the process that the public reaches need not be able to read them.
    """

    home: Path
    database_url: str = ""
    reader_url: str = ""
    signing: Path | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """From ``LANDLOG_HOME`` (``.landlog`` here), ``LANDLOG_DATABASE_URL``, ``LANDLOG_READER_URL`` and
        ``LANDLOG_SIGNING_KEYS`` (``keys`` of the home).
        """
        signing = environment.get("LANDLOG_SIGNING_KEYS")
        return cls(
            home=Path(environment.get("LANDLOG_HOME") or ".landlog").absolute(),
            database_url=environment.get("LANDLOG_DATABASE_URL", ""),
            reader_url=environment.get("LANDLOG_READER_URL", ""),
            signing=Path(signing).absolute() if signing else None,
        )

    @property
    def keys(self) -> Path:
        """The keys of the counter: of the openings, of the press, and the one that files for whoever comes."""
        return self.home / "keys"

    @property
    def signing_keys(self) -> Path:
        """The keys that sign the log, its root acts, and what a day that has come asks for."""
        return self.signing or self.keys

    @property
    def log(self) -> Path:
        """The published log: checkpoint, tiles and entry bundles."""
        return self.home / "log"

    @property
    def policy(self) -> Path:
        """The trust policy (C2SP tlog-policy) that is handed to whoever verifies."""
        return self.home / "policy.txt"

    @property
    def founded(self) -> Path:
        """The file that says which registry lives here; written last, so it stands for a whole foundation."""
        return self.home / "registry.toml"

    @cached_property
    def origin(self) -> str:
        """The registry's name, fixed by ``landlog init``.

        Raises:
            NotFound: before that.
        """
        try:
            return str(tomllib.loads(self.founded.read_text(encoding="utf-8"))["origin"])
        except (OSError, KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            raise NotFound(
                f"there is no registry in {self.home}",
                field="LANDLOG_HOME",
                remedy="Make one with `landlog init --origin NAME`, or set LANDLOG_HOME to the directory of yours.",
            ) from None
