"""Trust policies (C2SP tlog-policy): whose checkpoints are believed, and on whose cosignatures.

A policy file says which logs may speak, which witnesses are known, and how many of whom must have cosigned.
``Policy.endorse`` applies it to a checkpoint and answers as of when the checkpoint is known to be the newest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from domain.errors import VerificationError
from registry.log.checkpoint import Checkpoint, open_checkpoint
from registry.log.cosignature import CosignatureVerifier, timestamp
from registry.log.note import NoteVerifier, UnknownSigner, VerifierKey, verified_signatures

NONE = "none"
MAX_POLICY_BYTES = 256 * 1024
MAX_SKEW = 5 * 60
"""Seconds by which a witness's clock may run ahead of ours."""
DAY = 24 * 60 * 60


class MalformedPolicy(VerificationError):
    """A line of the policy file breaks a rule of the format; the message names both."""

    code = "malformed-policy"


class UnknownLog(VerificationError):
    """The policy names no key for the log in question."""

    code = "unknown-log"


class QuorumMissed(VerificationError):
    """Too few of the policy's witnesses have cosigned the checkpoint."""

    code = "quorum-missed"


class StaleCheckpoint(VerificationError):
    """Enough witnesses have cosigned, but too long ago: the record may have changed since."""

    code = "stale-checkpoint"


@dataclass(frozen=True)
class Witness:
    """A witness under the name that the policy gives it."""

    name: str
    verifier: CosignatureVerifier
    url: str | None = None


