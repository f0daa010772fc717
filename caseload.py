"""The one command. Names every subcommand and its options, and imports a part only when it runs.

It holds no logic: a command function of a floor does the work and returns the JSON answer. Here
answers are printed, progress goes to standard error, and the error family becomes an exit status:
0 done, 1 our fault, 2 the input is at fault.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

Answer = dict[str, object]


@dataclass(frozen=True)
class Argument:
    """One argument of a command: `flags` are its names, the rest is for argparse."""

    flags: tuple[str, ...]
    options: dict[str, object]


@dataclass(frozen=True)
class Command:
    """A subcommand: where its function lives (`module:function`), its help and its arguments."""

    name: str
    function: str
    help: str
    arguments: tuple[Argument, ...]
    json: bool = True


def _arg(*flags: str, **options: object) -> Argument:
    return Argument(flags, options)


HISTORY = _arg("--history", type=Path, required=True, metavar="HISTORY", help="folder of a History")
ROWS = (
    _arg("--history", type=Path, metavar="HISTORY", help="folder of a History"),
    _arg("--table", type=Path, metavar="FILE",
         help="in place of a History, for a recipe or model of a flat table: CSV or Parquet"),
)  # fmt: skip
OUT = _arg("--out", type=Path, required=True, help="where to write; nothing is left half written")
AS_OF = _arg("--as-of", required=True, metavar="DATE", help="the day the list is for, YYYY-MM-DD")

COMMANDS = (
    Command(
        "demo",
        "caseload_demo:demo_command",
        "a synthetic population, two models, a ranked list and the service, in one go",
        (
            _arg("--people", type=int, default=20_000, help="size of the population"),
            _arg("--port", type=int, default=None, help="a busy port gives the next free one"),
            _arg("--no-serve", dest="serve", action="store_false", help="end after the list"),
        ),
        json=False,
    ),
    Command(
        "synth",
        "features.commands:synth_command",
        "make a synthetic population with a known truth",
        (
            _arg("--people", type=int, required=True),
            _arg("--seed", type=int, required=True, help="the same seed gives the same bytes"),
            _arg("--years", type=int, default=6),
            _arg("--ages", choices=("older", "general"), default="older"),
            _arg("--scenario", default="default", metavar="FILE", help="shipped name or TOML file"),
            OUT,
        ),
    ),
    Command(
        "ingest",
        "features.commands:ingest_command",
        "read a source into a History, every row accounted for",
        (
            _arg("--from", dest="source_format", required=True, metavar="NAME",
                 help="native, omop, fhir, synpuf, synthea, mimic, meds or table"),
            _arg("source", metavar="SOURCE", help="folder, file or, for omop, database URL"),
            _arg("--out", type=Path, help="the History; required unless a mapping is drafted"),
            _arg("--mapping", type=Path, metavar="FILE",
                 help="which column is what (table): a TOML file, or cv19_claims, hes or tuva"),
            _arg("--draft-mapping", type=Path, metavar="FILE",
                 help="write a mapping proposed from the files to FILE, and read nothing (table)"),
            _arg("--observed", action="append", default=[], metavar="KIND=FROM..TO",
                 help="your word for when people were observed, where the source does not say; "
                 "may be given again"),
            _arg("--on-error", choices=("stop", "reject"), default="stop",
                 help="stop: the first bad row ends it; reject: bad rows go to a rejects file"),
        ),
    ),
    Command(
        "check",
        "features.commands:check_command",
        "say what a History holds, what is wrong with it, and which models it supports",
        (
            _arg("history", type=Path, metavar="HISTORY", help="folder of a History"),
            _arg("--html", type=Path, metavar="FILE", help="write the report as a page, too"),
        ),
    ),
    Command(
        "matrix",
        "training.matrix:matrix_command",
        "write the features and outcomes of a recipe to one Parquet file, for notebooks",
        (
            _arg("recipe", metavar="RECIPE", help="shipped name or TOML file"),
            *ROWS,
            _arg("--out", type=Path, required=True, metavar="FILE.parquet",
                 help="written whole or not at all; an interrupted run goes on where it was"),
            _arg("--carrier", choices=("local", "spark"), default="local",
                 help="this machine, or Spark's executors; the file is the same"),
            _arg("--master", metavar="URL",
                 help="of Spark: local[4], spark://host:7077, yarn, ...; local[*] where nothing "
                 "is said"),
        ),
    ),
    Command(
        "train",
        "training.commands:train_command",
        "train a recipe, evaluate it beside the simple scores and register it",
        (_arg("recipe", metavar="RECIPE", help="shipped name or TOML file"), *ROWS),
    ),
    Command(
        "evaluate",
        "training.commands:evaluate_command",
        "evaluate a model on people it was not trained on",
        (
            _arg("model", metavar="MODEL", help="name@alias, name@version or a bundle folder"),
            *ROWS,
            _arg("--predictions", type=Path, metavar="FILE", help="risk and baselines, Parquet"),
        ),
    ),
    Command("models", "training.commands:models_command", "registered models and what is live", ()),
    Command(
        "rank",
        "serving.commands:rank_command",
        "rank people for the next free places and store the worklist",
        (
            HISTORY,
            AS_OF,
            _arg("--caseloads", type=Path, metavar="FILE", help="nurses, places, practices (CSV)"),
            _arg("--rules", type=Path, metavar="FILE", help="who is eligible (TOML)"),
            OUT,
        ),
    ),
    Command(
        "explain",
        "serving.commands:explain_command",
        "one person's risk with its reasons",
        (
            _arg("person", metavar="PERSON", help="our opaque person id"),
            _arg("--model", default="complexity@champion", metavar="MODEL"),
        ),
    ),
    Command("serve", "serving.commands:serve_command", "run the service", (), json=False),
    Command("settings", "serving.commands:settings_command", "the settings in force", ()),
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = vars(_parser().parse_args(arguments))
    command: Command = options.pop("command")
    as_json = options.pop("json", False)
    from features.errors import CaseloadError, InputError

    try:
        answer = _run(command, options)
    except InputError as error:
        print(f"caseload: {error}", file=sys.stderr)
        return 2
    except CaseloadError as error:
        print(f"caseload: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("caseload: stopped", file=sys.stderr)
        return 130
    if answer is not None:
        print(json.dumps(answer) if as_json else _readable(command, answer))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="caseload",
        description="Finds the patients a care-coordination programme should offer its next free "
        "places to, says why, and keeps the list.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        for argument in command.arguments:
            sub.add_argument(*argument.flags, **argument.options)  # type: ignore[arg-type]
        if command.json:
            sub.add_argument("--json", action="store_true", help="print one JSON object only")
        sub.set_defaults(command=command)
    return parser


def commands_markdown() -> str:
    """The reference of commands, as docs/reference/commands.md holds it."""
    lines = [
        "# Commands",
        "",
        "Written from the code by `make docs`. Exit status: 0 done, 1 our fault, 2 the input is at",
        "fault. Where `--json` is listed, it prints one JSON object on standard output and nothing",
        "else there; progress goes to standard error.",
    ]
    for command in COMMANDS:
        json_too = (_arg("--json", help="print one JSON object only"),) if command.json else ()
        lines += [
            "",
            f"## caseload {command.name}",
            "",
            f"{command.help[0].upper() + command.help[1:]}.",
            "",
        ]
        lines += [_argument_markdown(argument) for argument in (*command.arguments, *json_too)]
    return "\n".join(lines).rstrip() + "\n"


def _argument_markdown(argument: Argument) -> str:
    options = argument.options
    choices = options.get("choices")
    parts = [
        "|".join(map(str, choices)) if isinstance(choices, tuple) else "",
        str(options.get("help", "")),
        "required" if options.get("required") else "",
        f"default {options['default']}" if options.get("default") not in (None, []) else "",
    ]
    flag = argument.flags[0] if argument.flags[0].startswith("-") else ""
    name = f"{flag} {options.get('metavar', '')}".strip()
    return f"- `{name}` {'; '.join(part for part in parts if part)}".rstrip()


def _run(command: Command, options: dict[str, object]) -> Answer | None:
    module, name = command.function.split(":")
    function: Callable[..., Answer | None] = getattr(import_module(module), name)
    return function(**options, progress=Progress())


def _readable(command: Command, answer: Answer) -> str:
    """The answer for a person: the command's own `render_NAME` beside it, else indented JSON."""
    module, name = command.function.split(":")
    render = getattr(import_module(module), name.replace("_command", "_text"), None)
    return render(answer) if render else json.dumps(answer, indent=2)


class Progress:
    """Says on standard error what is being done and how far it is; never a patient value."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.last = ""

    def __call__(self, message: str, share: float | None = None) -> None:
        line = message if share is None else f"{message} {share:.0%}"
        if line != self.last:
            print(f"  {time.monotonic() - self.start:6.1f} s  {line}", file=sys.stderr, flush=True)
        self.last = line


if __name__ == "__main__":
    sys.exit(main())
