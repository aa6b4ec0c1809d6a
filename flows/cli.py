"""The command line. Exit codes: 0 done, 1 failed, 2 unusable input.

Heavy imports (Prefect, models) happen inside the commands, so that a night with nothing to do is over in a moment.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from flows import annotate, room, workbench
from tasks.errors import NightwireError, Unusable

if TYPE_CHECKING:
    from flows.manifest import Manifest
    from flows.run import Run

FAILED, UNUSABLE = 1, 2
Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = _supervised(options) if arguments is None and options.command in (_run, _backfill) else options.command(options)
        if arguments is None:
            _leave(code)
    except Unusable as error:
        print(f"nightwire: unusable input\n{error}", file=sys.stderr)
        return UNUSABLE
    except NightwireError as error:
        print(f"nightwire: {type(error).__name__}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # the reader of our output went away
        return FAILED
    except OSError as error:
        if error.errno not in room.DISK:
            raise
        print(f"nightwire: {room.said(error, (getattr(options, 'config', None) or Path.cwd()).resolve().parent)}", file=sys.stderr)
        return FAILED
    return code


def _leave(code: int) -> None:
    """End at once where Prefect was lost, and wait for nothing of it."""
    orchestrate = sys.modules.get("flows.orchestrate")
    if orchestrate and orchestrate.lost.is_set():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _supervised(options: argparse.Namespace) -> int:
    """A night that a document may end: begun again then, in a process of its own."""
    from flows import supervise

    def attempts() -> Path:
        from flows.places import Places
        from tasks.config import load

        return Places.of(load(options.config), options.config).store.root / "attempts"

    return supervise.supervised(lambda: options.command(options), attempts, lambda line: print(line, file=sys.stderr))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nightwire", description="Overnight, a day of news becomes a data set that a desk can trust.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = _command(commands, "run", _run, "run nights and publish them; what is done already is not done again")
    run.add_argument("--date", type=_date, action="append", help="YYYY-MM-DD, once or more (default: the last night that is over)")
    run.add_argument("--fetch-again", action="store_true", help="ask sources on the network once more, for what came late")
    run.add_argument("--without-prefect", action="store_true", help="run in this process; Prefect's UI does not see the night")

    backfill = _command(commands, "backfill", _backfill, "run many nights: those that need it, judged from the data")
    backfill.add_argument("--from", type=_date, dest="first", help="first night")
    backfill.add_argument("--to", type=_date, dest="last", help="last night, itself included")
    backfill.add_argument("--dates", type=_dates, default=(), help="YYYY-MM-DD,YYYY-MM-DD,… instead of a range")
    backfill.add_argument(
        "--only", choices=["missing", "failed", "stale", "all"], default="needed", help="(default: all that are not fresh)"
    )
    backfill.add_argument(
        "--stage", default="", help="nights in which this stage would run; with --only all: the stage worked out anew"
    )
    backfill.add_argument("--newest-first", action="store_true", help="the last night of the range is done first")
    backfill.add_argument("--at-once", type=int, default=1, metavar="N", help="nights under way at the same time (default: 1)")
    backfill.add_argument("--stop-after", type=int, default=3, metavar="K", help="so many failed nights end the backfill (default: 3)")
    backfill.add_argument("--dry-run", action="store_true", help="only tell which nights would run, why, and how long")
    backfill.add_argument("--without-prefect", action="store_true", help="run in this process; Prefect's UI does not see the nights")

    status = _command(commands, "status", _status, "every date: its state and why")
    status.add_argument("--from", type=_date, dest="first", help="first date (default: the first published one)")
    status.add_argument("--to", type=_date, dest="last", help="last date (default: the last published one)")
    status.add_argument("--json", action="store_true", help="one JSON object a line and date")

    verify = _command(commands, "verify", _verify, "prove the published files: bytes, counts, keys, spans")
    verify.add_argument("--date", type=_date, action="append", help="YYYY-MM-DD (default: all, foreign files included)")

    query = _command(commands, "query", _query, "ask what is published in SQL (DuckDB): one view a table, with run_date as a column")
    query.add_argument("sql", metavar="SQL", help='such as "select run_date, count(*) from stances group by 1"')
    query.add_argument("--json", action="store_true", help="one JSON object a line and row")

    up = _command(commands, "up", _up, "a server with the schedule, the backfill form and the trigger for late articles, until Ctrl-C")
    up.add_argument("--port", type=int, default=4200, help="port on this machine; the morning pages have the next one (default: 4200)")
    up.add_argument(
        "--every", type=float, default=60.0, metavar="SECONDS", help="between looks for missing nights and late articles (default: 60)"
    )
    up.add_argument(
        "--beside-workers", action="store_true", help="look after the desk only: workers run the deployments of prefect.yaml"
    )

    prune = _command(commands, "prune", _prune, "remove old generations and files that no night needs; never what is published")
    prune.add_argument("--keep", type=int, help="generations to keep (default: night.keep_generations of the configuration)")

    forget = _command(commands, "forget", _forget, "remove an article from every table, version and file, for good")
    forget.add_argument("article_id", metavar="ARTICLE_ID", help="20 hex digits, as in articles.article_id")

    _command(commands, "prepare", _prepare, "do now what a first night would wait for: Prefect's database, the models' files checked")

    show = _command(commands, "show", _show, "a readable sample of a published night")
    show.add_argument("--date", type=_date, help="YYYY-MM-DD (default: the last published one)")
    workbench.add(commands)
    annotate.add(commands)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, command: Command, about: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=about)
    parser.add_argument("config", type=Path, metavar="CONFIG", help="a TOML file, such as configs/demo.toml")
    parser.set_defaults(command=command)
    return parser


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; want YYYY-MM-DD") from error


def _dates(text: str) -> tuple[dt.date, ...]:
    return tuple(_date(part.strip()) for part in text.split(",") if part.strip())


def _run(options: argparse.Namespace) -> int:
    from flows import dates, environment, stopping
    from flows.desk import Desk
    from flows.run import Run

    desk = Desk.open(options.config)
    newest = dates.last_night(dt.datetime.now(dt.UTC), desk.config.night.timezone)
    chosen = options.date or [newest]
    if late := [str(date) for date in chosen if date > newest]:
        raise Unusable(f"--date {', '.join(late)}: that day is not over yet in {desk.config.night.timezone}; want {newest} or earlier")
    stopping.listen()
    environment.apply(desk.places)
    for date in chosen:
        _night(Run(desk, date, "command", options.fetch_again, stopping.asked), without_prefect=options.without_prefect)
    return 0


def _night(run: Run, *, without_prefect: bool) -> None:
    from flows import progress
    from flows.runners import Inline

    plan = run.plan(check_bytes=True)
    if plan.fresh:
        print(f"night {run.date}: published and unchanged, no step to run ({len(plan.jobs)} jobs checked)")
        return
    with progress.shown(run.desk.places.log(run.date), run.date, list(plan.jobs), run.desk.config.night.log):
        if without_prefect:
            published = run.execute(Inline(run.desk.config.night.workers))
        else:
            from flows import orchestrate

            published = orchestrate.night(run)
    print(_funnel(published))


def _funnel(published: Manifest) -> str:
    counts = {entry["table"]: entry["rows"] for entry in published.run["counts"]}
    seconds = sum(stage["seconds"] for stage in published.run["timings"])
    reused = sum(stage["reused"] for stage in published.run["timings"])
    return (
        f"night {published.run_date}: published "
        + ", ".join(f"{counts[name]} {name}" for name in counts)
        + (f" ({seconds:.1f} s of work, {reused} jobs were done already)")
    )


def _backfill(options: argparse.Namespace) -> int:
    from flows import backfill, environment, forecast, stopping
    from flows.desk import Desk
    from flows.wanted import Wanted

    desk = Desk.open(options.config)
    wanted = Wanted.of({name: getattr(options, name) for name in Wanted.model_fields})
    wanted.check(desk.config.night.timezone, dt.datetime.now(dt.UTC))
    if wanted.dry_run:
        print("\n".join(forecast.told(forecast.plan(desk, wanted))))
        return 0
    stopping.listen()
    environment.apply(desk.places)
    if options.without_prefect:
        outcome = backfill.drive(desk, wanted, lambda run: _night(run, without_prefect=True), stopping.asked)
    else:
        from flows import orchestrate

        outcome = orchestrate.backfill_command(desk, wanted, lambda run: _night(run, without_prefect=False))
    print(f"backfill: {outcome}")
    return FAILED if outcome.failed or outcome.stopped else 0


def _query(options: argparse.Namespace) -> int:
    from flows import query
    from flows.places import Places
    from tasks.config import load

    published = Places.of(load(options.config), options.config).published
    for line in query.answer(published, options.sql, as_json=options.json):
        print(line)
    return 0


def _status(options: argparse.Namespace) -> int:
    from flows import manifest, status
    from flows.desk import Desk

    desk = Desk.open(options.config)
    known = manifest.dates(desk.places.published)
    last = options.last or (known[-1] if known else None)
    if last is None:
        print(f"{desk.config.name}: nothing is published yet; `nightwire run {options.config}` begins")
        return 0
    rows = status.matrix(desk, options.first, last)
    if options.json:
        for row in rows:
            print(json.dumps({**asdict(row), "date": str(row.date)}))
        return 0
    print("\n".join(status.table(rows)))
    return 0


def _verify(options: argparse.Namespace) -> int:
    from flows import checks, manifest, snapshot
    from flows.places import Places
    from tasks.config import load

    published = snapshot.of(Places.of(load(options.config), options.config).published)
    if missing := [str(date) for date in options.date or () if date not in manifest.dates(published)]:
        raise Unusable(
            f"{', '.join(missing)}: not published under {published.shown('')}; `nightwire status {options.config}` shows what is"
        )
    faults = checks.verify(published, options.date or ())
    for fault in faults:
        print(fault)
    print(f"{len(faults)} fault(s) in {len(options.date or manifest.dates(published))} night(s) of {published.shown('')}")
    return FAILED if faults else 0


def _up(options: argparse.Namespace) -> int:
    from flows import serve
    from flows.desk import Desk

    def say(line: str) -> None:
        print(line, flush=True)

    serve.up(Desk.open(options.config), options.port, options.every, say, beside_workers=options.beside_workers)
    return 0


def _prune(options: argparse.Namespace) -> int:
    from flows import care
    from flows.desk import Desk

    desk = Desk.open(options.config)
    keep = desk.config.night.keep_generations if options.keep is None else options.keep
    if keep < 1:
        raise Unusable(f"--keep {keep}: the published generation always stays; want 1 or more")
    removed, files = care.prune(desk, keep, dt.datetime.now(dt.UTC))
    print(f"{removed} generation(s) and {files} file(s) of the store removed; {len(care.generations(desk.places))} generation(s) kept")
    return 0


def _forget(options: argparse.Namespace) -> int:
    from flows import care
    from flows.desk import Desk

    if not re.fullmatch("[0-9a-f]{20}", options.article_id):
        raise Unusable(f"{options.article_id!r} is no article's id; want 20 hex digits, as in the column articles.article_id")
    anew = care.forget(Desk.open(options.config), options.article_id, dt.datetime.now(dt.UTC))
    print(f"{options.article_id}: forgotten; published anew: {', '.join(map(str, anew)) or 'no night, for none had it'}")
    return 0


def _prepare(options: argparse.Namespace) -> int:
    from flows import environment
    from flows.desk import Desk

    desk = Desk.open(options.config)
    environment.apply(desk.places)
    from flows import orchestrate

    orchestrate.prepare()
    print(f"{desk.config.name}: ready")
    return 0


def _show(options: argparse.Namespace) -> int:
    from flows import manifest, show, snapshot
    from flows.places import Places
    from tasks.config import load

    published = snapshot.of(Places.of(load(options.config), options.config).published)
    known = manifest.dates(published)
    date = options.date or (known[-1] if known else None)
    if date is None or date not in known:
        raise Unusable(f"{date or 'nothing'}: not published under {published.shown('')}; `nightwire run {options.config}` first")
    show.night(published, date)
    return 0


if __name__ == "__main__":
    sys.exit(main())
