"""Copies beside rensa and datatrove: one corpus, one run, the ratios printed.

    python benchmarks/copies.py --rows 100000                    # ours, rensa, datatrove
    python benchmarks/copies.py --rows 1000000 --only ours
    python benchmarks/copies.py --real reuters=FILE.parquet:body   # recall and precision against all pairs of a real text column

The corpus is made first, outside the measurement, as Parquet parts. Each contender is a process of its own that reads the parts; CPU
time (user and system, children included) and peak memory are those of the process, imports included. rensa and datatrove flag
documents; ours decides pairs, verifies them, names relations and forms stories. All three use word 5-grams; both peers split at blanks,
which is the least that they can do, and take 14 bands of 8 rows, datatrove's default.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from copies_corpus import KINDS, Plan, Writer, plan

PART = 6250
BANDS, ROWS_OF_BAND = 14, 8
COPIES = KINDS[1:5]


def make(folder: Path, rows: int, seed: int) -> None:
    """The corpus as `parts/NNN.parquet` with `id` and `text`."""
    (folder / "parts").mkdir()
    for number, (first, texts) in enumerate(Writer(plan(rows, seed)).shards(PART)):
        ids = pa.array([f"{row:020x}" for row in range(first, first + len(texts))])
        pq.write_table(pa.table({"id": ids, "text": texts}), folder / "parts" / f"{number:03d}.parquet")


def run_ours(folder: Path) -> dict[str, float]:
    """SIGN on each part, CLUSTER once; the pairs and stories are written for scoring."""
    import datetime as dt

    from tasks.dedup.cluster import NightCopies, cluster
    from tasks.dedup.sign import SignSettings, sign
    from tasks.tables import ARTICLES, HISTORY

    signed, spent = [], time.process_time()
    for part in sorted((folder / "parts").iterdir()):
        table = pq.read_table(part)
        columns = {f.name: pa.nulls(len(table), f.type) for f in ARTICLES.schema}
        signed.append(sign(pa.table({**columns, "article_id": table["id"], "text": table["text"]}), SignSettings(shingle=5)))
        del table, columns  # before the next part is read
    sign_cpu, spent = time.process_time() - spent, time.process_time()
    signatures = gathered(signed)
    copies, stories, _ = cluster(signatures, HISTORY.empty(), NightCopies(run_date=dt.date(2026, 1, 1)))
    cluster_cpu = time.process_time() - spent
    pq.write_table(copies, folder / "copies.parquet")
    pq.write_table(stories, folder / "stories.parquet")
    return {"sign_cpu": sign_cpu, "cluster_cpu": cluster_cpu}


def gathered(parts: list[pa.Table]) -> pa.Table:
    """The parts as one table in one piece, each part let go as soon as it is copied: the shingles never stand in memory twice."""
    from tasks.tables import SIGNATURES, conform

    sizes = [part["shingles"].combine_chunks().buffers()[2].size for part in parts]
    if sum(sizes) >= 1 << 31:
        return pa.concat_tables(parts, promote_options="permissive")
    flat, lengths, light, begin = np.empty(sum(sizes), np.uint8), [], [], 0
    parts.reverse()
    while parts:
        part = parts.pop()
        shingles = part["shingles"].combine_chunks()
        light.append(part.drop_columns(["shingles"]))
        lengths.append(np.diff(np.frombuffer(shingles.buffers()[1], np.int32, len(shingles) + 1)))
        data = shingles.buffers()[2]
        flat[begin : begin + data.size] = np.frombuffer(data, np.uint8)
        begin += data.size
    offsets = np.r_[0, np.cumsum(np.concatenate(lengths))].astype(np.int32)
    column = pa.BinaryArray.from_buffers(pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(flat)])
    return conform(pa.concat_tables(light, promote_options="permissive").append_column("shingles", column), SIGNATURES)


def run_rensa(folder: Path) -> dict[str, float]:
    """Flags: a document that shares a band with another one."""
    from rensa import RMinHash, RMinHashLSH

    lsh = RMinHashLSH(0.8, BANDS * ROWS_OF_BAND, BANDS)
    matrices = []
    for part in sorted((folder / "parts").iterdir()):
        sets = []
        for text in pq.read_table(part)["text"].to_pylist():
            words = text.lower().split()
            sets.append({" ".join(words[i : i + 5]) for i in range(len(words) - 4)})
        matrices.append(RMinHash.digest_matrix_from_token_sets(sets, BANDS * ROWS_OF_BAND, 42))
    start = 0
    for matrix in matrices:
        lsh.insert_matrix(matrix, start)
        start += PART
    flags = np.concatenate([np.asarray(lsh.query_duplicate_flags_matrix(matrix)) for matrix in matrices])
    np.save(folder / "rensa.npy", flags)
    return {}


class Blanks:
    """What datatrove asks of a tokenizer; its own for English wants spaCy, which costs more."""

    def word_tokenize(self, text: str) -> list[str]:
        """The words between blanks."""
        return text.split()


def run_datatrove(folder: Path) -> dict[str, float]:
    """The four stages of its MinHash example with two workers; what it would remove."""
    import xxhash
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import minhash
    from datatrove.pipeline.readers import ParquetReader

    # Its xxhash functions hand over text, which xxhash 4 refuses; this is the same hash of the same text, encoded.
    minhash.create_hash_func = lambda _config: lambda text: xxhash.xxh64_intdigest(text.encode())
    minhash.load_word_tokenizer = lambda _language: Blanks()
    config = minhash.MinhashConfig(n_grams=5, num_buckets=BANDS, hashes_per_bucket=ROWS_OF_BAND)
    parts = len(list((folder / "parts").iterdir()))
    place = {name: str(folder / "datatrove" / name) for name in ("signatures", "buckets", "removed", "logs")}
    reader = ParquetReader(str(folder / "parts"))
    stages = (
        ([reader, minhash.MinhashDedupSignature(place["signatures"], config)], parts, 2),
        ([minhash.MinhashDedupBuckets(place["signatures"], place["buckets"], config=config)], BANDS, 2),
        ([minhash.MinhashDedupCluster(place["buckets"], place["removed"], config=config)], 1, 1),
    )
    for number, (pipeline, tasks, workers) in enumerate(stages):
        logs = f"{place['logs']}/{number}"
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=workers, logging_dir=logs, start_method="fork").run()
    removed = [np.fromfile(Path(place["removed"]) / f"{n:06d}.remove", np.uint32) for n in range(parts)]
    flags = np.zeros(parts * PART, np.bool_)
    for number, rows in enumerate(removed):
        flags[number * PART + rows.astype(np.int64)] = True
    np.save(folder / "datatrove.npy", flags)
    return {}


RUNS = {"ours": run_ours, "rensa": run_rensa, "datatrove": run_datatrove}


def measured(name: str, folder: Path) -> dict[str, float]:
    """One contender in a process of its own."""
    begin = time.perf_counter()
    command = [sys.executable, __file__, "--run", name, "--folder", str(folder)]
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL if name == "datatrove" else None, text=True
    )
    return {"seconds": time.perf_counter() - begin, **json.loads(done.stdout.splitlines()[-1])}


def report_usage(extra: dict[str, float]) -> None:
    """CPU seconds and peak memory of this process and its children, as JSON."""
    own, kids = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + kids.ru_utime + kids.ru_stime
    print(json.dumps({"cpu": cpu, "peak_mb": max(own.ru_maxrss, kids.ru_maxrss) / 1024, **extra}))


def score_flags(flags: np.ndarray, planned: Plan) -> dict[str, float]:
    """A planted copy is found if it or its source is flagged; a flag is right if the document has a planted copy or is one."""
    flags = flags[: len(planned.kind)]
    copies = (planned.kind >= 1) & (planned.kind <= 4)
    family = copies.copy()
    family[planned.source[copies]] = True
    scores = {}
    for number, kind in enumerate(COPIES, 1):
        rows = np.flatnonzero(planned.kind == number)
        scores[kind] = float((flags[rows] | flags[planned.source[rows]]).mean())
    return {**scores, "precision": float(family[flags].mean()) if flags.any() else 1.0}


def score_pairs(folder: Path, planned: Plan) -> dict[str, float]:
    """A planted copy is found if the pair with its source is on record, each standing for the exact copies of it."""
    copies = pq.read_table(folder / "copies.parquet")
    later, earlier = (np.array([int(x, 16) for x in copies[name].to_pylist()]) for name in ("article_id", "other_id"))
    exact = np.array(copies["relation"].to_pylist()) == "exact"
    same = np.arange(len(planned.kind))
    same[later[exact]] = earlier[exact]
    pairs = np.unique(np.r_[_packed(same[later], same[earlier]), _packed(same[earlier], same[later])])
    scores = {}
    for number, kind in enumerate(COPIES, 1):
        rows = np.flatnonzero(planned.kind == number)
        one, two = same[rows], same[planned.source[rows]]
        scores[kind] = float(((one == two) | np.isin(_packed(one, two), pairs)).mean())
    family = np.where(planned.kind == 5, np.arange(len(planned.kind)), planned.source)
    right = family[later] == family[earlier]
    negatives = np.flatnonzero(planned.kind == 5)
    linked = np.isin(_packed(negatives, planned.source[negatives]), pairs).mean()
    return {**scores, "precision": float(right.mean()), "hard_negatives_linked": float(linked), **_stories(folder, planned)}


def _stories(folder: Path, planned: Plan) -> dict[str, float]:
    """Share of planted copies in their source's story, and of the stories' members that belong to their canonical document's family."""
    table = pq.read_table(folder / "stories.parquet", columns=["article_id", "canonical_id"])
    article, canonical = (np.array([int(x, 16) for x in table[name].to_pylist()]) for name in ("article_id", "canonical_id"))
    home = np.empty(len(article), np.int64)
    home[article] = canonical
    copies = np.flatnonzero((planned.kind >= 1) & (planned.kind <= 4))
    family = np.where(planned.kind == 5, np.arange(len(planned.kind)), planned.source)
    members = np.flatnonzero(home != np.arange(len(home)))
    together = float((home[copies] == home[planned.source[copies]]).mean())
    return {"same_story": together, "story_precision": float((family[members] == family[home[members]]).mean())}


