"""The machine's PostgreSQL: which server has PostGIS, whose account it runs as, where its files can lie.

Debian and Ubuntu keep servers under ``/usr/lib/postgresql/<version>/bin``, which is not on the PATH.
PostgreSQL refuses to run as root; where we are root, the server runs as ``postgres``, else ``nobody``.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from domain.errors import RegistryError

logger = logging.getLogger(__name__)

PORT = (
    5432  # never listened on: a part of the socket's file name, written out so that PGPORT cannot change it
)
SOCKET_NAME = f".s.PGSQL.{PORT}"
OLDEST_VERSION = 15
SOCKET_NAME_LIMIT = 107  # bytes in sockaddr_un.sun_path, without the final zero


class NoDatabase(RegistryError):
    """The private cluster cannot be started or entered; says why and what to do."""

    code = "no-database"


# ---- the installed servers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """One installed PostgreSQL server that has PostGIS beside it."""

    version: int
    binaries: Path


def find_server(version: int | None = None) -> Server:
    """The newest server with PostGIS on this machine, or the one of the ``version`` that made the data.

    Raises:
        NoDatabase: there is none; names the apt line.
    """
    servers = {server.version: server for server in installed_servers()}
    if version is not None and version not in servers:
        package = f"postgresql-{version}-postgis-3"
        raise NoDatabase(
            f"The database was made by PostgreSQL {version}, and no such server with PostGIS is installed. "
            f"On Debian or Ubuntu: apt-get install {package}. Or move the data with pg_dump.",
            remedy=f"apt-get install {package}",
        )
    wanted = version or max(servers, default=0)
    if wanted < OLDEST_VERSION:
        raise NoDatabase(
            f"No PostgreSQL {OLDEST_VERSION} or newer with PostGIS was found on this machine. On Debian or Ubuntu: "
            "apt-get install postgresql-postgis (./run does it for you). "
            "Or name a database of your own in LANDLOG_DATABASE_URL.",
            remedy="apt-get install postgresql-postgis",
        )
    return servers[wanted]


def installed_servers() -> Iterator[Server]:
    """Every PostgreSQL server with PostGIS: Debian's version directories, and the one that PATH knows."""
    for home in Path("/usr/lib/postgresql").glob("*"):
        if home.name.isdigit() and _complete(
            home / "bin", home / "lib", Path("/usr/share/postgresql", home.name)
        ):
            yield Server(int(home.name), home / "bin")
    if pg_config := shutil.which("pg_config"):
        ourselves = Account(os.geteuid(), os.getegid(), "")
        asked = ourselves.run([pg_config, "--version", "--bindir", "--pkglibdir", "--sharedir"])
        words, *places = asked.stdout.splitlines() or [""]
        number = re.search(r"\d+", words)
        if number and len(places) == 3 and _complete(*(Path(place) for place in places)):
            yield Server(int(number[0]), Path(places[0]))


def _complete(binaries: Path, library: Path, share: Path) -> bool:
    """A server, and both halves of PostGIS: packages ship the library and the control file apart."""
    control = share / "extension" / "postgis.control"
    return (binaries / "postgres").exists() and (library / "postgis-3.so").exists() and control.exists()


# ---- the account ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """The system account that the server and its tools run as."""

    uid: int
    gid: int
    name: str

    def spawn(
        self, command: Sequence[str | Path], *, output: IO[bytes] | int, dies_with_us: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a program as this account, in a session of its own and with nothing of our environment."""
        dropping = os.geteuid() != self.uid
        return subprocess.Popen(  # noqa: S603 (no shell; the commands are written in this package)
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            user=self.uid if dropping else None,
            group=self.gid if dropping else None,
            extra_groups=[] if dropping else None,
            start_new_session=True,  # Ctrl-C is for us: we stop the server when we leave
            preexec_fn=_die_with_parent if dies_with_us else None,
        )

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this account; ``stdout`` holds what it said, errors too."""
        with self.spawn(command, output=subprocess.PIPE) as process:
            said, _ = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, said.decode(errors="replace").strip())


