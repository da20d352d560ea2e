"""The private cluster: one server for all who use it, gone when they are, whole after any crash."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy

from registry import postgres
from registry.cluster import Cluster
from registry.postgres import NoDatabase, Server, find_server

ROOT = Path(__file__).resolve().parents[2]
USER_OF_THE_CLUSTER = """
import sys
from pathlib import Path
from registry.cluster import Cluster
with Cluster(Path(sys.argv[1]), ephemeral=sys.argv[2] == "ephemeral"):
    print("entered", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that other accounts can pass through (pytest's tmp_path is closed to them)."""
    place = Path(
        tempfile.mkdtemp(prefix="landlog-cluster-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    )
    place.chmod(0o711)
    yield place
    Cluster(place).shut_down()
    shutil.rmtree(place)


@pytest.fixture
def another_process(home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts other processes that enter the cluster and stay until they are told to go."""
    with ExitStack() as all_of_them:

        def start(kind: str = "lasting") -> subprocess.Popen[str]:
            command = [sys.executable, "-c", USER_OF_THE_CLUSTER, str(home), kind]
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            )
            all_of_them.enter_context(process)
            all_of_them.callback(process.kill)
            return process

        yield start


def entered(process: subprocess.Popen[str]) -> bool:
    assert process.stdout is not None
    return process.stdout.readline() == "entered\n"


def go(process: subprocess.Popen[str]) -> int:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    return process.wait(timeout=30)


def ask(cluster: Cluster, query: str) -> object:
    connection = psycopg2.connect(cluster.dsn())
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0] if cursor.description else None
    finally:
        connection.close()


def server_pid(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def runs(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be buried."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not runs(pid)


def test_the_server_listens_on_its_socket_only_and_never_runs_as_root(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "7777")
    with Cluster(home) as cluster:
        assert ask(cluster, "select current_setting('listen_addresses')") == ""
        assert Path("/proc", str(server_pid(cluster))).stat().st_uid != 0
        assert cluster.socket_directory.stat().st_mode & 0o777 == 0o700
        assert cluster.data.stat().st_mode & 0o077 == 0
        engine = sqlalchemy.create_engine(cluster.url())
        with engine.connect() as connection:
            assert connection.exec_driver_sql(
                "select current_user || ' in ' || current_database()"
            ).scalar() == ("landlog in landlog")
            assert connection.exec_driver_sql("create extension postgis").rowcount == -1
            assert (
                connection.exec_driver_sql("select st_area('POLYGON((0 0,0 2,2 2,2 0,0 0))')").scalar() == 4.0
            )
        engine.dispose()


def test_databases_are_made_from_a_template_and_dropped_although_in_use(cluster: Cluster) -> None:
    cluster.create_database("of a village")
    assert "of a village" in cluster.dsn("of a village")
    connection = psycopg2.connect(cluster.dsn("of a village"))
    cluster.drop_database("of a village")
    cluster.drop_database("of a village")
    connection.close()
    with pytest.raises(psycopg2.OperationalError, match="does not exist"):
        psycopg2.connect(cluster.dsn("of a village"))


def test_others_join_the_running_server_and_the_last_one_out_stops_it(
    home: Path, another_process: Callable
) -> None:
    first = another_process()
    assert entered(first)
    cluster = Cluster(home).enter()
    pid = server_pid(cluster)
    assert go(first) == 0
    assert runs(pid)
    assert ask(cluster, "select 1") == 1
    cluster.leave()
    cluster.leave()
    assert gone(pid)
    assert not (cluster.data / "postmaster.pid").exists()


def test_processes_that_start_at_the_same_moment_share_one_server(
    home: Path, another_process: Callable
) -> None:
    processes = [another_process() for _ in range(3)]
    assert all(entered(process) for process in processes)
    pid = server_pid(Cluster(home))
    assert [go(process) for process in processes] == [0, 0, 0]
    assert gone(pid)
    assert (home / "postgres" / "server.log").read_text().count("ready to accept connections") == 1


def test_after_a_user_is_killed_the_next_joins_the_server_that_lives_on(
    home: Path, another_process: Callable
) -> None:
    first = another_process()
    assert entered(first)
    pid = server_pid(Cluster(home))
    first.kill()
    first.wait()
    with Cluster(home) as cluster:
        assert server_pid(cluster) == pid
    assert gone(pid)


def test_after_the_server_is_killed_the_next_start_has_every_committed_row(home: Path) -> None:
    cluster = Cluster(home).enter()
    ask(cluster, "create table khata (label text)")
    ask(cluster, "insert into khata values ('967'), ('968')")
    still_open = psycopg2.connect(cluster.dsn())
    os.kill(server_pid(cluster), signal.SIGKILL)
    with Cluster(home) as next_one:
        assert ask(next_one, "select count(*) from khata") == 2
        cluster.leave()
        assert ask(next_one, "select count(*) from khata") == 2
    still_open.close()


def test_a_lock_file_that_names_another_program_stops_nobody(home: Path) -> None:
    with Cluster(home) as cluster:
        pass
    bystander = cluster.account.spawn(["sleep", "60"], output=subprocess.DEVNULL)
    (cluster.data / "postmaster.pid").write_text(f"{bystander.pid}\n{cluster.data}\n")
    try:
        with Cluster(home) as again:
            assert ask(again, "select 1") == 1
            assert server_pid(again) != bystander.pid
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_data_directory_left_half_made_is_made_anew(home: Path) -> None:
    for name in ("data", "data.unfinished"):
        (home / "postgres" / name / "base").mkdir(parents=True)
    with Cluster(home) as cluster:
        assert ask(cluster, "select 1") == 1


def test_two_homes_have_two_servers_and_neither_touches_the_other(home: Path, cluster: Cluster) -> None:
    with Cluster(home) as private:
        assert server_pid(private) != server_pid(cluster)
    assert ask(cluster, "select 1") == 1


def test_shutting_down_stops_the_server_under_its_users(home: Path, another_process: Callable) -> None:
    user = another_process()
    assert entered(user)
    cluster = Cluster(home)
    pid = server_pid(cluster)
    cluster.shut_down()
    assert gone(pid)
    assert go(user) == 0


def test_an_ephemeral_server_dies_with_the_process_that_started_it(
    home: Path, another_process: Callable
) -> None:
    first = another_process("ephemeral")
    assert entered(first)
    pid = server_pid(Cluster(home))
    first.kill()
    first.wait()
    assert gone(pid)


def test_an_ephemeral_cluster_leaves_nothing_behind(home: Path) -> None:
    with Cluster(home, ephemeral=True) as cluster:
        place = cluster.directory
    assert not place.exists()
    assert not cluster.socket_directory.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root uses an account other than its own")
def test_a_home_that_the_account_cannot_reach_gets_a_directory_elsewhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.chmod(0o700)
    with Cluster(tmp_path, ephemeral=True) as cluster:
        assert ask(cluster, "select 1") == 1
        assert cluster.directory.parent == Path("/var/lib")
        assert (tmp_path / "postgres").resolve() == cluster.directory
        assert Cluster(tmp_path).directory == cluster.directory
    assert "out of reach" in caplog.text
    assert str(cluster.directory) in caplog.text
    assert not cluster.directory.exists()
    assert not (tmp_path / "postgres").is_symlink()


def test_a_path_too_long_for_a_socket_is_no_obstacle(home: Path) -> None:
    deep = home / ("गाँव" * 10) / ("a long name with spaces, and commas" * 3)
    deep.mkdir(parents=True)
    with Cluster(deep, ephemeral=True) as cluster:
        assert ask(cluster, "select 1") == 1
        assert len(str(cluster.socket_directory)) < 60


def test_a_socket_directory_open_to_others_is_refused(home: Path) -> None:
    (home / "postgres" / "socket").mkdir(parents=True, mode=0o755)
    (home / "postgres" / "socket").chmod(0o755)
    with pytest.raises(NoDatabase, match="not a directory that only"):
        Cluster(home)
    (home / "postgres" / "socket").rmdir()


def test_data_of_a_version_that_is_not_installed_is_left_alone(home: Path) -> None:
    cluster = Cluster(home)
    cluster.data.mkdir()
    (cluster.data / "PG_VERSION").write_text("99\n")
    with pytest.raises(NoDatabase, match="apt-get install postgresql-99-postgis-3"):
        cluster.enter()
    assert (cluster.data / "PG_VERSION").read_text() == "99\n"


@pytest.mark.quick
@pytest.mark.parametrize(
    "installed", [[], [Server(14, Path("/usr/lib/postgresql/14/bin"))]], ids=["none", "too old"]
)
def test_without_postgis_the_error_names_the_apt_line(
    installed: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "installed_servers", lambda: iter(installed))
    with pytest.raises(NoDatabase, match="apt-get install postgresql-postgis"):
        find_server()


@pytest.mark.quick
def test_the_newest_server_is_taken_and_the_one_that_made_the_data_where_there_is_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    servers = [Server(version, Path(f"/usr/lib/postgresql/{version}/bin")) for version in (15, 17, 16)]
    monkeypatch.setattr(postgres, "installed_servers", lambda: iter(servers))
    assert find_server().version == 17
    assert find_server(15).version == 15
