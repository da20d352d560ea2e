"""``landlog case``: applications are filed, and everybody sees where the file is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from api import clock, standing
from api.cli import console
from api.cli.options import Lang, PassphraseFile, Yes, load_key, registry
from api.order_files import read_json
from domain import languages
from domain.errors import BadInput
from registry import dsse
from registry.case_forms import Filing

if TYPE_CHECKING:
    from api.wiring import House

app = typer.Typer(no_args_is_help=True, help="Cases: file an application, see where the file is.")


@app.command()
def appoint(
    offices: Annotated[
        list[str],
        typer.Argument(help="LGD codes of the offices for which they sign: 28/511.", show_default=False),
    ],
    sign_with: Annotated[
        list[Path] | None,
        typer.Option(
            "--sign-with", help="A key file of who appoints; without it, the root keys of this home."
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
) -> None:
    """Give the registry its own counter and clock: keys that file for whoever comes, and do what a day brings."""
    from api.cli.options import root_keys

    with registry() as house:
        where = ", ".join(offices)
        if not console.confirm(f"Let the registry's counter and clock sign for {where}?", yes=yes):
            console.say("Nothing was signed.")
            raise typer.Exit(1)
        files = sign_with or root_keys(house.settings, house.genesis)
        standing.appoint(house, offices, by=[load_key(path, passphrase_file) for path in files])
    console.say(
        f"{' and '.join(standing.ROLES)} sign for {where}; `landlog work` runs the clock from now on. "
        "Their keys lie in the registry's home: guard the machine."
    )


@app.command()
def file(
    form: Annotated[
        Path,
        typer.Argument(help="A JSON file with type, application and applicant.", show_default=False),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be found, and file nothing.")
    ] = False,
    lang: Lang = "en",
) -> None:
    """File an application at the registry's own counter; prints the number of the case."""
    document = read_json(form, field="FORM")
    if not isinstance(document, dict) or set(document) != {"type", "application", "applicant"}:
        raise BadInput(
            "the file holds an object of type, application and applicant, and nothing else", field="FORM"
        )
    filing = Filing(
        type=str(document["type"]),
        application=document["application"],
        applicant=document["applicant"],
        officer=standing.COUNTER,
    )
    with registry() as house:
        house.settle()
        if dry_run:
            found = house.cases.judge(filing, day=clock.today(), salt=clock.new_salt)
        else:
            filed = house.cases.file(
                filing,
                sign=_counter(house),
                day=clock.today(),
                event_id=clock.new_event_id(),
                salt=clock.new_salt,
            )
            house.settle()
            found = filed.findings
            console.say(f"Filed; the secret of the receipt, for the applicant alone: {filed.secret}")
            console.result(filed.case_no)
    for finding in found:
        console.finding(finding)
    if not found:
        console.say(languages.say("Nothing is found against it.", lang))


@app.command()
def show(
    case_no: Annotated[str, typer.Argument(help="The case's number: 593873-C000012.", show_default=False)],
    lang: Annotated[str, typer.Option(help="The language of the words.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="The whole document.")] = False,
) -> None:
    """Where the file is, what is next, by when, and who holds it."""
    from api.counter import Counter
    from api.routes.cases import case_document

    with registry() as house:
        document = cast("dict[str, Any]", case_document(Counter(house, clock.instant), case_no, lang))
    if as_json:
        console.result(json.dumps(document, ensure_ascii=False, indent=1))
        return
    console.result("\n".join(_lines(document)))


def _lines(case: dict[str, Any]) -> list[str]:
    days, holder = case["days"], case["holder"]
    lines = [f"{case['case_no']}: {case['title']}, {case['status_words']} (since {days['since']})"]
    if holder:
        lines.append(f"with {holder['words']}, {holder['office']}")
    told = {"due": "to be decided by", "notice_until": "objections until", "hearing": "to be heard on"}
    told["appeal_until"] = "appeal until"
    lines += [f"{words} {days[name]}" for name, words in told.items() if days[name]]
    if case["next"]:
        lines.append("possible now: " + ", ".join(n["step"] for n in case["next"]))
    lines += [
        f"  {s['decided']}  {s['words']} ({s['officer']})"
        + (f": {s['reason']['words']}" if s["reason"] else "")
        for s in case["steps"]
    ]
    return lines


def _counter(house: House) -> Any:
    key = standing.load(house.settings, standing.COUNTER)
    if key is None:
        raise BadInput(
            "this registry has no counter of its own",
            field="LANDLOG_HOME",
            remedy="Appoint one: `landlog case appoint OFFICE`.",
        )
    return lambda payload: dsse.seal(dsse.EVENT, payload, [key.sign_payload(dsse.EVENT, payload)])
