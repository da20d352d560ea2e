"""The keys that sign the log, from the files of this home: one as a rule, two while one takes the other's place.

``log.key`` is the first; those that follow are ``log-2.key``, ``log-3.key`` ...  Which of them sign is said by the
log itself (``registry.root_acts``), so a key that is retired there signs nothing here, whatever files lie about.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import count
from pathlib import Path
from typing import ClassVar

from api.founding import log_key_file
from api.settings import Settings
from domain.errors import RegistryError
from registry import keys
from registry.keys import Key
from registry.log.note import NoteSigner


class LogKeyMissing(RegistryError):
    """No key that may sign the log is in this home."""

    code: ClassVar[str] = "log-key-missing"


def key_files(settings: Settings) -> list[Path]:
    """The log's key files of this home, oldest first."""
    found = [log_key_file(settings)]
    for number in count(2):
        path = settings.signing_keys / f"log-{number}.key"
        if not path.exists():
            return found
        found.append(path)
    return found


def signers(settings: Settings, origin: str, in_force: Sequence[str]) -> list[NoteSigner]:
    """Those of this home's keys that the log has in force, newest first.

    Raises:
        LogKeyMissing: when none is here.
    """
    here = {
        s.verifier_key.format(): s
        for s in (NoteSigner(origin, keys.load(p)) for p in key_files(settings) if p.exists())
    }
    found = [here[vkey] for vkey in reversed(in_force) if vkey in here]
    if not found:
        raise LogKeyMissing(
            f"none of the keys that sign the log is in {settings.signing_keys}",
            remedy=f"Restore the file of one of these: {' '.join(in_force)}",
        )
    return found


def make_next(settings: Settings, origin: str, known: Collection[str]) -> NoteSigner:
    """A new key for the log; one that was made before and never added (it is not ``known``) is taken up again."""
    for path in key_files(settings):
        if path.exists():
            signer = NoteSigner(origin, keys.load(path))
            if signer.verifier_key.format() not in known:
                return signer
    path = settings.signing_keys / f"log-{len(key_files(settings)) + 1}.key"
    keys.save(Key.generate(), path, plain=True)  # `work` starts with nobody at hand
    return NoteSigner(origin, keys.load(path))


def write_policy(settings: Settings, origin: str, in_force: Sequence[str]) -> None:
    """Puts the keys in force into the policy for verifiers, and leaves its other lines as they are."""
    lines = settings.policy.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(f"log {origin}+")]
    at = next((n for n, line in enumerate(lines) if line.startswith(f"log {origin}+")), len(kept))
    fresh = [f"log {vkey}" for vkey in in_force]
    text = "\n".join([*kept[:at], *fresh, *kept[at:]]) + "\n"
    beside = settings.policy.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(settings.policy)
