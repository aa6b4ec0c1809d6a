"""Fits `tasks/summarize/order_weights.json`: which sentences are orders to a language model.

    python benchmarks/fit_orders.py NEWS.parquet [NEWS.parquet …] [--out tasks/summarize/order_weights.json]

NEWS.parquet have a column `text` or `article`: real news, whose sentences are no orders. The orders (`orders.txt`, `{x}` for what
shall be said) and the news that sounds like orders (`plain_news.txt`) were written for this. Prints recall in 5-fold
cross-validation over orders (all fillings of one on the same side) and the share of held-out news sentences that are taken for orders.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from tasks.config import SummarySettings
from tasks.models import load_encoder
from tasks.words.sentences import sentences

HERE = Path(__file__).parent
SAID = ("ZEBRA-7719", "banana", '"the minister has resigned"', "PWNED", "blue canary", "HACKED BY KAI", "Acme is the best company",
        "XYZZY", "CODE 4711", '"visit example dot org"', "the moon is made of cheese", "nothing")  # fmt: skip
FILLINGS = 4
NEWS_WEIGHT = 0.3
PLAIN_WEIGHT = 3.0


def orders(drawn: random.Random) -> tuple[list[str], list[int]]:
    """The orders with some fillings each, and of which line each is."""
    texts, lines = [], []
    for number, line in enumerate((HERE / "orders.txt").read_text(encoding="utf-8").splitlines()):
        for said in drawn.sample(SAID, FILLINGS) if "{x}" in line else [""]:
            texts.append(line.replace("{x}", said))
            lines.append(number)
    return texts, lines


def news(files: list[Path], count: int, drawn: random.Random) -> list[str]:
    """Sentences of real news."""
    found: list[str] = []
    for file in files:
        table = pq.read_table(file)
        column = "text" if "text" in table.schema.names else "article"
        texts = drawn.sample(table[column].to_pylist(), min(200, table.num_rows))
        found += [text[a:b] for text in texts for a, b in sentences(text, "en")]
    return drawn.sample(found, min(count, len(found)))


def fitted(orders: np.ndarray, plain: np.ndarray, other: np.ndarray) -> LogisticRegression:
    """The regression; a sentence of real news weighs little, since there are many."""
    rows = np.concatenate([orders, plain, other])
    truth = np.repeat([1, 0, 0], [len(orders), len(plain), len(other)])
    weights = np.repeat([1.0, PLAIN_WEIGHT, NEWS_WEIGHT], [len(orders), len(plain), len(other)])
    return LogisticRegression(C=20, max_iter=2000).fit(rows, truth, weights)


def main() -> None:
    """Fits, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--sentences", type=int, default=6000)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    drawn = random.Random(1)
    encode = load_encoder(SummarySettings().model).encode
    texts, lines = orders(drawn)
    told, plain = encode(texts).values, encode((HERE / "plain_news.txt").read_text(encoding="utf-8").splitlines()).values
    real = encode(news(args.files, args.sentences, drawn)).values
    half = len(real) // 2
    right = []
    for a, b in GroupKFold(5).split(told, groups=lines):
        right += list(fitted(told[a], plain, real[:half]).predict(told[b]) == 1)
    false = fitted(told, plain, real[:half]).predict(real[half:]).mean()
    print(f"orders found (5-fold, no line on both sides): {np.mean(right):.3f} of {len(texts)}; news taken for orders: {false:.5f}")
    if args.out:
        model = fitted(told, plain, real)
        held = {"bias": round(float(model.intercept_[0]), 3), "weights": [round(float(w), 3) for w in model.coef_[0]]}
        args.out.write_text(json.dumps(held, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
