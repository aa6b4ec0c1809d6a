"""The peaks that the 8-bit encoder is scaled by: python benchmarks/fit_peaks.py TEXTS.parquet[:COLUMN] … --out FILE

Draws from each file `count` sentences and a tenth as many whole texts, reads them with the embedded encoder in float32, and writes the
largest magnitude of each channel of each product's input (for what GELU gives, the largest number), rounded up to float16.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openvino as ov
import pyarrow.parquet as pq
from openvino import opset13 as op
from safetensors.numpy import save_file

from tasks.config import ModelSpec
from tasks.models.bert import Bert
from tasks.models.graph import axes
from tasks.models.places import place
from tasks.models.settings import longest
from tasks.models.words import Tokenizer
from tasks.words.sentences import sentences

MINILM = ModelSpec(kind="encoder", name="embedded:minilm")


class _Watched(Bert):
    """Keeps the input of every product."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "encoder")
        self.given: dict[str, object] = {}

    def linear(self, name: str, hidden: object) -> object:
        if not name.endswith((".key", ".value")):  # they read what the query reads
            self.given[name] = hidden
        return super().linear(name, hidden)


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", nargs="+")
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    peaks: dict[str, np.ndarray] = {}
    for name, values in watched([text for source in args.texts for text in drawn(source, args.count)]):
        peaks[name] = np.maximum(peaks.get(name, 0), values)
    save_file({name: _up(values) for name, values in sorted(peaks.items())}, args.out)


def drawn(source: str, count: int) -> list[str]:
    """Sentences of three words or more and whole texts of a file, with a fixed seed."""
    path, _, column = source.partition(":")
    texts = pq.read_table(path, columns=[column or "text"])[column or "text"].to_pylist()
    random.Random(0).shuffle(texts)
    found = [text[a:b].strip() for text in texts[:count] for a, b in sentences(text, "en")]
    found = [s for s in found if len(s.split()) >= 3]
    random.Random(1).shuffle(found)
    return found[:count] + texts[: count // 10]


def watched(texts: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """For each text the product's name and its input's peaks."""
    folder = place(MINILM)
    graph = _Watched(folder)
    whole = graph.graph()
    maxima = [
        op.reduce_max(hidden if name.endswith("output.dense") and "attention" not in name else op.abs(hidden), axes(0, 1))
        for name, hidden in graph.given.items()
    ]
    model = ov.Model(maxima, whole.get_parameters(), "peaks")
    request = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
    for row in sorted(Tokenizer(folder, longest(folder, MINILM)).one(texts)[0], key=lambda row: len(row.ids)):
        ids = np.array([row.ids])
        found = request.infer([ids, np.ones_like(ids), np.zeros_like(ids)])
        yield from ((name, found[number].copy()) for number, name in enumerate(graph.given))


def _up(values: np.ndarray) -> np.ndarray:
    """To float16, never below."""
    half = values.astype(np.float16)
    return np.where(half < values, np.nextafter(half, np.float16(np.inf)), half)


if __name__ == "__main__":
    main()
