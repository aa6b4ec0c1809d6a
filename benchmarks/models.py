"""The models engine beside what people use otherwise, in one run: python benchmarks/models.py TEXTS.parquet [--count N] [--only encode]

Each section measures ours and the peer one after the other, takes the best time of each and prints wall and CPU seconds with the
ratio: CPU seconds hold on a busy machine, wall seconds are what a night waits for. TEXTS is any Parquet file with a column `text`.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from tasks.config import ModelSpec
from tasks.models import load_encoder, load_generator, load_pair, load_token, seal
from tasks.models.agree import agree
from tasks.models.engines import resolve
from tasks.models.on_torch import pretrained
from tasks.models.places import place
from tasks.words.sentences import sentences

if TYPE_CHECKING:
    from tasks.models.generator import Generator

warnings.filterwarnings("ignore")
MINILM = ModelSpec(kind="encoder", name="embedded:minilm")
STANCE = ModelSpec(kind="pair", name="shipped:stance")
QUOTES = ModelSpec(kind="token", name="shipped:quotes")
TARGETS = ("Ukraine", "Istanbul peace talks", "the United Nations", "the new budget")


def main() -> None:
    """Runs the sections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--documents", type=int, default=32, help="of the section generate")
    parser.add_argument("--only", choices=["encode", "pairs", "generate", "load", "agree"])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        one(args.one)
        return
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    news = sample(args.texts, args.count)
    for name, section in (("encode", encode), ("pairs", pairs), ("load", load), ("agree", agreement)):
        if args.only in (None, name):
            section(news)
    if args.only in (None, "generate"):
        generate(news, args.documents)


def sample(path: Path, count: int) -> list[str]:
    """`count` sentences of five words or more, drawn with a fixed seed."""
    found = []
    for text in pq.read_table(path, columns=["text"])["text"].to_pylist():
        found += [text[a:b].strip() for a, b in sentences(text, "en")]
    found = [s for s in found if len(s.split()) >= 5]
    random.Random(0).shuffle(found)
    return found[:count]


def by_turns(
    what: str, count: int, runs: dict[str, Callable[[], object]], rounds: int = 1, peers: int | None = None
) -> dict[str, float]:
    """Prints count per second of each run, wall and CPU, and the ratio to the last, which is the peer; returns CPU seconds an item.

    Args:
        peers: items that the peer runs, where it takes them one by one and a few tell its speed; `count` unless given.
    """
    wall, cpu = dict.fromkeys(runs, 9e9), dict.fromkeys(runs, 9e9)
    peer = list(runs)[-1]
    for _ in range(rounds):
        for name, run in runs.items():
            items = (peers or count) if name == peer else count
            started, used = time.perf_counter(), time.process_time()
            run()
            wall[name] = min(wall[name], (time.perf_counter() - started) / items)
            cpu[name] = min(cpu[name], (time.process_time() - used) / items)
    for name in runs:
        print(
            f"{what:9} {name:34} {1 / wall[name]:8.2f}/s wall ({wall[peer] / wall[name]:5.2f}x)"
            f" {1 / cpu[name]:8.2f}/CPU-s ({cpu[peer] / cpu[name]:5.2f}x)",
            flush=True,
        )
    return cpu


def encode(news: list[str]) -> None:
    """MiniLM: each engine beside sentence-transformers' default."""
    from sentence_transformers import SentenceTransformer

    peer = SentenceTransformer(str(place(MINILM)), device="cpu")
    runs: dict[str, Callable[[], object]] = {}
    exact = peer.encode(news[:64], normalize_embeddings=True)
    for engine, dtype in (
        ("auto", "auto"),
        ("openvino", "int8"),
        ("openvino", "bfloat16"),
        ("openvino", "float32"),
        ("onnx-int8", "auto"),
        ("torch", "bfloat16"),
        ("torch", "float32"),
    ):
        spec = MINILM.model_copy(update={"engine": engine, "dtype": dtype})
        model, how = load_encoder(spec), resolve(spec)
        cosine = (model.encode(news[:64]).values * exact).sum(1).min()
        label = f"{how.engine} {how.dtype} cos {cosine:.4f}" + (" (default)" if engine == "auto" else "")
        runs[label] = functools.partial(model.encode, news)
    runs["sentence-transformers, default"] = lambda: peer.encode(news)
    seconds = by_turns("encode", len(news), runs, rounds=2)[next(iter(runs))] * len(news)
    operations = sum(_operations(len(r.ids)) for r in load_encoder(MINILM).tokenizer.one(news)[0])
    peak = _peak()
    print(f"encode    {operations / seconds / 1e9:.0f} GFLOP a CPU-s of useful work: {operations / seconds / peak:.0%}", end=" ")
    print(f"of the {peak / 1e9:.0f} of torch's own bfloat16 matrix product")


