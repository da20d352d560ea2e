"""The cases of the day: one that nobody opposes and the clock signs, one that is heard and refused, one to be heard.

A case takes weeks, so its days are played one after the other as they would have passed, the last of them at the
latest today.  Each is the first case of its kind of mutation, by which a second day knows it, and it goes on from
where the last run left it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from api import clock, standing
from api.demo.script import Doc, Scene, deed, is_joint, khatas, share_sale
from api.demo.stage import TAHSILDAR, Stage
from domain import catalogue
from domain.canon import Json
from domain.case import Case
from domain.errors import RegistryError
from registry import dsse, keys
from registry.case_forms import Filing, StepRequest
from registry.cases import Sign

MOST_PASSES = 20  # of the clock on one day: more than a case has steps

Ask = Callable[[Doc, date], dict[str, Json]]


@dataclass(frozen=True, kw_only=True)
class Move:
    """What is done with a case that stands somewhere: a step, whose it is, and so many days after the filing."""

    step: str
    by: str
    after: int
    reason: str = ""
    until: int | None = None
    """The day that the step names, counted from the filing as well."""
    person: str = ""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """The story of a case: what is applied for, by whom, so many days ago, and what officers and neighbours do.

    What nobody in ``moves`` does falls to the clock.
    """

    kind: str
    capacity: str
    ask: Ask
    days_ago: int
    moves: Mapping[str, Move]
    """By the status in which the case has to stand."""
    ends: str
    """The status in which the day leaves the case."""


def play(stage: Stage, plot: Plot) -> Case:
    """The case, filed if it is not yet, as the day leaves it; one that has gone on since then, as it stands.

    Raises:
        RegistryError: when it comes to stand elsewhere.
    """
    filed = clock.today() - timedelta(days=plot.days_ago)
    case_no = _first_case(stage, plot.kind)
    if case_no and _has_been_played(stage, case_no, plot):
        return stage.house.cases.read(case_no)[0]
    case_no = case_no or _file(stage, plot, filed)
    _let_the_clock_work(stage, filed)
    while move := plot.moves.get(stage.house.cases.read(case_no)[0].status):
        _take(stage, case_no, move, filed)
    _let_the_clock_work(stage, clock.today())
    case, _ = stage.house.cases.read(case_no)
    if case.status != plot.ends:
        raise RegistryError(f"the case {case_no} stands at {case.status!r} instead of {plot.ends!r}")
    return case


def _has_been_played(stage: Stage, case_no: str, plot: Plot) -> bool:
    """Whether all has been done with the case that the plot does; what came after is others' doing."""
    with stage.house.datastore.cursor() as cursor:
        cursor.execute("select type from records.case_step where case_no = %s", (case_no,))
        taken = {str(kind).partition("/")[0].removeprefix("case.") for (kind,) in cursor}
    return taken >= ({move.step for move in plot.moves.values()} or {plot.ends})


def _first_case(stage: Stage, kind: str) -> str:
    """The number of the case of that kind of mutation that was filed first; nothing where there is none."""
    with stage.house.datastore.cursor() as cursor:
        cursor.execute(
            "select case_no from records.case_file where type = %s order by filed_index limit 1",
            (catalogue.mutation(kind).type,),
        )
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _file(stage: Stage, plot: Plot, day: date) -> str:
    """Somebody files at the registry's own counter."""
    khata = next(k for k in khatas(stage) if is_joint(k, 2))
    filing = Filing(
        type=plot.kind,
        application=plot.ask(khata, day),
        applicant={"name": "बबली", "relation": "रामलाल", "capacity": plot.capacity},
        officer=standing.COUNTER,
    )
    filed = stage.house.cases.file(
        filing,
        sign=_sign(stage, standing.COUNTER),
        day=day,
        event_id=clock.new_event_id(),
        salt=clock.new_salt,
    )
    stage.house.settle()
    return filed.case_no


def _take(stage: Stage, case_no: str, move: Move, filed: date) -> None:
    particulars: dict[str, Json] = {}
    if move.reason:
        particulars["reason"] = {"code": move.reason, "words": "As the order sheet says."}
    if move.until is not None:
        particulars["until"] = (filed + timedelta(days=move.until)).isoformat()
    if move.person:
        particulars["person"] = {"name": move.person}
    stage.house.cases.step(
        StepRequest(case=case_no, step=move.step, officer=move.by, particulars=particulars),
        sign=_sign(stage, move.by),
        day=filed + timedelta(days=move.after),
        event_id=clock.new_event_id(),
        salt=clock.new_salt,
    )
    stage.house.settle()