def _die_with_parent() -> None:
    """Have the kernel stop the server (immediate shutdown) when the process that started it ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # 1 is PR_SET_PDEATHSIG, prctl(2)


def account_for(directory: Path) -> Account:
    """Who runs the server of a cluster in ``directory``.

    Ourselves; as root, the owner of the cluster that is there, else ``postgres``, else ``nobody``.
    """
    owner = _owner(directory / "data") or _owner(directory)
    me = os.geteuid()
    if me != 0:
        if owner is not None and owner.uid != me:
            raise NoDatabase(
                f"{directory} belongs to {owner.name}. Run this as {owner.name} or as root, "
                "or set LANDLOG_HOME to a directory of your own.",
                remedy="Set LANDLOG_HOME to a directory of your own.",
            )
        return Account(me, os.getegid(), _name(me))
    if owner is not None and owner.uid != 0:
        return owner
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid, name)
    raise NoDatabase(
        "PostgreSQL does not run as root, and this machine has neither the account postgres nor nobody. "
        "Run this as an ordinary user.",
        remedy="Run this as an ordinary user.",
    )


def _owner(path: Path) -> Account | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Account(status.st_uid, status.st_gid, _name(status.st_uid))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"account {uid}"


# ---- places --------------------------------------------------------------------------------------------------


def make_directory(wanted: Path) -> tuple[Path, Account]:
    """Make the cluster's directory, closed to everybody but the server's account; returns both.

    Where that account cannot reach ``wanted``, say under ``/root``, a directory of ``/var/lib`` stands in, and
    ``wanted`` becomes a link to it: without the link a new one is made, so data of a removed home never returns.
    """
    account = account_for(wanted)
    try:
        if wanted.is_symlink() and not wanted.exists():
            wanted.unlink()
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = _hand_over(wanted.resolve(), account)
        if not _can_work_in(place, account):
            wanted.rmdir()
            place = _hand_over(Path(tempfile.mkdtemp(prefix="landlog-", dir="/var/lib")), account)
            wanted.symlink_to(place)
            logger.warning(
                "%s is out of reach for the account %s: using %s instead.", wanted, account.name, place
            )
    except OSError as error:
        raise NoDatabase(
            f"The database cannot be kept in {wanted}: {error.strerror}. Set LANDLOG_HOME to another directory.",
            remedy="Set LANDLOG_HOME to another directory.",
        ) from error
    if not _can_work_in(place, account):
        raise NoDatabase(
            f"The account {account.name} can work neither in {wanted} nor in /var/lib. "
            "Set LANDLOG_HOME to a directory that every account can enter.",
            remedy="Set LANDLOG_HOME to a directory that every account can enter.",
        )
    return place, account


def _hand_over(place: Path, account: Account) -> Path:
    if os.geteuid() != account.uid:
        os.chown(place, account.uid, account.gid)
    place.chmod(0o700)
    return place


def _can_work_in(place: Path, account: Account) -> bool:
    """Asked of the kernel as that account: it alone knows modes, access lists and mounts together."""
    return account.run(["test", "-w", place]).returncode == 0


def make_socket_directory(directory: Path, account: Account) -> Path:
    """A directory for the socket that only ``account`` (and root) can enter: this is the cluster's only lock.

    It lies beside the data where that path is short and plain enough for a socket's name, else in /tmp.
    """
    place = directory / "socket"
    too_long = len(os.fsencode(place / SOCKET_NAME)) > SOCKET_NAME_LIMIT
    if too_long or not re.fullmatch(r"[\w./+-]+", str(place), re.ASCII):
        place = Path("/tmp", f"landlog-{account.uid}-{_short_name(directory)}")  # noqa: S108 (its owner is checked)
    with suppress(FileExistsError):
        place.mkdir(mode=0o700)
        _hand_over(place, account)
    found = place.lstat()
    if found.st_uid != account.uid or found.st_mode & 0o170077 != 0o040000:
        raise NoDatabase(
            f"{place} is not a directory that only {account.name} can enter, so no socket is made in it. "
            "See whose it is, remove it and start again.",
            remedy=f"Remove {place}.",
        )
    return place


def _short_name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
