"""The founding of a registry: keys, database, genesis, and last the file that says it is done.

The steps come in an order in which each may be repeated: whoever was interrupted starts again and nothing that
was made is made twice.  Root keys sign the genesis entry and, later, who may sign what; they belong on media that
are kept apart and offline, and leave this machine once the first officers are enrolled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from api.settings import Settings
from domain.errors import BadInput, RegistryError
from registry import dsse, genesis, keys
from registry.genesis import AlreadyFounded
from registry.keys import Key
from registry.log.note import NoteSigner, is_valid_name
from registry.openings import KEY_FILE, make_opening_key
from registry.qr import PaperSigner, policy_line
from registry.store import OfficeRecorder

LOG_KEY = "log.key"
PRESS_KEY = "press.key"
NO_WITNESS = "# No witness watches this log yet: add some with `landlog trust` as soon as they do."


class AlreadyInitialised(RegistryError):
    """A registry lives in this home already; it is never overwritten."""

    code = "already-initialised"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a registry is founded with: its name, and how many of how many root keys must sign together."""

    origin: str
    roots: int = 3
    threshold: int = 2
    passphrase: str = ""
    """Seals the root keys; empty leaves them plain, for demonstrations."""

    def check(self) -> None:
        """
        Raises:
            BadInput: when a registry cannot be founded so.
        """
        if not is_valid_name(self.origin) or not self.origin.isprintable() or len(self.origin) > 200:
            raise BadInput(
                f"{self.origin[:80]!r} cannot name a registry",
                field="--origin",
                remedy="Give a name without blanks and plus signs, best where its log will be found: "
                "land.example.in/gudur",
            )
        if not 1 <= self.threshold <= self.roots <= genesis.MOST_ROOT_KEYS:
            raise BadInput(
                f"{self.threshold} of {self.roots} root keys cannot be asked for",
                field="--threshold",
                remedy=f"Choose 1 to {genesis.MOST_ROOT_KEYS} root keys, and a threshold no higher than that.",
            )


def check_free(settings: Settings) -> None:
    """
    Raises:
        AlreadyInitialised: when a registry lives in this home.
    """
    if settings.founded.exists():
        raise AlreadyInitialised(
            f"{settings.home} holds the registry {settings.origin} already",
            field="LANDLOG_HOME",
            remedy="Set LANDLOG_HOME to another directory for another registry.",
        )


def make_keys(settings: Settings, plan: Plan) -> None:
    """Root keys, the log's key, the press's and the key for openings, where they are not there yet."""
    plan.check()
    sealed = bool(plan.passphrase)
    for path in root_key_files(settings, plan.roots):
        if not path.exists():
            keys.save(Key.generate(), path, passphrase=plan.passphrase, plain=not sealed)
    if not log_key_file(settings).exists():
        keys.save(Key.generate(), log_key_file(settings), plain=True)  # `work` starts with nobody at hand
    if not press_key_file(settings).exists():
        keys.save(
            Key.generate(), press_key_file(settings), plain=True
        )  # extracts are printed with nobody at hand
    if not (settings.keys / KEY_FILE).exists():
        make_opening_key(settings.keys)


def sign_genesis(settings: Settings, plan: Plan) -> bytes:
    """The genesis entry, signed by as many root keys as it asks for itself."""
    files = root_key_files(settings, plan.roots)
    payload = genesis.genesis_payload(
        origin=plan.origin,
        root_keys=[keys.load_public(path) for path in files],
        threshold=plan.threshold,
        log_keys=[log_signer(settings, plan.origin).verifier_key.format()],
    )
    signing = (keys.load(path, passphrase=plan.passphrase) for path in files[: plan.threshold])
    return dsse.seal(dsse.GENESIS, payload, [key.sign_payload(dsse.GENESIS, payload) for key in signing])


def found(recorder: OfficeRecorder, settings: Settings, plan: Plan) -> None:
    """Record the genesis entry, unless an interrupted foundation with these very keys has recorded it.

    Raises:
        AlreadyFounded: when the database holds another registry.
    """
    try:
        genesis.found(recorder, sign_genesis(settings, plan))
    except AlreadyFounded:
        recorded = genesis.load_genesis(recorder)
        if recorded.log_keys != (log_signer(settings, plan.origin).verifier_key.format(),):
            raise


def finish(settings: Settings, origin: str) -> None:
    """Write the policy for verifiers, then the file that says which registry this is."""
    vkey = log_signer(settings, origin).verifier_key.format()
    policy = f"# Whose word counts on the record of {origin}.\n{NO_WITNESS}\nlog {vkey}\nquorum none\n"
    press = press_signer(settings, origin)
    if press:
        policy += "# The key of the press, under the codes on printed extracts; C2SP's readers take it for a comment.\n"
        policy += policy_line(press.paper_key)
    write_whole(settings.policy, policy)
    write_whole(
        settings.founded,
        f"# Made by `landlog init`.\norigin = {json.dumps(origin)}\nlog_key = {json.dumps(vkey)}\n",
    )


def log_signer(settings: Settings, origin: str) -> NoteSigner:
    """The log's private key under the registry's name."""
    return NoteSigner(origin, keys.load(log_key_file(settings)))


def press_signer(settings: Settings, origin: str) -> PaperSigner | None:
    """The key that signs the codes on printed extracts; None in a home that was founded before there was one."""
    file = press_key_file(settings)
    return PaperSigner(origin, keys.load(file)) if file.exists() else None


def press_key_file(settings: Settings) -> Path:
    return settings.keys / PRESS_KEY


def log_key_file(settings: Settings) -> Path:
    return settings.signing_keys / LOG_KEY


def root_key_files(settings: Settings, count: int) -> Sequence[Path]:
    return [settings.signing_keys / f"root-{n}.key" for n in range(1, count + 1)]


def write_whole(path: Path, text: str) -> None:
    """The whole file or nothing, also when the power fails in between."""
    beside = path.with_suffix(path.suffix + ".part")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
