"""What many commands share: the registry they work in, the keys they sign with, where they write."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import console
from api.settings import Settings
from domain.errors import BadInput
from registry import keys
from registry.keys import Key

if TYPE_CHECKING:
    from api.wiring import House
    from registry.genesis_entry import Genesis

KeyFile = Annotated[Path, typer.Option("--key", help="Your key file.", show_default=False)]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help="A file that holds the passphrase; without it, LANDLOG_PASSPHRASE or a question at the terminal.",
        show_default=False,
    ),
]
SignWith = Annotated[
    list[Path] | None,
    typer.Option(
        "--sign-with",
        help="A key file that signs the act; give it once for each. Without it: the root keys of this home.",
        show_default=False,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be signed, and sign nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Lang = Annotated[
    str,
    typer.Option(
        "--lang",
        help="The language of findings and refusals: en, hi, te, mr or kn.",
        callback=console.speak,
        is_eager=True,
    ),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="The file to write.", show_default=False)]


@contextmanager
def registry() -> Iterator[House]:
    """The registry of this home, with its database.

    Raises:
        NotFound: when there is none.
    """
    from api import (
        wiring,
    )  # brings the database and the map libraries: only commands that need them wait for them

    settings = Settings.of()
    _ = settings.origin
    with wiring.opened(settings) as house:
        wiring.migrate(house.url)
        yield house


def root_keys(settings: Settings, founded: Genesis) -> list[Path]:
    """As many root keys of this home as the registry asks for.

    Raises:
        BadInput: when so many are not here.
    """
    from api.founding import root_key_files

    here = [path for path in root_key_files(settings, len(founded.root_keys)) if path.exists()]
    if len(here) < founded.threshold:
        raise BadInput(
            f"{founded.threshold} root keys must sign, and {len(here)} are in {settings.signing_keys}",
            field="--sign-with",
            remedy="Bring the media with the root keys, and name each key file with --sign-with.",
        )
    return here[: founded.threshold]


def load_key(path: Path, passphrase_file: Path | None) -> Key:
    """The key of a file; its passphrase is asked for where it has one."""
    if not keys.is_sealed(path):
        return keys.load(path)
    return keys.load(path, passphrase=console.passphrase(path.name, passphrase_file))


def write_bytes(path: Path, data: bytes) -> None:
    """
    Raises:
        BadInput: when the file cannot be written.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        raise BadInput(
            f"{path} cannot be written: {(error.strerror or '').lower()}", field="--out"
        ) from error


def read_bytes(path: Path, *, field: str, most: int | None = None) -> bytes:
    """The file's bytes; of a longer file than ``most`` no more than that is read.

    Raises:
        BadInput: when the file cannot be read, is empty, or is longer than ``most``.
    """
    try:
        with path.open("rb") as file:
            data = file.read(-1 if most is None else most + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {(error.strerror or '').lower()}", field=field) from error
    if not data:
        raise BadInput(f"{path.name} is empty", field=field)
    if most is not None and len(data) > most:
        raise BadInput(f"{path.name} is longer than {most:,} bytes: no file of this kind is", field=field)
    return data


def digest_of(path: Path) -> str:
    """Base64 SHA-256 of a file, as an order names the papers behind it."""
    return base64.b64encode(sha256(read_bytes(path, field=str(path))).digest()).decode()