def _sign(stage: Stage, officer: str) -> Sign:
    key = keys.load(standing.key_file(stage.house.settings, officer))
    return lambda payload: dsse.seal(dsse.EVENT, payload, [key.sign_payload(dsse.EVENT, payload)])


def _let_the_clock_work(stage: Stage, day: date) -> None:
    """Do what had fallen due by that day, step by step."""
    keeper = stage.house.case_clock()
    if keeper is None:
        raise RegistryError("the demonstration has no clock")
    for _ in range(MOST_PASSES):
        if not keeper.run(day).done:
            return
        stage.house.settle()
    raise RegistryError(f"the clock found no end on {day}")


def _parcels(case: Case) -> list[str]:
    return [i for i in case.touches if "-U" not in i]


def _sale(khata: Doc, day: date) -> dict[str, Json]:
    form = share_sale(khata, khata["holders"][0], "बबली", "रामलाल")
    return {**form, "deed": {**deed("3980/2026"), "made": day.isoformat()}}


def _gift(khata: Doc, day: date) -> dict[str, Json]:
    return {
        "unit": khata["unit_id"],
        "given": "share",
        "donors": [{"party": khata["holders"][0]["party"]}],
        "deed": {**deed("4102/2026"), "made": day.isoformat()},
        "witnesses": 2,
        "accepted": day.isoformat(),
        "donees": [{"party": {"name": "बबली", "relation": "रामलाल"}, "share": "1"}],
    }


def _release(khata: Doc, day: date) -> dict[str, Json]:
    first, second = khata["holders"][:2]
    return {
        "unit": khata["unit_id"],
        "releasors": [{"party": first["party"]}],
        "to": [{"party": second["party"], "share": "1"}],
        "deed": {**deed("3755/2026"), "made": day.isoformat()},
    }


_OBJECTION = Move(step="objected", by=standing.COUNTER, after=5, reason="title-disputed", person="भोला")

UNOPPOSED = Plot(kind="sale", capacity="transferee", ask=_sale, days_ago=20, moves={}, ends="communicated")
REFUSED = Plot(
    kind="release",
    capacity="co-holder",
    ask=_release,
    days_ago=30,
    moves={
        "notice-issued": _OBJECTION,
        "objected": Move(step="hearing-set", by=TAHSILDAR, after=6, until=20),
        "hearing": Move(step="reserved", by=TAHSILDAR, after=20),
        "reserved": Move(step="refused", by=TAHSILDAR, after=24, reason="on-the-merits"),
    },
    ends="refused",
)
TO_BE_HEARD = Plot(
    kind="gift",
    capacity="donee",
    ask=_gift,
    days_ago=9,
    moves={
        "notice-issued": _OBJECTION,
        "objected": Move(step="hearing-set", by=TAHSILDAR, after=8, until=24),
    },
    ends="hearing",
)


def _is_refused(stage: Stage, order_no: str) -> Sequence[str]:
    """A release is objected to, heard and refused with a reason; the shares stay as they were."""
    case = play(stage, REFUSED)
    stage.tell(f"    case {case.id}: objected to, heard, and refused by {case.decided_by} on {case.decided}")
    return _parcels(case)


def _is_signed_by_the_clock(stage: Stage, order_no: str) -> Sequence[str]:
    """Nobody objects to a sale while its notice runs; the day after, the clock signs it with its own key."""
    case = play(stage, UNOPPOSED)
    stage.tell(
        f"    case {case.id}: noticed until {case.notice_until}, nobody objected, {case.decided_by} signed"
    )
    return _parcels(case)


def _is_to_be_heard(stage: Stage, order_no: str) -> Sequence[str]:
    """A gift is objected to; until it is heard and decided the land shows the case to whoever asks."""
    case = play(stage, TO_BE_HEARD)
    stage.tell(f"    case {case.id}: objected to, will be heard on {case.next_day}")
    return _parcels(case)


SCENES = (
    Scene(title="A case is heard and refused", play=_is_refused),
    Scene(title="A case that nobody opposes is signed by the clock", play=_is_signed_by_the_clock),
    Scene(title="A case is objected to and goes to a hearing", play=_is_to_be_heard),
)
