"""The demonstration from end to end: watchers, stage, day, proofs, summary, portal."""

from __future__ import annotations

import fcntl
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from api import founding, wiring, working
from api.demo import day, proving, stage, trust
from api.demo.stage import Tell
from api.routes.verifier import page_of
from api.settings import Settings
from api.verifier import VerifierMissing
from api.wiring import House
from domain.errors import RegistryError
from registry.database import DatabaseUnavailable
from registry.log.policy import Policy
from registry.postgres import NoDatabase

DIRECTORY = "demo"
HOST = "127.0.0.1"
_LOCK = ".in-use"


class DemonstrationInUse(RegistryError):
    """Another process shows the demonstration that would have to be replaced."""

    code = "demonstration-in-use"


def show(settings: Settings, *, once: bool, port: int, tell: Tell, result: Callable[[str], None]) -> None:
    """Play the demonstration; serve its portal afterwards, unless ``once``.

    An earlier one that cannot be taken up is kept beside and begun afresh.

    Raises:
        RegistryError: when it cannot be played, also not from the beginning.
    """
    own = replace(settings, home=settings.home / DIRECTORY, signing=None)
    fresh = not own.home.exists()
    with _ended_by_sigterm(), ExitStack() as stack:
        try:
            house, proved = _play(stack, own, tell)
        except Exception as error:
            if fresh or settings.database_url or isinstance(error, NoDatabase | DatabaseUnavailable):
                raise
            stack.close()
            kept = _put_aside(own.home)
            tell(f"An earlier demonstration cannot be taken up ({type(error).__name__}: {error}).")
            tell(f"It was moved to {kept}; starting afresh.")
            house, proved = _play(stack, own, tell)
        for line in summary(house, proved, "" if once else f"http://{HOST}:{port}/"):
            result(line)
        if not once:
            serve(house, port, tell)


def _play(stack: ExitStack, own: Settings, tell: Tell) -> tuple[House, list[Path]]:
    """The registry with its day played, open until ``stack`` is closed, and the proofs that were checked."""
    started = time.monotonic()
    own.home.mkdir(parents=True, exist_ok=True)
    own.home.chmod(
        0o711
    )  # the database's account passes through to its own directory, which is closed to others
    stack.enter_context(_in_use(own.home))
    if not own.founded.exists():
        founding.make_keys(own, stage.PLAN)  # before the watchers start: they are told whose log it is
    watchers = stack.enter_context(trust.watchers(own, tell))
    house = stack.enter_context(wiring.opened(own, origin=stage.ORIGIN))
    tell("The demonstration tehsil of Phoolsar")
    staged = stage.set_up(house, tell, watch=watchers.take_up)
    tell("A day of work")
    parcels = day.play(staged)
    tell("Proofs")
    proved = proving.prove(staged, parcels)
    tell(f"It took {time.monotonic() - started:.1f} s.")
    return house, proved


def summary(house: House, proved: Sequence[Path], portal: str) -> list[str]:
    """What there is to see, a line for each thing; last the command that checks a proof."""
    with house.datastore.cursor() as cursor:
        cursor.execute("select size, checkpoint from log.published")
        row = cursor.fetchone()
        cursor.execute(
            "select count(*) filter (where status = 'active'), count(distinct village) from records.parcel"
        )
        counted = cursor.fetchone()
    assert row
    assert counted
    policy = house.settings.policy
    trusted = Policy.parse(policy.read_bytes())
    vouching = ", ".join(proving.vouched(row[1].encode(), trusted))
    lines = [
        f"origin        {house.origin}",
        f"log key       {founding.log_signer(house.settings, house.origin).verifier_key.format()}",
        *(f"{name:12}  {w.verifier.key.format()}" for name, w in trusted.witnesses.items()),
        f"log           {row[0]} entries, cosigned by {vouching or 'nobody'}",
        f"parcels       {counted[0]} in {counted[1]} villages",
        f"policy        {policy}{_in_words(trusted)}",
    ]
    if portal:
        lines += [f"portal        {portal}", *_verifier(house, portal)]
    if proved:
        lines += [
            f"proof         {proved[-1]}",
            f"To check it as a bank does, offline and within {proving.MAX_AGE}:",
            f"  {proving.command(proved[-1], policy)}",
        ]
    return lines


def _verifier(house: House, portal: str) -> list[str]:
    try:
        page = page_of(house.settings.home)
    except VerifierMissing:
        return []
    return [
        f"verifier      {portal}verifier/, and /verifier/ of each witness: SHA-256 {sha256(page).hexdigest()}"
    ]


def _in_words(policy: Policy) -> str:
    group = policy.groups.get(policy.quorum)
    return f" ({group.threshold} of {', '.join(group.members)})" if group else ""


def serve(house: House, port: int, tell: Tell) -> None:
    """The portal in this thread, the work behind it in another."""
    from api import serving  # the web server: of no use where only the day is played

    stop = threading.Event()
    failure: list[BaseException] = []

    def work() -> None:
        try:
            with working.alone(house.datastore):
                working.work(house, stop)
        except BaseException as error:  # noqa: BLE001  # told by the thread that serves
            failure.append(error)

    behind = threading.Thread(target=work, name="work", daemon=True)
    behind.start()
    tell(f"The portal is open at http://{HOST}:{port}/ (stop it with Ctrl-C).")
    try:
        serving.serve(house, host=HOST, port=port)
    finally:
        stop.set()
        behind.join()
    if failure:
        raise failure[0]


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the demonstration as Ctrl-C does, with its database and its watchers; threads cannot ask."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _in_use(home: Path) -> Iterator[None]:
    """Say that the demonstration in this directory is in use, by as many processes as like."""
    with (home / _LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def _put_aside(home: Path) -> Path:
    """Keep one broken demonstration, in case somebody wants to look at it.

    Raises:
        DemonstrationInUse: when another process has it open.
    """
    with (home / _LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemonstrationInUse(
                f"the demonstration in {home} does not work as it should, and another process uses it",
                remedy="Stop the other `landlog demo`, then start this one again.",
            ) from None
        kept = home.with_name(home.name + ".broken")
        shutil.rmtree(kept, ignore_errors=True)
        home.rename(kept)
    return kept