def _operations(tokens: int, layers: int = 6, width: int = 384, inner: int = 1536) -> float:
    """Multiplications and additions of MiniLM for one text: the matrix products and the attention's two."""
    return layers * (2 * tokens * (4 * width * width + 2 * width * inner) + 4 * tokens * tokens * width)


def _peak(size: int = 2048) -> float:
    """Operations a CPU second of torch's own bfloat16 product of two square matrices, the best of five."""
    import torch

    left = torch.randn(size, size).to(torch.bfloat16)
    best = 9e9
    for _ in range(5):
        started = time.process_time()
        left @ left
        best = min(best, time.process_time() - started)
    return 2 * size**3 / best


def pairs(news: list[str]) -> None:
    """The shipped stance head beside transformers' pipeline, same model and inputs."""
    import transformers

    some = [(s, TARGETS[i % len(TARGETS)]) for i, s in enumerate(news[:160])]
    # The head reads at marks, which transformers' own classes do not know; the pipeline runs the same network through its usual path.
    words = transformers.AutoTokenizer.from_pretrained(str(place(STANCE)))
    peer = transformers.pipeline("text-classification", model=pretrained(place(STANCE), "pair"), tokenizer=words, device="cpu")
    inputs = [{"text": a, "text_pair": b} for a, b in some]
    ours, peer_name = load_pair(STANCE), "transformers pipeline, default"
    how = resolve(STANCE)
    same = np.mean(
        [ours.labels[i] == p["label"] for i, p in zip(ours.classify(some).values.argmax(1), peer(inputs, truncation=True), strict=True)]
    )
    by_turns(
        "pairs",
        len(some),
        {
            f"{how.engine} {how.dtype} labels {same:.3f} (default)": lambda: ours.classify(some),
            "pipeline, batch_size=32": lambda: peer(inputs, truncation=True, batch_size=32),
            peer_name: lambda: peer(inputs, truncation=True),
        },
    )


ENGINES = (("auto", "auto"), ("openvino", "int8"), ("torch", "bfloat16"))


