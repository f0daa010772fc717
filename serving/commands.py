"""The commands of serving: rank, explain, serve, settings. Each returns its answer.

Inputs are checked before anything is written, and a list that cannot be written is not stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

from features.errors import InputError
from features.tables.history import History
from serving.access import COMMAND_LINE, LIFE, Kind
from serving.batch import rank
from serving.caseloads import load_caseloads
from serving.records import Records, check_day
from serving.registry import load
from serving.result import INSUFFICIENT
from serving.rules import load_rules
from serving.scorer import Scorer
from serving.service import start
from serving.settings import Settings
from serving.ui.present import effect, higher_than, percent
from serving.worklist.export import form_of, moment, write_whole
from serving.worklist.store import Store

Answer = dict[str, object]
Progress = Callable[[str, float | None], None]


def rank_command(
    *,
    history: Path,
    as_of: str,
    caseloads: Path | None,
    rules: Path | None,
    out: Path,
    progress: Progress,
) -> Answer:
    """Rank the people of a History for the next free places: write the list, store the worklist.

    Returns {as_of, models, scored, eligible, cut, places, invited, overfill_chance, list}.
    """
    write = form_of(out)
    told, lines = load_rules(rules), None if caseloads is None else load_caseloads(caseloads)
    opened, day = History.open(history), _day(as_of)
    check_day(opened, day)
    settings = Settings.from_env()
    served = load(told.model, settings.tracking_uri)
    ranked = rank(opened, served, day, rules=told, caseloads=lines, progress=progress)
    run, content = ranked.run, write(ranked.run, ranked.entries)
    store = Store(settings.store_url)
    try:
        store.save(COMMAND_LINE, run, ranked.entries, then=lambda: write_whole(out, content))
    finally:
        store.close()
    return {
        "as_of": moment(run.as_of),
        "models": dict(run.models),
        "scored": run.scored,
        "eligible": run.eligible,
        "cut": {"value": run.cut_value, "count": run.cut_count},
        "places": run.places,
        "invited": run.invited,
        "overfill_chance": run.overfill_chance,
        "list": str(out),
    }


def rank_text(answer: Answer) -> str:
    cut: dict[str, float | None] = answer["cut"]  # type: ignore[assignment]
    models: dict[str, str] = answer["models"]  # type: ignore[assignment]
    chance = answer["overfill_chance"]
    return "\n".join(
        [
            f"As of {answer['as_of']}, by {_named(models)}",
            f"  {answer['scored']:>8} people scored",
            f"  {answer['eligible']:>8} eligible: at or above a risk of {percent(cut['value'])}, "
            f"the cut over {cut['count']} people of eligible age",
            f"  {answer['places']:>8} free places",
            f"  {answer['invited']:>8} to invite now; the chance that a nurse is asked for more "
            f"places than are free is at most {chance:.1%}",
            f"The list: {answer['list']}",
        ]
    )


def explain_command(*, person: str, model: str, progress: Progress) -> Answer:
    """One person's risk with its reasons, as of the morning after the History's last day.

    Returns the answer of POST /v1/risk. Raises InputError without CASELOAD_HISTORY, NotFoundError
    for a person or model that is not there.
    """
    settings = Settings.from_env()
    records = Records(settings.needed_history())
    as_of = records.last_moment()
    tables = records.person(COMMAND_LINE, person, as_of)
    progress("scoring", None)
    scorer = Scorer([load(model, settings.tracking_uri)])
    return {
        "person_id": person,
        "as_of": moment(as_of),
        "results": [result.to_json() for result in scorer.assess(tables, as_of)],
    }


def explain_text(answer: Answer) -> str:
    results: list[Answer] = answer["results"]  # type: ignore[assignment]
    head = f"Person {answer['person_id']}, as of {answer['as_of']}"
    return "\n".join([head, *(line for result in results for line in _result_lines(result))])


def serve_command(*, progress: Progress) -> None:
    """Run the service until it is interrupted; prints a token, and last the link to sign in."""
    progress("starting", None)
    service = start(Settings.from_env())
    print(f"Token for programs, valid for {LIFE[Kind.API].days} days: {service.token}")
    print("Open the link below to sign in; it works once. Stop with Ctrl-C.")
    print(f"CASELOAD_URL={service.link}", flush=True)
    service.run()


def settings_command(*, progress: Progress) -> Answer:  # noqa: ARG001 every command is given it
    """The settings in force by environment name, secrets redacted."""
    return dict(Settings.from_env().shown())


def settings_text(answer: Answer) -> str:
    return "\n".join(f"{name}={value}" for name, value in answer.items())


def _result_lines(result: Answer) -> Iterator[str]:
    model = f"{result['model']} version {result['version']}"
    completeness: Answer = result["completeness"]  # type: ignore[assignment]
    share, missing = completeness["share"], completeness["missing"]
    if result["index_at"] is None:
        yield f"{model}: there is nothing to score without {', '.join(missing)}"  # type: ignore[arg-type]
        yield "That is not a low risk."
        return
    if result["status"] == INSUFFICIENT:
        yield f"{model}: too little could be read for a score ({share:.0%} of the inputs)"
        yield "That is not a low risk."
    else:
        place = higher_than(result["percentile"])  # type: ignore[arg-type]
        yield f"{model}: risk {percent(result['risk'])}, {place} of the people it was trained on"  # type: ignore[arg-type]
        yield f"{share:.0%} of its inputs could be read. Why this risk, the strongest part first:"
    for reason in result["reasons"]:  # type: ignore[attr-defined]
        yield f"  {effect(reason['contribution']):16} {reason['text']}"
    if missing:
        yield f"Could not be read: {', '.join(missing)}"  # type: ignore[arg-type]


def _named(models: dict[str, str]) -> str:
    return ", ".join(f"{name} version {version}" for name, version in models.items())


def _day(text: str) -> datetime:
    """The start of a day. Raises InputError for what is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "this is no day", where="--as-of", cure="give it as YYYY-MM-DD, such as 2025-01-01"
        ) from None
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 local time without a zone