def _packed(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return (one << 32) | two


def main() -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", help="contenders, comma-separated", default="ours,rensa,datatrove")
    parser.add_argument("--corpus", type=Path, help="folder of the corpus: one that is there already is used again")
    parser.add_argument("--real", action="append", default=[], help="NAME=FILE.parquet:COLUMN")
    parser.add_argument("--run", choices=RUNS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        report_usage(RUNS[asked.run](asked.folder))
        return
    for real in asked.real:
        from copies_real import against_all_pairs

        print(json.dumps(against_all_pairs(real)))
    if asked.real:
        return
    with tempfile.TemporaryDirectory() as name:
        folder, planned = Path(name), plan(asked.rows, asked.seed)
        if asked.corpus is None:
            make(folder, asked.rows, asked.seed)
        else:
            if not (kept := asked.corpus / f"{asked.rows}-{asked.seed}").exists():
                kept.mkdir(parents=True)
                make(kept, asked.rows, asked.seed)
            (folder / "parts").symlink_to((kept / "parts").resolve())
        usage = {}
        for contender in asked.only.split(","):
            usage[contender] = measured(contender, folder)
            scores = score_pairs(folder, planned) if contender == "ours" else score_flags(np.load(folder / f"{contender}.npy"), planned)
            shown = {key: round(value, 4) for key, value in {**usage[contender], **scores}.items()}
            print(
                json.dumps(
                    {"contender": contender, "rows": asked.rows, "docs_per_cpu_s": round(asked.rows / usage[contender]["cpu"]), **shown}
                )
            )
        for contender in usage.keys() - {"ours"}:
            if "ours" in usage:
                print(f"ours is {usage[contender]['cpu'] / usage['ours']['cpu']:.1f} times as fast as {contender} per CPU-second")


if __name__ == "__main__":
    main()
