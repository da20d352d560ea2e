"""``landlog key``, the part about the log itself and about keys in doubt: acts that shake what everyone relies on.

Each shows what is about to be signed, by whom, and what follows; with ``--dry-run`` it stops there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import clock
from api.cli import console
from api.cli.options import DryRun, PassphraseFile, SignWith, Yes, load_key, registry, root_keys
from domain.projection import PROJECTION
from registry import dsse
from registry.genesis_entry import projection_sha256
from registry.root_acts import AddLogKey, ChangeProjection, RetireLogKey, RootAct

if TYPE_CHECKING:
    from api.wiring import House

OVERLAP_DAYS = 90


def register(app: typer.Typer) -> None:
    """Adds the commands to ``landlog key``."""
    for name, command in (
        ("rotate-log", rotate_log),
        ("retire-log", retire_log),
        ("change-projection", change_projection),
        ("review", review),
    ):
        app.command(name)(command)


def rotate_log(
    sign_with: SignWith = None,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Give the log a new key. From then on both sign; retire the old one after 90 days."""
    from api import log_keys

    with registry() as house:
        roots = house.root_ceremony.roots
        known = (*roots.log_keys, *roots.retired)
        vkey = (
            "(made when it is signed)"
            if dry_run
            else log_keys.make_next(house.settings, house.origin, known).verifier_key.format()
        )
        console.say("Give the log a new key.")
        console.say(f"  in force now: {' '.join(roots.log_keys)}")
        console.say(f"  new: {vkey}")
        console.say(
            f"  then: both sign for {OVERLAP_DAYS} days; tell every verifier the new line of policy.txt."
        )
        if dry_run:
            console.say("Dry run: nothing was made and nothing was signed.")
            return
        _perform(house, AddLogKey(vkey=vkey), sign_with, passphrase_file, yes)
        console.result(vkey)


def retire_log(
    vkey: Annotated[
        str, typer.Argument(help="The verifier key of the key that is to go.", show_default=False)
    ],
    sign_with: SignWith = None,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Let a key of the log sign no longer; what it has signed stays valid."""
    with registry() as house:
        act = RetireLogKey(vkey=vkey)
        left = house.root_ceremony.roots.after(act).log_keys
        console.say("Retire a key of the log.")
        console.say(f"  retired: {vkey}")
        console.say(f"  left: {' '.join(left)}")
        console.say("  then: whoever trusts the retired key alone can check no newer checkpoint.")
        if dry_run:
            _show(house, act)
            return
        _perform(house, act, sign_with, passphrase_file, yes)


def change_projection(
    sign_with: SignWith = None,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Announce that this release makes the map by other sources than the log names now."""
    with registry() as house:
        roots = house.root_ceremony.roots
        act = ChangeProjection(id=PROJECTION, sha256=projection_sha256())
        console.say("Announce the projection of this release.")
        console.say(f"  in force now: {roots.projection_id}, sources {roots.projection_sha256}")
        console.say(f"  this release: {act.id}, sources {act.sha256}")
        console.say("  then: auditors go on only with a release that has it.")
        if dry_run:
            _show(house, act)
            return
        _perform(house, act, sign_with, passphrase_file, yes)


def review(
    keyid: Annotated[
        str, typer.Argument(help="The id of the revoked key: 64 hex digits.", show_default=False)
    ],
    sign_with: SignWith = None,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Put everything that a revoked key touched since it is in doubt under review, in batches.

    The key was revoked with --suspect-from. Buyers and banks see the restriction until an order lifts it.
    """
    from registry.flagging import AT_ONCE
    from registry.flags import ROOT_KEYS

    with registry() as house:
        house.settle()
        concerned = house.flagging.concerned(keyid)
        console.say(f"Put under review what the key {keyid} touched: {len(concerned)} parcels and units.")
        for identifier, office in concerned[:20]:
            console.say(f"  {identifier} (office {office})")
        if len(concerned) > 20:
            console.say(f"  ... and {len(concerned) - 20} more")
        if dry_run:
            console.say(f"Dry run: nothing was signed; it would be events of up to {AT_ONCE} things each.")
            return
        if not concerned or not console.confirm("Sign these events?", yes=yes):
            console.say("Nothing was signed.")
            raise typer.Exit(0 if not concerned else 1)
        signers = [
            load_key(p, passphrase_file) for p in sign_with or root_keys(house.settings, house.genesis)
        ]
        officers = house.officers.keys(k.keyid for k in signers if k.keyid not in house.genesis.root_keys)
        first = next((o.officer for o in officers.values()), ROOT_KEYS)
        with console.progress("Flagging", unit="things") as told:
            done = 0
            for payload in house.flagging.prepare(
                keyid, officer=first, decided=clock.today(), event_id=clock.new_event_id
            ):
                signed = dsse.seal(
                    dsse.EVENT, payload, [k.sign_payload(dsse.EVENT, payload) for k in signers]
                )
                house.flagging.submit(signed)
                done = min(done + AT_ONCE, len(concerned))
                told(done, len(concerned))
        house.settle()
    console.say(f"{len(concerned)} parcels and units are under review.")


def _show(house: House, act: RootAct) -> None:
    payload = house.root_ceremony.prepare(act, event_id=clock.new_event_id(), decided=clock.today())
    console.say(f"Dry run: nothing was signed. {house.genesis.threshold} root keys would sign:")
    console.result(payload.decode())


def _perform(
    house: House, act: RootAct, sign_with: Sequence[Path] | None, passphrase_file: Path | None, yes: bool
) -> None:
    from api import log_keys

    payload = house.root_ceremony.prepare(act, event_id=clock.new_event_id(), decided=clock.today())
    if not console.confirm(f"Sign with {house.genesis.threshold} root keys?", yes=yes):
        console.say("Nothing was signed.")
        raise typer.Exit(1)
    files = sign_with or root_keys(house.settings, house.genesis)
    signatures = [load_key(path, passphrase_file).sign_payload(dsse.KEY, payload) for path in files]
    house.root_ceremony.submit(dsse.seal(dsse.KEY, payload, signatures))
    house.settle()
    log_keys.write_policy(house.settings, house.origin, house.root_ceremony.roots.log_keys)
    console.say("Recorded.")
