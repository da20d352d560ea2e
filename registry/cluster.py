"""A private PostGIS cluster: own data directory, own unix socket, no TCP port, no other cluster touched.

The first process that enters starts the server, others join it, the last one out stops it.  Two lock files
hold that together: ``.starting`` is held while a server is being started or stopped, ``.users`` is shared by
everybody who uses it.  The kernel drops both when a process dies, so nothing is left to clean up after
``kill -9``: the server lives on, and the next to enter joins it.

The socket's directory is closed to everybody but the server's account and root; that is why it asks for no
password.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection, make_dsn
from sqlalchemy import URL

from registry.postgres import (
    PORT,
    SOCKET_NAME,
    NoDatabase,
    Server,
    find_server,
    make_directory,
    make_socket_directory,
)

OWNER = "landlog"  # the superuser of the cluster, and the database that is always there
START_SECONDS = 120.0  # after a crash the server first reads its log since the last checkpoint

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # our statements are short: compiling them costs more than running them
    "logging_collector": "off",
}
EPHEMERAL_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
}


class Cluster:
    """The cluster under ``home/postgres``; a context manager that starts or joins it, and leaves.

    ``ephemeral`` is for tests: nothing is flushed to disk, the server dies with the process that started it,
    and the last one out removes the directory.
    """

    def __init__(self, home: Path, *, ephemeral: bool = False) -> None:
        self.ephemeral = ephemeral
        self._home_entry = home.absolute() / "postgres"
        self.directory, self.account = make_directory(self._home_entry)
        self.data = self.directory / "data"
        self.socket_directory = make_socket_directory(self.directory, self.account)
        self._users: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._entered_by = 0

    def url(self, database: str = OWNER, user: str = OWNER) -> str:
        """SQLAlchemy URL, psycopg2 named: SQLAlchemy 2.1 gives plain ``postgresql://`` another driver."""
        place = {"host": str(self.socket_directory), "port": str(PORT)}
        return URL.create("postgresql+psycopg2", user, database=database, query=place).render_as_string()

    def dsn(self, database: str = OWNER, user: str = OWNER) -> str:
        """libpq connection string."""
        return make_dsn(host=str(self.socket_directory), port=PORT, user=user, dbname=database)

    # ---- entering and leaving --------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self.enter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def enter(self) -> Self:
        """Start the server, or join the one that runs; repairs what a crash has left.

        Raises:
            NoDatabase: PostGIS is not installed, or the server does not come up.
        """
        if self._users is not None:
            return self
        users = self._open(".users")
        try:
            with self._starting():
                if self._server_pid() is None and not self._socket_answers():
                    self._start()
                self._await_ready()
                fcntl.flock(users, fcntl.LOCK_SH)
        except BaseException:
            users.close()
            raise
        self._users, self._entered_by = users, os.getpid()
        atexit.register(self.leave)
        return self

    def leave(self) -> None:
        """Leave the cluster; the last user stops the server.  Leaving twice does nothing."""
        if self._users is None or self._entered_by != os.getpid():  # a forked child never entered
            return
        atexit.unregister(self.leave)
        if not self.directory.exists():  # somebody removed it; a server without its files stops by itself
            self._users.close()
            self._users = None
            return
        with self._starting():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # somebody else still uses it
                last = False
                self._leave_running()
            else:
                last = True
                self._stop()
            self._users.close()
            self._users = None
        if last and self.ephemeral:
            shutil.rmtree(self.directory, ignore_errors=True)
            shutil.rmtree(self.socket_directory, ignore_errors=True)
            if self._home_entry.is_symlink():
                self._home_entry.unlink()

    def shut_down(self) -> None:
        """Stop the server now, whoever uses it; does nothing when none runs."""
        with self._starting():
            self._stop()

    @contextmanager
    def _starting(self) -> Iterator[None]:
        with self._open(".starting") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _leave_running(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.returncode = 0  # it outlives us: subprocess is not to warn that nobody waits for it
        self._process = None

    def _open(self, name: str) -> IO[bytes]:
        lock = (self.directory / name).open("ab")
        if os.geteuid() == 0:  # root may have come first: the account whose cluster it is must get in as well
            os.fchown(lock.fileno(), self.account.uid, self.account.gid)
        return lock

    # ---- databases -------------------------------------------------------------------------------------------

    def create_database(self, name: str, *, template: str = "template1") -> None:
        """Create a database as a copy of ``template``, which nobody may be connected to.

        Copying files takes half the time of copying through the write-ahead log, at the price of a checkpoint,
        which an ephemeral cluster does not feel.
        """
        strategy = "file_copy" if self.ephemeral else "wal_log"
        self._administer(
            sql.SQL("create database {} template {} strategy {}").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(strategy)
            )
        )

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there, ending the connections to it."""
        self._administer(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _administer(self, statement: sql.Composable) -> None:
        with self._connection() as admin, admin.cursor() as cursor:
            cursor.execute(statement)

    @contextmanager
    def _connection(self) -> Iterator[connection]:
        admin = psycopg2.connect(self.dsn("postgres"))
        admin.autocommit = True
        try:
            yield admin
        finally:
            admin.close()

    # ---- the server; all of this under the lock .starting ------------------------------------------------------

    def _server_pid(self) -> int | None:
        """The server that runs on our data directory.

        The number left in postmaster.pid may by now be another program's.  A server's working directory is its
        data directory, and no other program's is.
        """
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            return pid if os.path.samefile(f"/proc/{pid}/cwd", self.data) else None
        except (OSError, ValueError, IndexError):
            return None

    def _socket_answers(self) -> bool:
        """Whether a server listens that we cannot see by its number, as from another container."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket_directory / SOCKET_NAME))
            except OSError:
                return False
            return True

    def _start(self) -> None:
        made_by = self.data / "PG_VERSION"
        server = find_server(int(made_by.read_text()) if made_by.exists() else None)
        if not made_by.exists():
            self._initialise(server)
        # No server runs here: we looked, and hold the lock. A number that a killed one left may be taken by now.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_directory / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
        settings = SETTINGS | (EPHEMERAL_SETTINGS if self.ephemeral else {})
        settings["unix_socket_directories"] = str(self.socket_directory)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._open("server.log") as log:
            self._process = self.account.spawn(
                [server.binaries / "postgres", "-D", self.data, *options],
                output=log,
                dies_with_us=self.ephemeral,
            )

    def _initialise(self, server: Server) -> None:
        """Make the data directory beside its place, with our database in it, and move it there whole."""
        unfinished = self.directory / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)  # without PG_VERSION it holds no cluster
        command: list[str | Path] = [server.binaries / "initdb", "-D", unfinished, "--username", OWNER]
        command += [
            "--encoding",
            "UTF8",
            "--locale",
            "C.UTF-8",
            "--auth-local",
            "trust",
            "--auth-host",
            "reject",
        ]
        made = self.account.run([*command, "--no-sync"] if self.ephemeral else command)
        if made.returncode != 0:
            raise NoDatabase(f"PostgreSQL could not make a data directory in {self.directory}: {made.stdout}")
        unfinished.rename(self.data)

    def _await_ready(self) -> None:
        """Wait until the server answers and has our database."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                return self._ensure_owner_database()
            except psycopg2.OperationalError as error:
                reason = str(error).strip()
            if time.monotonic() > deadline:
                raise NoDatabase(f"The database server in {self.directory} does not answer: {reason}")
            time.sleep(0.02)
            if self._process is not None and self._process.poll() is not None:
                self._start_again()

    def _start_again(self) -> None:
        """Children of a killed server hold its memory until they notice; anything else is an error to tell."""
        last_words = (self.directory / "server.log").read_text(errors="replace")[-1500:]
        if "pre-existing shared memory block" not in last_words.rpartition("starting PostgreSQL")[2]:
            raise NoDatabase(
                f"The database server in {self.directory} did not start. Its log ends:\n{last_words}"
            )
        time.sleep(0.2)
        self._start()

    def _ensure_owner_database(self) -> None:
        with self._connection() as admin, admin.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (OWNER,))
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(OWNER)))

    def _stop(self) -> None:
        pid = self._server_pid()
        if pid is not None:
            os.kill(pid, signal.SIGQUIT if self.ephemeral else signal.SIGINT)  # at once, or fast but clean
        while self._server_pid() is not None:
            if self._process is not None:
                self._process.poll()  # our own child stays listed until we ask how it ended
            time.sleep(0.01)
        if self._process is not None:
            self._process.wait()
            self._process = None
