"""Whom the registry asks to vouch for its log: the witness lines of its own ``policy.txt``.

A registry publishes only what the quorum of this file has cosigned (``registry.witness.client``), and hands the file
to whoever wants to verify.  Log keys and remarks are left as they are; who vouches is written in one place, here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from api.founding import NO_WITNESS, write_whole
from api.settings import Settings
from domain.errors import BadInput, NotFound, RegistryError, VerificationError
from registry.log.cosignature import CosignatureVerifier
from registry.log.note import VerifierKey, is_valid_name
from registry.log.policy import Policy
from registry.witness.client import HttpWitness, WitnessUnreachable, ask_verifier_key

GROUP = "watchers"
_REMARK = (
    "# Of those who watch this log, so many must have cosigned a checkpoint before it is shown or believed."
)


class OtherWitnessKey(RegistryError):
    """The witness at that address has another key than the policy knows it by."""

    code: ClassVar[str] = "other-witness-key"


@dataclass(frozen=True, kw_only=True)
class Watcher:
    """A witness or an auditor: the policy's name for it, its key, and where it is asked (empty: it is not)."""

    name: str
    vkey: str
    url: str = ""

    @property
    def line(self) -> str:
        return f"witness {self.name} {self.vkey} {self.url}".rstrip()


def watchers(settings: Settings) -> list[Watcher]:
    """Those whom the registry's policy names, in its order; none where there is no policy yet.

    Raises:
        MalformedPolicy: when it cannot be read.
    """
    if not settings.policy.exists():
        return []
    policy = Policy.parse(settings.policy.read_bytes())
    return [
        Watcher(name=w.name, vkey=w.verifier.key.format(), url=w.url or "") for w in policy.witnesses.values()
    ]


def meet(text: str, known: Sequence[Watcher]) -> Watcher:
    """The watcher that somebody names: ``NAME VKEY URL``, or ``NAME URL``, and then it is asked for its key.

    Raises:
        BadInput: when the text is neither.
        OtherWitnessKey: when it tells another key than the one it is known by.
        WitnessUnreachable, WitnessRefused: when it tells none.
    """
    match text.split():
        case [name, vkey, url]:
            return Watcher(name=_named(name), vkey=_key(vkey, url), url=url)
        case [name, url]:
            return _asked(_named(name), url, next((w for w in known if w.name == name), None))
    raise BadInput(
        f"{text[:120]!r} names no witness",
        field="WITNESS",
        remedy='Write "NAME VKEY URL", as its operator gave them, or "NAME URL" to ask it for its key.',
    )


def _asked(name: str, url: str, before: Watcher | None) -> Watcher:
    """A watcher by the key that it tells; one that is away is still who it was."""
    try:
        told = ask_verifier_key(url).format()
    except WitnessUnreachable:
        if before is None or before.url != url:
            raise
        return before
    if before is not None and before.vkey != told:
        raise OtherWitnessKey(
            f"{name} at {url} tells the key {told}, and the policy knows it by {before.vkey}",
            remedy="Ask its operator. If the key is new, name it: NAME VKEY URL.",
        )
    return Watcher(name=name, vkey=told, url=url)


def write(settings: Settings, found: Sequence[Watcher], *, threshold: int) -> None:
    """Put these in the place of those whom the policy named; ``threshold`` of them make the quorum.

    Raises:
        NotFound: when there is no policy, because there is no registry.
        MalformedPolicy: when they make none; the file is left as it was.
    """
    try:
        lines = settings.policy.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise NotFound(
            f"there is no policy in {settings.home}",
            field="LANDLOG_HOME",
            remedy="Found the registry first: landlog init --origin NAME.",
        ) from None
    kept = [line for line in lines if not line.startswith(("witness ", "group ", "quorum "))]
    kept = [line for line in kept if line not in (NO_WITNESS, _REMARK)]
    names = " ".join(watcher.name for watcher in found)
    quorum = [f"group {GROUP} {threshold} {names}", f"quorum {GROUP}"]
    text = "\n".join([*kept, _REMARK, *(watcher.line for watcher in found), *quorum, ""])
    Policy.parse(text)
    if text.splitlines() != lines:
        write_whole(settings.policy, text)


def _named(name: str) -> str:
    if not is_valid_name(name) or not name.isascii() or len(name) > 80:
        raise BadInput(f"{name[:80]!r} cannot name a witness in a policy", field="WITNESS")
    return name


def _key(vkey: str, url: str) -> str:
    """The key, if it is a cosigner's and the address is one where it could be asked."""
    try:
        verifier = CosignatureVerifier(VerifierKey.parse(vkey))
        return HttpWitness(verifier, url).verifier.key.format()
    except VerificationError as error:
        raise BadInput(error.message, field="WITNESS") from error
