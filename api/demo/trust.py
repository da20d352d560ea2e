"""Who watches the demonstration: two witnesses and an auditor, programs of their own beside it.

Each has its own directory with its own key and memory, answers on a free port of this computer, and knows nothing of
the registry but its log.  They end when the demonstration does, however that comes: their standard input is a pipe
that it holds open, which the kernel closes for a process that was killed.  Who finds another demonstration of the
same home at work shares its watchers.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, ClassVar

from api import founding, trusting, verifier
from api.demo.stage import ORIGIN, Tell
from api.settings import Settings
from api.trusting import Watcher
from api.wiring import House
from domain.errors import RegistryError
from registry.log.note import NoteVerifier
from registry.log.policy import Policy
from registry.witness import service

WITNESSES = ("witness-1", "witness-2")
AUDITOR = "auditor"
NAMES = (*WITNESSES, AUDITOR)
THRESHOLD = 2
START_SECONDS = 30.0
END_SECONDS = 5.0
_LOOK_SECONDS = 0.05
_REST_SECONDS = 1.0
_OUTPUT, _LEDGER = "output.log", "ledger"


class TooFewWatchers(RegistryError):
    """So many of the watchers do not work that nothing can be cosigned."""

    code: ClassVar[str] = "too-few-watchers"


@dataclass
class _Program:
    """One watcher: its directory, its process as far as there is one, and what is wrong with it."""

    name: str
    home: Path
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    problem: str = ""

    @property
    def output(self) -> Path:
        return self.home / _OUTPUT


@dataclass
class Watchers:
    """The three, at work; ``take_up`` makes the registry ask them."""

    settings: Settings
    tell: Tell
    programs: Sequence[_Program] = ()
    _closing: threading.Event = field(default_factory=threading.Event)

    def take_up(self, house: House) -> None:
        """Write them into the registry's policy, once they answer; from here on nothing is shown without them.

        Raises:
            TooFewWatchers: when too few of them work.
        """
        if self.programs:
            self._await_answers()
            known = {w.name: w for w in trusting.watchers(self.settings)}
            found = [w for program in self.programs if (w := _as_watcher(program, known.get(program.name)))]
            trusting.write(self.settings, found, threshold=THRESHOLD)
            threading.Thread(target=self._look_after, name="watchers", daemon=True).start()
            self.tell(f"  from here on only what {THRESHOLD} of these {len(NAMES)} have cosigned is shown")
        house.trust_anew()

    def _await_answers(self) -> None:
        end = time.monotonic() + START_SECONDS
        for program in self.programs:
            while not (program.url or program.problem):
                _look_at(program, out_of_time=time.monotonic() > end)
                time.sleep(_LOOK_SECONDS)
            what = "replays every entry and cosigns" if program.name == AUDITOR else "cosigns"
            if program.problem:
                self.tell(f"  {program.name} does not work: {program.problem}")
                self.tell(f"    {_advice(program)}")
            else:
                self.tell(f"  {program.name} {what} at {program.url}, with a key of its own")
        broken = [p for p in self.programs if p.problem]
        if len(self.programs) - len(broken) < THRESHOLD:
            raise TooFewWatchers(
                f"{len(broken)} of {len(self.programs)} watchers do not work ({broken[0].problem}), and "
                f"{THRESHOLD} must cosign what is shown",
                remedy=f"Their output is in {_OUTPUT} of their directories.",
            )

    def _look_after(self) -> None:
        """Tell when one of them ends by itself: the log goes on, and somebody should know."""
        running = [p for p in self.programs if p.process and not p.problem]
        while running and not self._closing.wait(_REST_SECONDS):
            for program in [p for p in running if p.process and p.process.poll() is not None]:
                running.remove(program)
                rest = " and ".join(p.name for p in running) or "nobody"
                goes_on = "goes on" if len(running) >= THRESHOLD else "stands still"
                self.tell(
                    f"{program.name} has stopped ({_last_words(program)}); the log {goes_on} with {rest}. "
                    "Start the demonstration again to have all three."
                )

    def close(self) -> None:
        """Stop the programs, and wait until they are gone."""
        self._closing.set()
        running = [p.process for p in self.programs if p.process]
        for process in running:
            with suppress(OSError):
                process.terminate()
        for process in running:
            if process.stdin:
                process.stdin.close()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def watchers(settings: Settings, tell: Tell) -> Iterator[Watchers]:
    """The watchers of this home, started, or those of a demonstration that is at work in it; stopped at the end.

    Two locks say who they belong to: ``.watching`` is the demonstration's that started them, ``.watchers`` theirs
    and its, so what a killed demonstration has left is waited for until the last of it has ended.
    """
    with _lock_file(settings.home / ".watching") as owner, _lock_file(settings.home / ".watchers") as theirs:
        if not _taken(owner, seconds=0.0):
            tell("Another `landlog demo` is at work in this home: its witnesses serve this one, too.")
            yield Watchers(settings, tell)
            return
        if not _taken(theirs, seconds=2 * END_SECONDS):
            raise TooFewWatchers(
                f"a witness of an earlier demonstration in {settings.home} does not end",
                remedy="End it by hand (`ps` shows `witness serve` or `audit`), and start again.",
            )
        pages = _pages(settings, tell)
        found = Watchers(settings, tell, [_started(name, settings, pages, theirs) for name in NAMES])
        try:
            yield found
        finally:
            found.close()


def _started(name: str, settings: Settings, pages: Sequence[str], lock: IO[bytes]) -> _Program:
    """A watcher on its way up, made first where there is none; it holds ``lock`` for as long as it lives."""
    program = _Program(name, settings.home / name)
    try:
        if not program.home.exists():
            service.make_home(program.home, f"{ORIGIN.rpartition('/')[0]}/{name}")
        service.load_signer(program.home)
        service.keep_logs(program.home, _log_keys(settings))
    except (RegistryError, OSError) as error:
        program.problem = _in_words(error)
        return program
    command = ["witness", "serve", "--home", str(program.home)]
    if name == AUDITOR:
        state = str(program.home / _LEDGER)
        command = ["audit", "--log", str(settings.log), "--state", state, "--cosign", str(program.home)]
    settings.log.mkdir(exist_ok=True)
    with program.output.open("wb") as output:
        program.process = subprocess.Popen(  # noqa: S603  # our own command line, no shell
            [sys.executable, "-P", "-c", "from api.cli import main; main()", *command, *pages],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=_environment(program.home),
            start_new_session=True,  # Ctrl-C at the terminal is the demonstration's, which ends them in its turn
            pass_fds=(lock.fileno(),),
        )
    return program


def _log_keys(settings: Settings) -> Sequence[NoteVerifier]:
    """The log's keys, which the demonstration hands its watchers as an operator would."""
    if settings.policy.exists():
        return Policy.parse(settings.policy.read_bytes()).logs
    return [NoteVerifier(founding.log_signer(settings, ORIGIN).verifier_key)]


