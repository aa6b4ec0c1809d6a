"""`nightwire annotate`: a blind sheet goes out, labels come back, agreement and scores are told.

Labels lie in `labels/labelled.parquet` beside `published`: they belong to the people who gave them, and no run touches them.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from pyarrow import csv

from flows import manifest, snapshot
from flows.places import Places
from flows.publish import locked
from flows.store import read_table, sync, write_table
from tasks.config import Config, load
from tasks.errors import Unusable
from tasks.stance.annotate import against_model, agreement, labelled, sample
from tasks.tables import LABELLED, SPECS, concat, conform
from tasks.words.cells import harmless

Subparsers = argparse._SubParsersAction


def add(commands: Subparsers[argparse.ArgumentParser]) -> None:
    """Add the command annotate."""
    annotate = commands.add_parser("annotate", help="human labels: a blind sample out, labels in, agreement and scores")
    annotate.add_argument("what", choices=("export", "import", "report"))
    annotate.add_argument("config", type=Path, metavar="CONFIG")
    annotate.add_argument("file", type=Path, nargs="?", metavar="FILE", help="the sheet, a CSV file: written by export, read by import")
    annotate.add_argument("--rows", type=int, default=200, help="export: items (default: 200)")
    annotate.add_argument("--seed", default="1", help="export: the same seed draws the same items")
    annotate.add_argument("--date", type=dt.date.fromisoformat, action="append", help="export, report: these nights (default: all)")
    annotate.set_defaults(command=_annotate)


def _annotate(options: argparse.Namespace) -> int:
    config = load(options.config)
    places = Places.of(config, options.config)
    if options.file is None and options.what != "report":
        raise Unusable(f"annotate {options.what} needs a FILE, such as sheet.csv")
    match options.what:
        case "export":
            rows = export(places, config, options.file, options.rows, options.seed, options.date)
            print(f"{rows} items in {options.file}; fill in the columns label and coder, then: nightwire annotate import CONFIG FILE")
        case "import":
            print(f"{take_in(places, options.file)} labels in {path(places)}")
        case _:
            print(json.dumps(report(places, options.date), indent=1))
    return 0


def path(places: Places) -> Path:
    """Where the labels lie."""
    return places.root / "labels" / "labelled.parquet"


def export(places: Places, config: Config, file: Path, rows: int, seed: str, dates: list[dt.date] | None = None) -> int:
    """Write a blind sheet; the number of items.

    Raises:
        Unusable: nothing is published, or the file exists.
    """
    if file.exists():
        raise Unusable(f"{file} exists; it may hold labels already. Name another file")
    stances, articles, stories = (_published(places, name, dates) for name in ("stances", "articles", "stories"))
    sheet = sample(stances, articles, stories, config, rows, seed)
    cells = {name: [harmless(text) for text in sheet[name].to_pylist()] for name in sheet.schema.names}
    csv.write_csv(pa.table(cells, schema=sheet.schema), file, csv.WriteOptions(quoting_style="all_valid"))
    return int(sheet.num_rows)


def take_in(places: Places, file: Path) -> int:
    """Add a sheet's labels to those there are, a coder's newer label in place of the older; the number of labels in all."""
    try:
        options = csv.ConvertOptions(
            column_types={name: pa.string() for name in ("item_id", "quote_id", "article_id", "coder", "note")}
        )
        sheet = csv.read_csv(file, convert_options=options, parse_options=csv.ParseOptions(newlines_in_values=True))
    except (OSError, pa.ArrowInvalid) as error:
        raise Unusable(f"{file}: can't be read as CSV: {error}") from error
    fresh = labelled(sheet)
    with locked(places.lock("labels"), "an import", wait=True):
        given = {(row["item_id"], row["coder"]): row for row in [*read(places).to_pylist(), *fresh.to_pylist()]}
        _write(places, LABELLED.rows(given.values()))
    return len(given)


def forget(places: Places, article_id: str) -> None:
    """Remove the labels of an article."""
    with locked(places.lock("labels"), "an import", wait=True):
        labels = read(places)
        rest = labels.filter(pc.not_equal(labels["article_id"], article_id))
        if rest.num_rows < labels.num_rows:
            _write(places, rest)


def _write(places: Places, labels: pa.Table) -> None:
    target = path(places)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    write_table(conform(labels, LABELLED), partial)
    sync(partial)
    partial.replace(target)
    sync(target.parent)


def read(places: Places) -> pa.Table:
    """All labels so far."""
    return read_table(path(places), LABELLED) if path(places).exists() else LABELLED.empty()


def report(places: Places, dates: list[dt.date] | None = None) -> dict[str, object]:
    """Agreement among people, and the model beside them on what is published."""
    labels = read(places)
    if not labels.num_rows:
        raise Unusable(f"no labels in {path(places)}; begin with: nightwire annotate export CONFIG sheet.csv")
    stances, stories = (_published(places, name, dates) for name in ("stances", "stories"))
    return {"people": agreement(labels), "model": against_model(labels, stances, stories)}


def _published(places: Places, name: str, dates: list[dt.date] | None) -> pa.Table:
    spec = SPECS[name]
    held = snapshot.of(places.published)
    chosen = dates or manifest.dates(held)
    files = [held.location(file) for date in chosen for file in held.within(f"{name}/run_date={date}")]
    if not files:
        raise Unusable(f"{places.published} has no {name} of {', '.join(map(str, chosen)) or 'any night'}; run a night first")
    tables = [ds.dataset(file, schema=spec.schema, filesystem=held.filesystem()).to_table() for file in files]
    newest = {}
    for table in tables:  # an article may stand in several nights: the newest row of a key counts
        for row in table.to_pylist():
            newest[tuple(row[key] for key in spec.key)] = row
    return concat([spec.rows(newest.values())], spec)