@dataclass(frozen=True)
class Group:
    """At least ``threshold`` of ``members`` (names of witnesses and groups)."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Endorsement:
    """A checkpoint that satisfies a policy; ``as_of`` is None when the policy asks for no cosignature."""

    checkpoint: Checkpoint
    as_of: int | None


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Logs, witnesses, groups and the quorum; ``max_age`` (seconds) is the verifier's own and not in the file."""

    logs: tuple[NoteVerifier, ...]
    witnesses: Mapping[str, Witness] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE
    max_age: int = DAY

    @classmethod
    def parse(cls, data: bytes | str, *, max_age: int = DAY) -> Policy:
        """Reads a policy file.

        Raises:
            MalformedPolicy: naming the line and the rule that it breaks.
        """
        return _Reader(data.encode() if isinstance(data, str) else data).read(max_age)

    def endorse(self, note: bytes, *, origin: str, now: int) -> Endorsement:
        """The checkpoint in ``note``, if the policy believes it at the time ``now`` (POSIX seconds).

        Raises:
            UnknownLog: when the policy has no key of the log ``origin``.
            UnknownSigner, BadNoteSignature, MalformedNote, MalformedCheckpoint, ...: as ``open_checkpoint``.
            QuorumMissed, StaleCheckpoint: as their names say.
        """
        logs = [v for v in self.logs if v.name == origin]
        if not logs:
            raise UnknownLog(
                f"the policy names no key of the log {origin[:120]}",
                remedy="Add the registry's log line to the policy, from a source you trust.",
            )
        try:
            checkpoint, opened = open_checkpoint(note, logs)
        except UnknownSigner as error:
            raise UnknownSigner(
                f"the checkpoint is not signed by any key that the policy names for the log {origin[:120]}",
                remedy="Compare the policy's log line with the key that the registry publishes, from a source you "
                "trust: where it has changed its key, get the new policy; where it has not, the proof is forged.",
            ) from error
        names = {w.verifier: name for name, w in self.witnesses.items()}
        times: dict[str, int] = {}
        for verifier, line in verified_signatures(opened, names):
            name = names[verifier]
            times[name] = max(timestamp(line.signature), times.get(name, 0))
        return Endorsement(checkpoint=checkpoint, as_of=self._as_of(times, now))

    def satisfied(self, cosigned: Collection[str]) -> bool:
        """Whether the named witnesses make a quorum."""
        return self.quorum == NONE or self._holds(self.quorum, cosigned)

    def _as_of(self, times: Mapping[str, int], now: int) -> int | None:
        """The latest time at which a quorum had cosigned: for k of n, the k-th newest cosignature."""
        if self.quorum == NONE:
            return None
        sound = {name: time for name, time in times.items() if time <= now + MAX_SKEW}
        for as_of in sorted(set(sound.values()), reverse=True):
            if self.satisfied([name for name, time in sound.items() if time >= as_of]):
                break
        else:
            raise QuorumMissed(
                f"{_who_cosigned(list(sound))}, and it asks for {self._in_words(self.quorum)}"
                + _who_is_early(sorted(times.keys() - sound.keys())),
                remedy="Fetch a fresh proof from the registry. If it lacks them, too, ask them why they do not vouch.",
            )
        if now - as_of > self.max_age:
            raise StaleCheckpoint(
                f"the witnesses saw this checkpoint {_span(now - as_of)} ago, and no more than "
                f"{_span(self.max_age)} are allowed: the record may have changed since",
                remedy="Fetch a fresh proof from the registry. If it is as old, its witnesses no longer see the log.",
            )
        return as_of

    def _in_words(self, name: str) -> str:
        """What a quorum takes; groups within it are told in brackets."""
        group = self.groups.get(name)
        if group is None:
            return name
        members = (m if m not in self.groups else f"{m} ({self._in_words(m)})" for m in group.members)
        return f"{group.threshold} of {', '.join(members)}"

    def _holds(self, name: str, cosigned: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigned
        return sum(self._holds(member, cosigned) for member in group.members) >= group.threshold


def _who_cosigned(names: Sequence[str]) -> str:
    if not names:
        return "none of the policy's witnesses has cosigned"
    have = "has" if len(names) == 1 else "have"
    return f"only {len(names)} of the policy's witnesses {have} cosigned ({', '.join(names)})"


def _who_is_early(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f"; the word of {', '.join(names)} is dated more than {_span(MAX_SKEW)} ahead of this computer's clock"


def _span(seconds: int) -> str:
    """A length of time in its two largest units.

    >>> _span(90_061), _span(901), _span(900)
    ('1 d 1 h', '15 min 1 s', '15 min')
    """
    parts = []
    for unit, length in (("d", DAY), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


class _Reader:
    """Reads a policy file line by line; every complaint names the line."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._line = 0
        self._logs: list[NoteVerifier] = []
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, Group] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None

    def read(self, max_age: int) -> Policy:
        if len(self._data) > MAX_POLICY_BYTES:
            raise MalformedPolicy(f"the policy has {len(self._data)} bytes, more than {MAX_POLICY_BYTES}")
        for number, line in enumerate(self._data.split(b"\n"), 1):
            self._line = number
            content = line.strip(b" \t")
            if content and not content.startswith(b"#"):
                self._read_line(self._text(content).replace("\t", " ").split(" "))
        if self._quorum is None:
            raise MalformedPolicy(
                "the policy has no quorum line", remedy="Add 'quorum <name>' or 'quorum none'."
            )
        return Policy(
            logs=tuple(self._logs),
            witnesses=self._witnesses,
            groups=self._groups,
            quorum=self._quorum,
            max_age=max_age,
        )

    def _text(self, content: bytes) -> str:
        try:
            text = content.decode()
        except UnicodeDecodeError:
            raise self._error("names and keys are UTF-8 text") from None
        if any((c < " " and c != "\t") or c == "\x7f" for c in text):
            raise self._error("a policy holds no control characters but tab and line feed")
        return text

    def _read_line(self, blank_separated: list[str]) -> None:
        keyword, *items = [item for item in blank_separated if item]
        match keyword, items:
            case "log", [vkey] | [vkey, _]:
                self._read_log(vkey)
            case "witness", [name, vkey]:
                self._read_witness(name, vkey, None)
            case "witness", [name, vkey, url]:
                self._read_witness(name, vkey, url)
            case "group", [name, threshold, *members] if members:
                self._read_group(name, threshold, members)
            case "quorum", [name]:
                self._read_quorum(name)
            case (("log" | "witness" | "group" | "quorum"), _):
                raise self._error(f"the number of words after {keyword!r} is wrong")
            case _:
                raise self._error(f"a line begins with log, witness, group or quorum, not {keyword[:40]!r}")

    def _read_log(self, vkey: str) -> None:
        try:
            verifier = NoteVerifier(VerifierKey.parse(vkey))
        except VerificationError as error:
            raise self._error(str(error)) from error
        if any(v.key.public == verifier.key.public for v in self._logs):
            raise self._error("a log's public key is listed once only")
        self._logs.append(verifier)

    def _read_witness(self, name: str, vkey: str, url: str | None) -> None:
        try:
            verifier = CosignatureVerifier(VerifierKey.parse(vkey))
        except VerificationError as error:
            raise self._error(str(error)) from error
        if any(w.verifier.key.public == verifier.key.public for w in self._witnesses.values()):
            raise self._error("a witness's public key is listed once only")
        self._define(name)
        self._witnesses[name] = Witness(name, verifier, url)

    def _read_group(self, name: str, threshold: str, members: list[str]) -> None:
        for member in members:
            if member not in self._witnesses and member not in self._groups:
                raise self._error(f"the member {member[:80]!r} is no witness or group of an earlier line")
            if member in self._members:
                raise self._error(f"{member[:80]!r} is a member already; a name may be one once only")
            self._members.add(member)
        self._define(name)
        self._groups[name] = Group(name, self._threshold(threshold, len(members)), tuple(members))

    def _threshold(self, text: str, members: int) -> int:
        named = {"any": 1, "all": members}.get(text)
        if named is not None:
            return named
        if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= members):
            raise self._error(
                f"the threshold is all, any, or a number from 1 to {members}, not {text[:40]!r}"
            )
        return int(text)

    def _read_quorum(self, name: str) -> None:
        if self._quorum is not None:
            raise self._error("there is one quorum line only")
        if name != NONE and name not in self._witnesses and name not in self._groups:
            raise self._error(f"the quorum {name[:80]!r} is no witness or group of an earlier line")
        self._quorum = name

    def _define(self, name: str) -> None:
        if name == NONE:
            raise self._error("the name 'none' has a meaning of its own and cannot be given")
        if name in self._witnesses or name in self._groups:
            raise self._error(f"the name {name[:80]!r} is given already")

    def _error(self, rule: str) -> MalformedPolicy:
        return MalformedPolicy(f"policy line {self._line}: {rule}", field=f"line {self._line}")
