"""Throughput of SUMMARIZE on the embedded default, where the time goes, and numbers or names that its summaries made up.

    python benchmarks/summaries.py ARTICLES.parquet [--column text] [--rows 300] [--generator FOLDER --kind seq2seq]

Beside ours in the same run: Lead-3 (splitting only, the floor of any extractive method) and the same sentences encoded one by one, as a
plain loop over articles would.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow.parquet as pq

from tasks.config import ModelSpec, SummarySettings
from tasks.models import load_encoder
from tasks.summarize.candidates import read
from tasks.summarize.choose import Sets, choose
from tasks.summarize.extract import Article
from tasks.summarize.facts import new_names, new_numbers
from tasks.summarize.features import features
from tasks.summarize.rank import scores, set_weights
from tasks.summarize.steps import write
from tasks.words.sentences import sentences

Result = TypeVar("Result")


def timed(name: str, count: int, run: Callable[[], Result], floor: float = 0.0) -> tuple[Result, float]:
    """Runs once, prints items a second of the clock and of CPU time (other load distorts it less), and the ratio to `floor` CPU s."""
    begun, used = time.perf_counter(), time.process_time()
    result = run()
    wall, seconds = time.perf_counter() - begun, time.process_time() - used
    ratio = f"  {seconds / floor:8.3f} x" if floor else ""
    print(f"{name:34} {wall:8.2f} s {count / wall:8.1f} articles/s {count / seconds:8.1f} articles/CPU-s{ratio}")
    return result, seconds


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--column", default="text")
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--generator")
    parser.add_argument("--kind", default="seq2seq", choices=("seq2seq", "instruct"))
    args = parser.parse_args()
    texts = [t for t in pq.read_table(args.file, columns=[args.column])[args.column].to_pylist() if t][: args.rows]
    articles = [Article("", text, "en", []) for text in texts]
    settings = SummarySettings()
    if args.generator:
        settings = SummarySettings(generator=ModelSpec(kind=args.kind, name=f"folder:{args.generator}"))
    encoder = load_encoder(settings.model)
    encoder.encode(["The first call loads and compiles."])

    _, lead = timed("Lead-3", len(texts), lambda: [sentences(t, "en")[:3] for t in texts])
    made, whole = timed("SUMMARIZE", len(texts), lambda: write(articles, settings), lead)
    readings, _ = timed("  splitting, candidates", len(texts), lambda: [read(t, [], "en") for t in texts], whole)
    flat = list(dict.fromkeys(c.text for r in readings for c in r.candidates[: settings.max_sentences]))
    vectors, _ = timed("  encoder", len(texts), lambda: encoder.encode(flat).values, whole)
    place = {text: n for n, text in enumerate(flat)}

    def rank() -> None:
        for reading in readings:
            some = reading.candidates[: settings.max_sentences]
            if len(some) > settings.sentences:
                rows = np.nan_to_num(vectors[[place[c.text] for c in some]])
                choose(Sets(some, scores(features(some, rows)), rows), set_weights(), settings.sentences, settings.max_words)

    timed("  features, sets", len(texts), rank, whole)
    some = texts[: max(1, len(texts) // 10)]
    _, single = timed(
        "peer: encoder, one by one (tenth)",
        len(some),
        lambda: [encoder.encode([c.text]) for t in some for c in read(t, [], "en").candidates],
    )
    print(f"ours / one by one: {(len(texts) / whole) / (len(some) / single):.2f} x articles a CPU second")
    print(f"sentences {len(flat)}, a CPU second {len(flat) / whole:.0f}")
    wrong = sum(bool(new_numbers(s.text, t) or new_names(s.text, t)) for s, t in zip(made, texts, strict=True))
    print(f"summaries with a number, date or name that the article lacks: {wrong} of {len(texts)}")


if __name__ == "__main__":
    main()