def generate(news: list[str], documents: int, new: int = 60) -> None:
    """BART-base's and a 135M causal network's size with random weights: `generate` one by one beside ours, the same new tokens."""
    drawn, few = random.Random(3), max(1, documents // 8)
    prompts = [" ".join(news[drawn.randrange(len(news))] for _ in range(drawn.randint(12, 18)))[:2600] for _ in range(documents)]
    with tempfile.TemporaryDirectory() as home:
        for kind in ("seq2seq", "instruct"):
            spec = ModelSpec(kind=kind, name=f"folder:{_network(kind, Path(home) / kind, new)}")
            peer = load_generator(spec.model_copy(update={"engine": "torch", "dtype": "float32"}))
            rows, _ = peer._rows(prompts, new)
            print(f"generate  {kind}: {np.mean([len(r) for r in rows]):.0f} prompt tokens on average, {new} new", flush=True)
            exact = peer.tokens(prompts[:4], new)
            runs: dict[str, Callable[[], object]] = {}
            for engine, dtype in ENGINES:
                ours = load_generator(spec.model_copy(update={"engine": engine, "dtype": dtype}))
                how = resolve(spec.model_copy(update={"engine": engine, "dtype": dtype}))
                same = _equal(ours.tokens(prompts[:4], new), exact)
                label = f"{how.engine} {how.dtype} tokens {same:.2f}" + (" (default)" if engine == "auto" else "")
                runs[label] = functools.partial(ours.tokens, prompts, new)
            runs["transformers generate, one by one"] = functools.partial(_one_by_one, peer, rows[:few], new)
            by_turns(kind, documents, runs, peers=few)


def _equal(some: Sequence[Sequence[int]], others: Sequence[Sequence[int]]) -> float:
    """Share of equal tokens, place by place."""
    return float(np.mean([a == b for x, y in zip(some, others, strict=True) for a, b in zip(x, y, strict=True)]))


def _one_by_one(peer: Generator, rows: list[list[int]], new: int) -> None:
    """As a user of transformers calls it: one document, no padding, float32."""
    writer = peer.writer
    for row in rows:
        ids = np.array([row])
        writer(ids, np.ones_like(ids), new)


def _network(kind: str, folder: Path, new: int) -> Path:
    import torch
    import transformers

    torch.manual_seed(0)
    words = transformers.AutoTokenizer.from_pretrained(place(MINILM), local_files_only=True)
    words.chat_template = "{% for m in messages %}[CLS] {{ m['content'] }} [SEP]{% endfor %}"
    if kind == "seq2seq":  # BART-base: 6 + 6 layers of 768
        bart = transformers.BartConfig(vocab_size=50265, d_model=768, encoder_layers=6, decoder_layers=6)
        bart.encoder_ffn_dim = bart.decoder_ffn_dim = 3072
        bart.encoder_attention_heads = bart.decoder_attention_heads = 12
        model: transformers.PreTrainedModel = transformers.BartForConditionalGeneration(bart)
    else:  # SmolLM-135M: 30 layers of 576, 9 heads, 3 of them for keys and values
        llama = transformers.LlamaConfig(
            vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
            num_key_value_heads=3, tie_word_embeddings=True, max_position_embeddings=2048,
        )  # fmt: skip
        model = transformers.LlamaForCausalLM(llama)
    model.generation_config.min_new_tokens = new  # the same work for both, whatever random weights would say
    model.save_pretrained(folder)
    words.model_max_length = 1024
    words.save_pretrained(folder)
    seal(folder)
    return folder


def load(_news: list[str]) -> None:
    """Start, load and peak memory of each, every one in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        made = {f"{kind}": _network(kind, Path(home) / kind, 8) for kind in ("seq2seq", "instruct")}
        generators = [f"{kind}={folder}={engine}" for kind, folder in made.items() for engine in ("openvino", "torch")]
        for name in ("ours", "ours-torch", "ours-stance", "ours-quotes", "sentence-transformers", *generators):
            done = subprocess.run([sys.executable, __file__, "-", "--one", name], capture_output=True, text=True, check=True)
            kind, _, engine = name.split("=") if "=" in name else (name, "", "")
            print(f"load      {kind} {engine:12} {done.stdout.strip()}", flush=True)


def one(name: str) -> None:
    """Imports, loads and runs one model, and says what that took."""
    started = time.perf_counter()
    if name == "sentence-transformers":
        from sentence_transformers import SentenceTransformer

        SentenceTransformer(str(place(MINILM)), device="cpu").encode(["One sentence."])
    elif "=" in name:
        kind, folder, engine = name.split("=")
        spec = ModelSpec.model_validate({"kind": kind, "name": f"folder:{folder}", "engine": engine})
        load_generator(spec).generate(["One sentence."], 8)
    elif name == "ours-quotes":
        load_token(QUOTES).tag(["One sentence."])
    elif name == "ours-stance":
        load_pair(STANCE).classify([("One sentence.", "Ukraine")])
    else:
        spec = MINILM.model_copy(update={"engine": "torch" if name == "ours-torch" else "auto"})
        load_encoder(spec).encode(["One sentence."])
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"{seconds:5.1f} s wall, {used.ru_utime + used.ru_stime:5.1f} s CPU with Python's start, peak {used.ru_maxrss / 1024:.0f} MB")


def agreement(news: list[str]) -> None:
    """Each engine beside torch float32 on all sentences."""
    engines = {
        MINILM: (("openvino", "int8"), ("openvino", "bfloat16")),
        STANCE: (("openvino", "bfloat16"),),
        QUOTES: (("openvino", "bfloat16"),),
    }
    for spec, some in engines.items():
        for engine, dtype in (*some, ("torch", "bfloat16"), ("onnx-int8", "auto")):
            found = agree(spec.model_copy(update={"engine": engine, "dtype": dtype}), news, TARGETS)
            print(
                f"agree     {spec.name:16} {found.engine:18} {found.rows} rows, cosine >= {found.cosine:.4f},"
                f" labels {found.labels:.4f}, probability within {found.probability:.3f}: {'yes' if found.agrees else 'no'}",
                flush=True,
            )


if __name__ == "__main__":
    main()
