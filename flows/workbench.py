"""Commands beside the night: measure a stage on any labelled file, train a model, look after weights."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.config import Config, ModelSpec, QuoteSettings, StanceSettings, load
from tasks.errors import Unusable

if TYPE_CHECKING:
    import pyarrow as pa

Subparsers = argparse._SubParsersAction
WHAT = ("stance", "directed", "quotes", "summaries", "faithfulness", "extraction", "datelines", "duplicates")


def add(commands: Subparsers[argparse.ArgumentParser]) -> None:
    """Add the commands evaluate, train and models."""
    evaluate = commands.add_parser("evaluate", help="measure a stage on a labelled file")
    evaluate.add_argument("what", choices=WHAT)
    evaluate.add_argument("file", type=Path, metavar="FILE", help="Parquet, CSV or JSON lines; extraction: an archive of pages")
    evaluate.add_argument("--config", type=Path, help="whose settings and models are measured (default: the house's)")
    evaluate.add_argument("--language", default="", help="extraction: only pages in this language")
    evaluate.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else there")
    evaluate.set_defaults(command=_evaluate)

    train = commands.add_parser("train", help="train a model of ours; goes on where it was stopped")
    train.add_argument("what", choices=("stance", "quotes"))
    train.add_argument("files", type=Path, nargs="+", metavar="FILE", help="labelled Parquet files")
    train.add_argument("--out", type=Path, required=True, help="folder of checkpoint and finished model")
    train.add_argument("--base", help="stance: a model of ours to go over once more, e.g. folder:DIR")
    train.add_argument(
        "--average", type=float, default=1.0, help="stance: part of the new weights in a mean with the base's (default: all)"
    )
    train.add_argument("--written", action="store_true", help="stance: also the rows that nightwire's authors wrote for the codebook")
    train.add_argument("--steps", type=int, help="stance: updates in all")
    train.add_argument("--rate", type=float, help="stance: the learning rate's peak")
    train.add_argument("--seed", type=int, default=1, help="stance: of the draw, the masks and the dropout")
    train.set_defaults(command=_train)

    models = commands.add_parser("models", help="the weights that a configuration names")
    models.add_argument("what", choices=("list", "fetch", "verify", "agree"))
    models.add_argument("config", type=Path, metavar="CONFIG")
    models.add_argument("--texts", type=Path, help="agree: a file with one real input a line, 2,000 or more")
    models.set_defaults(command=_models)


def _evaluate(options: argparse.Namespace) -> int:
    if not options.file.exists():
        raise Unusable(f"no such file: {options.file}")
    config = load(options.config) if options.config else None
    began = time.perf_counter()
    found = measure(options.what, options.file, config, options.language)
    result = {"seconds": round(time.perf_counter() - began, 3), **found}
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for key, value in result.items():
            print(f"{key:22} {value if not isinstance(value, dict | list) else json.dumps(value, ensure_ascii=False)}")
    return 0


def measure(what: str, file: Path, config: Config | None, language: str = "") -> dict[str, Any]:
    """The scores of one stage on one file; always `rows` and `model`."""
    match what:
        case "stance" | "directed":
            return _measure_stance(what, read_rows(file), config.stances if config else StanceSettings())
        case "quotes":
            from tasks.quotes.evaluate import evaluate_quotes

            return evaluate_quotes(read_rows(file), config.quotes if config else QuoteSettings())
        case "summaries":
            from tasks.summarize.evaluate import evaluate_summaries

            return evaluate_summaries(read_rows(file), *([config.summaries] if config else []))
        case "faithfulness":
            from tasks.summarize.faithfulness import evaluate_faithfulness

            return evaluate_faithfulness(read_rows(file), config.summaries if config else None)
        case "duplicates":
            from tasks.dedup.evaluate import evaluate_duplicates

            return dict(evaluate_duplicates(read_rows(file), config.copies if config else None))
        case "extraction":
            from tasks.ingest.evaluate import evaluate_extraction

            return evaluate_extraction(file, language)
        case _:
            from tasks.ingest.evaluate import evaluate_datelines

            return evaluate_datelines(file)


def _measure_stance(what: str, table: pa.Table, settings: StanceSettings) -> dict[str, Any]:
    from tasks.models import load_pair, verify
    from tasks.stance.calibrate import read_calibration
    from tasks.stance.classify import classifier, of_segments
    from tasks.stance.evaluate import evaluate_directed, evaluate_stance
    from tasks.tables import CLASSES

    model = load_pair(settings.model)
    nli = set(CLASSES) - set(model.labels)  # or a model that `classifier` refuses
    classify = of_segments(classifier(settings.model)) if nli else in_order(model)
    scored: Callable[..., dict[str, Any]] = evaluate_stance if what == "stance" else evaluate_directed
    began = time.perf_counter()
    found = scored(table, classify, read_calibration(verify(settings.model).path))
    asked = found["rows"] * (2 if what == "directed" else 1)
    return {**found, "model": settings.model.name, "pairs_per_second": round(asked / (time.perf_counter() - began), 1)}


def read_rows(file: Path) -> pa.Table:
    """A table of a labelled file, by its ending: .parquet, .csv, .jsonl.

    Raises:
        Unusable: another ending, or a file that is not what its ending says.
    """
    import pyarrow as pa
    from pyarrow import csv
    from pyarrow import json as lines
    from pyarrow import parquet as pq

    readers: dict[str, Callable[[Path], pa.Table]] = {
        ".parquet": pq.read_table,
        ".csv": csv.read_csv,
        ".jsonl": lines.read_json,
    }
    if file.suffix not in readers:
        raise Unusable(f"{file.name}: ending {file.suffix!r}; want one of {', '.join(readers)}")
    try:
        return readers[file.suffix](file)
    except (pa.ArrowInvalid, OSError) as error:
        raise Unusable(f"{file.name}: can't be read as {file.suffix}: {error}") from error


def _train(options: argparse.Namespace) -> int:
    def say(line: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)

    if missing := [str(file) for file in options.files if not file.exists()]:
        raise Unusable(f"no such file: {', '.join(missing)}")
    if options.what == "quotes":
        from tasks.quotes.train import train_quotes

        done = train_quotes(options.files, options.out)
    else:
        done = _train_stance([read_rows(file) for file in options.files], options, say)
    print(done)
    return 0


def _train_stance(tables: list[pa.Table], options: argparse.Namespace, say: Callable[[str], None]) -> Path:
    """Trains, calibrates on rows kept for it, and seals the folder: it can then be named in a configuration as `folder:OUT`."""
    from tasks.models import load_pair, seal, verify
    from tasks.models.average import average
    from tasks.stance.confidence import calibrate_stance
    from tasks.stance.train import DECAY_STEPS, LEARNING_RATE, STEPS, train_stance

    base = ModelSpec(kind="pair", name=options.base) if options.base else ModelSpec(kind="encoder", name="embedded:minilm")
    steps, rate = options.steps or STEPS, options.rate or LEARNING_RATE
    decay = round(DECAY_STEPS / STEPS * steps)
    done = train_stance(
        tables,
        verify(base).path,
        options.out,
        say,
        steps=steps,
        decay_steps=decay,
        seed=options.seed,
        learning_rate=rate,
        written=options.written,
    )
    if options.average != 1:
        average(verify(base).path, done, options.average)
    seal(done)
    model = load_pair(ModelSpec(kind="pair", name=f"folder:{done.resolve()}"))
    calibrate_stance(tables, in_order(model)).write(done)
    seal(done)
    return done


def in_order(model: Any) -> Callable[[Sequence[tuple[str, str]]], Any]:
    """The model's probabilities with columns in the order of CLASSES."""
    import numpy as np

    from tasks.tables import CLASSES

    order = [model.labels.index(name) for name in CLASSES]
    return lambda pairs: np.asarray(model.classify(list(pairs)).values, dtype=np.float64)[:, order]


def _models(options: argparse.Namespace) -> int:
    from tasks.models import inventory

    config, folder = load(options.config), options.config.resolve().parent
    match options.what:
        case "fetch":
            for name, locked in inventory.fetch_all(config, folder).items():
                print(f"{name} {locked.revision}")
            return 0
        case "agree":
            return _agree(config, folder, options.texts)
        case what:
            items = inventory.inventory(config, folder)
            for item in items:
                print(f"{item.role:18} {item.name:28} {item.engine:20} {item.digest or '-'}  {item.fault or 'as it should be'}")
            return 2 if what == "verify" and any(item.fault for item in items) else 0


def _agree(config: Config, folder: Path, file: Path | None) -> int:
    from tasks.models.agree import agreements

    if file is None or not file.exists():
        raise Unusable("models agree needs --texts FILE with one real input a line, 2,000 or more")
    texts = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    found = list(agreements(config, folder, texts))
    for agreement in found:
        print(agreement)
    return 0 if all(agreement.agrees for agreement in found) else 1
