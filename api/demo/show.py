"""The demonstration from end to end: stage, day, proofs, summary, portal."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from api import clock, founding, wiring, working
from api.counter import Counter
from api.demo import day, stage
from api.demo.stage import Stage, Tell
from api.routes.parcels import proof_of
from api.settings import Settings
from api.wiring import House
from domain.errors import RegistryError, VerificationError
from registry.log.policy import Policy
from registry.verify import verify_title_proof

DIRECTORY = "demo"
HOST = "127.0.0.1"
MOST_PROOFS = 12


def show(settings: Settings, *, once: bool, port: int, tell: Tell, result: Callable[[str], None]) -> None:
    """Play the demonstration; serve its portal afterwards, unless ``once``.

    Raises:
        RegistryError: when it cannot be played, also not from the beginning.
    """
    own = replace(settings, home=settings.home / DIRECTORY)
    own.home.mkdir(parents=True, exist_ok=True)
    own.home.chmod(
        0o711
    )  # the database's account passes through to its own directory, which is closed to others
    try:
        _play(own, once=once, port=port, tell=tell, result=result)
    except RegistryError as error:
        if settings.database_url or not _is_broken(error):
            raise
        kept = _put_aside(own.home)
        tell(
            f"An earlier demonstration is damaged ({error.message}). It was moved to {kept}; starting afresh."
        )
        own.home.mkdir(parents=True)
        own.home.chmod(0o711)
        _play(own, once=once, port=port, tell=tell, result=result)


def _play(own: Settings, *, once: bool, port: int, tell: Tell, result: Callable[[str], None]) -> None:
    started = time.monotonic()
    with wiring.opened(own, origin=stage.ORIGIN) as house:
        tell("The demonstration tehsil of Phoolsar")
        staged = stage.set_up(house, tell)
        tell("A day of work")
        parcels = day.play(staged)
        tell("Proofs")
        proved = prove(staged, parcels)
        for line in summary(house, proved, port):
            result(line)
        tell(f"It took {time.monotonic() - started:.1f} s.")
        if not once:
            serve(house, port, tell)


def prove(staged: Stage, parcels: Sequence[str]) -> list[Path]:
    """Fetch the title proofs of some parcels, check each offline, and see a damaged one refused.

    Raises:
        VerificationError: when a proof does not hold.
    """
    house = staged.house
    policy = Policy.parse(house.settings.policy.read_bytes())
    directory = house.settings.home / "proofs"
    directory.mkdir(exist_ok=True)
    counter = Counter(house, clock.instant)
    places = []
    try:
        for parcel in parcels[:MOST_PROOFS]:
            proof = proof_of(counter, parcel)
            verify_title_proof(proof, policy, now=clock.now(), parcel=parcel)
            _check_damage_is_seen(proof, policy, parcel)
            place = directory / f"{parcel}.proof.json"
            place.write_bytes(proof)
            places.append(place)
    finally:
        counter.close()
    staged.tell(f"  {len(places)} title proofs hold offline; each was refused with one byte changed")
    return places


def _check_damage_is_seen(proof: bytes, policy: Policy, parcel: str) -> None:
    middle = len(proof) // 2
    damaged = proof[:middle] + bytes([proof[middle] ^ 1]) + proof[middle + 1 :]
    try:
        verify_title_proof(damaged, policy, now=clock.now(), parcel=parcel)
    except VerificationError:
        return
    raise RegistryError(f"a damaged proof of {parcel} was accepted")


def summary(house: House, proved: Sequence[Path], port: int) -> list[str]:
    """What there is to see, a line for each thing."""
    with house.datastore.cursor() as cursor:
        cursor.execute("select size from log.published")
        row = cursor.fetchone()
        cursor.execute(
            "select count(*) filter (where status = 'active'), count(distinct village) from records.parcel"
        )
        counted = cursor.fetchone()
    assert row
    assert counted
    return [
        f"origin        {house.origin}",
        f"verifier key  {founding.log_signer(house.settings, house.origin).verifier_key.format()}",
        f"log size      {row[0]}",
        f"parcels       {counted[0]} in {counted[1]} villages",
        f"policy        {house.settings.policy}",
        f"proof         {proved[-1] if proved else '-'}",
        f"portal        http://{HOST}:{port}/",
    ]


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


def _is_broken(error: RegistryError) -> bool:
    """Whether starting afresh helps: something of the demonstration's own does not fit together."""
    return error.code.startswith(
        ("key-file", "already-founded", "opening-damaged", "tree-forked", "rolled-back")
    )


def _put_aside(home: Path) -> Path:
    """Keep one broken demonstration, in case somebody wants to look at it."""
    kept = home.with_name(home.name + ".broken")
    shutil.rmtree(kept, ignore_errors=True)
    home.rename(kept)
    return kept
