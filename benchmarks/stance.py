"""The stance stage beside transformers' zero-shot pipeline, asked the same questions in one run: benchmarks/stance.py [--rounds N]

Ours is the whole stage as a night runs it: mentions, questions, the shipped model, rows. The peer is
`pipeline("zero-shot-classification")` on an NLI-shaped network of the same size (MiniLM with a three-label head of random weights:
its answers mean nothing, its time does) and is handed what ours found out first: which holder is asked about which target on which
words. So the ratio leaves out what a user of the peer would pay besides, asking every quotation about every target; that is told in
a line of its own.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tasks.config import Config, ModelSpec, Target, load
from tasks.models.places import place
from tasks.quotes import quotes
from tasks.stance.judge import JudgeSettings, judge
from tasks.stance.questions import Question, ask
from tasks.tables import CANONICAL, plain

warnings.filterwarnings("ignore")
DEMO = Path(__file__).resolve().parents[1] / "configs" / "demo.toml"
MORE = (
    Target(id="haldmark", name="Haldmark", aliases=("Ahrenfurt", "Haldmark's government")),
    Target(id="ostrand", name="Ostrand Terminals", aliases=("Ostrand", "the company", "the buyer")),
    Target(id="heimatbund", name="Heimatbund", aliases=("the opposition",)),
    Target(id="commission", name="Vessen River Commission", aliases=("the commission", "River Commission")),
    Target(id="federation", name="Teachers' Federation", aliases=("Teachers’ Federation", "the federation", "the union")),
)
"""Five targets beside the demo's five."""
STATEMENTS = ("{holder} is in favor of {target}.", "{holder} is against {target}.")


def main() -> None:
    """Runs both by turns and prints articles per second and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--articles", type=int, default=40, help="so many, the first ones")
    options = parser.parse_args()
    config = load(DEMO)
    articles = demo_articles(config).slice(0, options.articles)
    said = quotes(articles, config.quotes)[0]
    settings = JudgeSettings(stances=config.stances, targets=(*config.targets, *MORE))
    asked = questions(articles, said, settings.targets)
    put = [(text, question) for text, question in asked if question.mention != "not_mentioned"]
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {os.environ.get('OMP_NUM_THREADS', 'all')} threads")
    print(
        f"{articles.num_rows} articles, {said.num_rows} quotations, {len(settings.targets)} targets: {len(put)} questions for a model"
    )
    with tempfile.TemporaryDirectory() as home:
        peer = zero_shot(Path(home))
        inputs = [grouped(text, question) for text, question in put]
        runs: dict[str, Callable[[], object]] = {
            "ours, the whole stage": lambda: judge(articles, said, settings),
            "zero-shot pipeline, batch_size=32": lambda: answers(peer, inputs, 32),
            "zero-shot pipeline, default": lambda: answers(peer, inputs, 1),
        }
        judge(articles, said, settings)  # loads and compiles
        answers(peer, inputs[:3], 1)
        tell(by_turns(runs, options.rounds), articles.num_rows)
    everything = said.num_rows * len(settings.targets)
    print(f"asking each quotation about each target would be {everything} questions, {everything / len(put):.1f} times as many")


def demo_articles(config: Config) -> pa.Table:
    """CANONICAL of the English articles of the demo's three nights, copies left in."""
    from tests.test_demo import NIGHTS, articles

    tables = [articles(date) for date in NIGHTS]
    rows = [row for table in tables for row in plain(table).to_pylist() if row["language"] == "en" and row["reject"] is None]
    assert config.name == "demo"
    unique = {row["article_id"]: row for row in rows}.values()
    return CANONICAL.rows({name: row.get(name) for name in CANONICAL.schema.names} for row in unique)


def questions(articles: pa.Table, said: pa.Table, targets: Sequence[Target]) -> list[tuple[str, Question]]:
    """All questions of the stage with their article's text."""
    listed = plain(said).to_pylist()
    found = []
    for article in plain(articles).to_pylist():
        own = [quote for quote in listed if quote["article_id"] == article["article_id"]]
        found += [(article["text"], question) for question in ask(article, own, targets)]
    return found


def grouped(text: str, question: Question) -> tuple[str, list[str]]:
    """The words that the question is about, and its statements as the pipeline's candidate labels."""
    holder = question.holder if question.level == "quoted_speaker" and question.holder else "The author"
    words = text[slice(*question.context)]
    return words, [statement.format(holder=holder, target=question.target.name) for statement in STATEMENTS]


def zero_shot(folder: Path) -> Any:
    """transformers' pipeline on MiniLM with an NLI head of random weights."""
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    torch.manual_seed(0)
    source = place(ModelSpec(kind="encoder", name="embedded:minilm"))
    labels = {0: "contradiction", 1: "neutral", 2: "entailment"}
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=3, id2label=labels, label2id={name: number for number, name in labels.items()}
    )
    model.save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return transformers.pipeline("zero-shot-classification", model=str(folder), device="cpu")


def answers(peer: Any, inputs: Sequence[tuple[str, list[str]]], batch: int) -> list[Any]:
    """The pipeline's answers: two statements a question, each for itself, as ours is asked for against and for favor."""
    return [peer(words, labels, hypothesis_template="{}", multi_label=True, batch_size=batch) for words, labels in inputs]


def by_turns(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Least wall and CPU seconds of each run, by turns."""
    best = dict.fromkeys(runs, (9000000000.0, 9000000000.0))
    for _ in range(rounds):
        for name, run in runs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            spent = (time.perf_counter() - wall, time.process_time() - cpu)
            best[name] = (min(best[name][0], spent[0]), min(best[name][1], spent[1]))
    return best


def tell(best: dict[str, tuple[float, float]], count: int) -> None:
    """Articles a second, wall and CPU, and how many times as fast as the last, which is the peer."""
    peer = list(best.values())[-1]
    for name, (wall, cpu) in best.items():
        print(
            f"{name:36} {count / wall:8.2f} articles/s ({peer[0] / wall:5.1f}x)  {count / cpu:8.2f} per CPU-s ({peer[1] / cpu:5.1f}x)"
        )


if __name__ == "__main__":
    main()
