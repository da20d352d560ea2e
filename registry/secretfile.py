"""Files that hold a secret: only their owner may read them, and they are written once and whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import ClassVar

from domain.errors import RegistryError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LARGEST_BYTES = 64 * 1024


class SecretFileError(RegistryError):
    """A file of keys cannot be used; each reason is a subclass."""

    code: ClassVar[str] = "key-file"


class SecretFileMissing(SecretFileError):
    """There is no such file, or it cannot be opened."""

    code: ClassVar[str] = "key-file-missing"


class SecretFileExists(SecretFileError):
    """A file is there already; a key is never overwritten."""

    code: ClassVar[str] = "key-file-exists"


class SecretFileTooOpen(SecretFileError):
    """Others than the owner may read or write the file, so it is no secret."""

    code: ClassVar[str] = "key-file-too-open"


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read (mode 0600).

    Raises:
        SecretFileExists: when something stands there already.
        SecretFileMissing: when the directory cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SecretFileExists(
            f"{path} is there already; a key is never overwritten",
            field="key",
            remedy="Choose another name, or move the old file away if it is really no longer needed.",
        ) from None
    except OSError as error:
        raise SecretFileMissing(f"{path} cannot be written: {error.strerror}", field="key") from error
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o600)  # whatever the umask says
        file.write(data)
        file.flush()
        os.fsync(handle)


def read_secret(path: Path) -> bytes:
    """The contents of a file that only its owner can read.

    Raises:
        SecretFileMissing: when it cannot be opened.
        SecretFileTooOpen: when the group or others may read or write it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode  # of what was opened, not of what the path names by now
            if mode & _OTHERS:
                raise SecretFileTooOpen(
                    f"{path} may be read or written by others (mode {stat.S_IMODE(mode):04o})",
                    field="key",
                    remedy=f"Run `chmod 600 {path}`; if others had access to it, replace the key.",
                )
            return file.read(_LARGEST_BYTES)
    except OSError as error:
        raise SecretFileMissing(
            f"{path} cannot be read: {error.strerror}", field="key", remedy="Check the name of the key file."
        ) from error