def _environment(home: Path) -> dict[str, str]:
    """What a watcher knows of its surroundings: nothing of the registry's database and home."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LANDLOG_")}
    source = str(Path(founding.__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (source, own.get("PYTHONPATH", ""))))
    return own | {"LANDLOG_HOME": str(home), "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "COLUMNS": "1000"}


def _pages(settings: Settings, tell: Tell) -> list[str]:
    """The arguments that all of them share, among them the verifier page, where it can be had."""
    common = ["--listen", "127.0.0.1:0", "--until-eof"]
    try:
        return [*common, "--pages", str(verifier.page_file(settings.home).parent)]
    except RegistryError as error:
        tell(f"The witnesses serve no verifier page: {error.message}.")
        return common


def _look_at(program: _Program, *, out_of_time: bool) -> None:
    """Whether it has said where it answers, or has failed."""
    assert program.process
    ended = program.process.poll() is not None  # before its output is read: then all of it is there
    for line in program.output.read_text(encoding="utf-8", errors="replace").splitlines():
        if "http://" in line and "(stop it" in line:
            program.url = "http://" + line.partition("http://")[2].split(" ")[0]
    if ended:
        program.url, program.problem = "", _last_words(program)
    elif out_of_time:
        program.problem = f"it has not answered within {START_SECONDS:g} s"


def _advice(program: _Program) -> str:
    evidence = program.home / _LEDGER / "evidence"
    if evidence.is_dir():
        return f"it vouches for this log no more; what it has found is in {evidence}"
    return f"to have a new one in its place, remove {program.home} and start again"


def _last_words(program: _Program) -> str:
    """Why it ended, in its own words where it said any."""
    lines = program.output.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line.removeprefix("Error: ") for line in lines if line.startswith("Error: ")]
    code = program.process.poll() if program.process else None
    how = f"ended by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    return errors[-1].rstrip(".") if errors else how


def _as_watcher(program: _Program, known: Watcher | None) -> Watcher | None:
    """How the policy names it; one that is broken keeps its place under the key it had, and is not asked."""
    try:
        vkey = service.load_signer(program.home).verifier_key.format()
    except (RegistryError, OSError):
        vkey = known.vkey if known else ""
    return Watcher(name=program.name, vkey=vkey, url=program.url) if vkey else None


def _lock_file(path: Path) -> IO[bytes]:
    return path.open("ab")


def _taken(lock: IO[bytes], *, seconds: float) -> bool:
    """Whether the lock was free, or became so in time."""
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                return False
            time.sleep(_LOOK_SECONDS)
        else:
            return True


def _in_words(error: Exception) -> str:
    return error.message if isinstance(error, RegistryError) else str(error)
