"""Openings: the private values behind the log's commitments, sealed at rest and erasable one by one.

The log holds a commitment for ever; the value and its salt stand here, sealed under the registry's own key, which
is in a file and not in the database: a stolen dump or backup tells nothing.  To erase a person's data is to
delete rows: no hash changes, and the commitment that stays says nothing without its salt.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from nacl import secret, utils
from nacl.exceptions import CryptoError

from domain.canon import canonical, parse
from domain.commitment import Opening
from domain.errors import RegistryError
from registry.datastore import Datastore
from registry.secretfile import SecretFileError, read_secret, write_secret

KEY_FILE = "openings.key"  # under LANDLOG_HOME/keys
KEY_BYTES = secret.SecretBox.KEY_SIZE


class OpeningDamaged(RegistryError):
    """A sealed value does not open under the registry's key, or is not what its commitment binds."""

    code: ClassVar[str] = "opening-damaged"


class OpeningBox:
    """Seals and opens values under one key; each sealing has a nonce of its own."""

    def __init__(self, key: bytes) -> None:
        self._box = secret.SecretBox(key)

    def seal(self, opening: Opening) -> bytes:
        """Nonce and ciphertext; the same opening sealed twice gives different bytes."""
        salt = base64.b64encode(opening.salt).decode()
        return bytes(
            self._box.encrypt(canonical({"field": opening.field, "salt": salt, "value": opening.value}))
        )

    def seal_all(self, openings: Iterable[Opening]) -> dict[bytes, bytes]:
        """Sealed values by commitment (32 bytes), as ``Append.openings`` takes them."""
        return {base64.b64decode(opening.commitment): self.seal(opening) for opening in openings}

    def open(self, sealed: bytes) -> Opening:
        """The opening that was sealed.

        Raises:
            OpeningDamaged: when it was sealed under another key, or has been changed.
        """
        try:
            document = parse(self._box.decrypt(sealed))
        except (CryptoError, ValueError):
            raise OpeningDamaged(
                "a private value does not open under the registry's key",
                remedy=f"Check that {KEY_FILE} is the one of this database; restore it from its backup if not.",
            ) from None
        match document:
            case {"field": str(field), "salt": str(salt), "value": value}:
                return Opening(field, base64.b64decode(salt), value)
            case _:
                raise OpeningDamaged("a private value opens, and is not an opening")

    def __repr__(self) -> str:
        return "OpeningBox(...)"


class Openings:
    """The private values of the registry."""

    def __init__(self, datastore: Datastore, box: OpeningBox) -> None:
        self._datastore = datastore
        self._box = box

    def read(self, commitments: Iterable[str]) -> dict[str, Opening]:
        """The openings of these commitments (base64) in one query; one that was erased is left out.

        Raises:
            OpeningDamaged: when a value is not the one that its commitment binds.
        """
        wanted = [base64.b64decode(text) for text in dict.fromkeys(commitments)]
        with self._datastore.cursor() as cursor:
            cursor.execute(
                "select commitment, sealed from private.opening where commitment = any(%s::bytea[])",
                (wanted,),
            )
            rows = cursor.fetchall()
        found: dict[str, Opening] = {}
        for commitment, sealed in rows:
            text = base64.b64encode(commitment).decode()
            opening = self._box.open(bytes(sealed))
            if opening.commitment != text:  # a row swapped for another by whoever can write the table
                raise OpeningDamaged(f"the private value kept for the commitment {text} is another's")
            found[text] = opening
        return found

    def erase(self, commitment: str) -> bool:
        """Destroy value and salt for good; False when there was nothing (left) to erase.

        No hash in the log or the map changes.  Backups keep the sealed bytes until they expire.
        """
        with self._datastore.cursor() as cursor:
            cursor.execute(
                "delete from private.opening where commitment = %s", (base64.b64decode(commitment),)
            )
            return cursor.rowcount == 1


def make_opening_key(directory: Path) -> bytes:
    """A new registry's key for openings, kept in ``directory`` (LANDLOG_HOME/keys).

    Raises:
        SecretFileExists: when there is one already; it is never replaced.
    """
    key = utils.random(KEY_BYTES)
    write_secret(directory / KEY_FILE, key)
    return key


def load_opening_key(directory: Path) -> bytes:
    """The registry's key for openings.

    Raises:
        SecretFileMissing, SecretFileTooOpen: as their names say.
        SecretFileError: when the file is not a key.
    """
    path = directory / KEY_FILE
    key = read_secret(path)
    if len(key) != KEY_BYTES:
        raise SecretFileError(
            f"{path} has {len(key)} bytes; the key for openings has {KEY_BYTES}",
            remedy="Restore the file from its backup: without it no private value can be opened.",
        )
    return key
