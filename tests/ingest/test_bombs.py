"""T3: what decodes to far more than it weighs ends early, and the process never grows by 64 MB, measured as the kernel sees it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import brotli
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from tests.ingest.test_formats import record

ROOT = Path(__file__).parents[2]
GROWTH = 64 << 10
"""KiB that the process may grow by."""
ZEROS = bytes(20_000_000)
LINE = b'{"text": "' + b"a" * 1_000_000 + b'"}\n'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: %s\r\n\r\n"


def zip_of(raw: bytes, name: str = "a.jsonl", copies: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(copies):
            archive.writestr(f"{number}{name}", raw)
    return out.getvalue()


def lying_zip() -> bytes:
    """A member that says that it is 1 GB in the archive."""
    raw = bytearray(zip_of(LINE * 100))
    at = raw.rfind(b"PK\1\2")
    raw[at + 20 : at + 24] = struct.pack("<I", 1 << 30)
    return bytes(raw)


def overlapping_zip() -> bytes:
    """Many entries of the directory that name one and the same member."""
    raw = zip_of(LINE * 5)
    at, end = raw.rfind(b"PK\1\2"), raw.rfind(b"PK\5\6")
    entry = raw[at:end]
    tail = bytearray(raw[end:])
    tail[8:10] = tail[10:12] = struct.pack("<H", 2000)
    tail[12:16] = struct.pack("<I", len(entry) * 2000)
    return raw[:at] + entry * 2000 + bytes(tail)


def large_directory() -> bytes:
    """An archive that says that its directory has 1 GB."""
    raw = bytearray(zip_of(LINE))
    at = raw.rfind(b"PK\5\6")
    raw[at + 12 : at + 16] = struct.pack("<I", 1 << 30)
    return bytes(raw)


def parquet(rows: int, length: int) -> bytes:
    """The same long text in every row: a dictionary of one entry."""
    out = io.BytesIO()
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["a" * length]))
    pq.write_table(pa.table({"text": texts}), out, store_schema=False, dictionary_pagesize_limit=1 << 30, compression="zstd")
    return out.getvalue()


BOMBS = {
    "zeros.txt.gz": lambda: gzip.compress(ZEROS) * 15,
    "zeros.jsonl.gz": lambda: gzip.compress(ZEROS) * 15,
    "lines.jsonl.gz": lambda: gzip.compress(LINE * 20) * 15,
    "zeros.jsonl.bz2": lambda: bz2.compress(ZEROS, 1) * 15,
    "zeros.jsonl.zst": lambda: zstandard.compress(ZEROS) * 15,
    "window.jsonl.zst": lambda: (
        zstandard.ZstdCompressor(compression_params=zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=True))
        .compressobj()
        .compress(ZEROS)
    ),
    "feed.xml.gz": lambda: gzip.compress(b"<rss>" + b"<item/>" * 3_000_000),
    "zeros.zip": lambda: zip_of(ZEROS * 5),
    "lines.zip": lambda: zip_of(LINE * 100),
    "lying.zip": lying_zip,
    "overlapping.zip": overlapping_zip,
    "directory.zip": large_directory,
    "gzip.warc": lambda: record(HEAD % b"gzip", gzip.compress(ZEROS * 10)),
    "deflate.warc": lambda: record(HEAD % b"deflate", zlib.compress(ZEROS * 10)),
    "br.warc": lambda: record(HEAD % b"br", brotli.compress(ZEROS * 10, quality=5)),
    "zstd.warc": lambda: record(HEAD % b"zstd", zstandard.compress(ZEROS * 10)),
    "zeros.warc.gz": lambda: gzip.compress(record(HEAD % b"identity", ZEROS)) * 15,
    "same.parquet": lambda: parquet(2_000, 9_000_000),
}
READ = """
import json, sys
from pathlib import Path
from tasks.config import Source
from tasks.ingest.sources import fetch
from tests.ingest.conftest import NOW, Night
def kib(field):
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
def read(name):
    source = Source(name="s", kind="folder", path=name)
    return [d.reject for d in fetch(source, Night(), Path(sys.argv[1]), {}, lambda: NOW) if d.reject]
read("warm.jsonl.gz"), read("warm.zip"), read("warm.warc"), read("warm.parquet"), read("warm.xml")
for name in sys.argv[2:]:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = kib("VmRSS")
    print(json.dumps([name, read(name), kib("VmHWM") - before]))
"""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[set[str], int]]:
    """Reasons and growth in KiB of each bomb, read one after the other by one process."""
    folder = tmp_path_factory.mktemp("bombs")
    warm = {
        "warm.jsonl.gz": gzip.compress(b'{"text": "a"}\n'),
        "warm.zip": zip_of(b'{"text": "a"}\n'),
        "warm.warc": record(HEAD % b"br", brotli.compress(b"a")) + record(HEAD % b"gzip", gzip.compress(b"a")),
        "warm.parquet": parquet(1, 1),
        "warm.xml": b"<rss><item/></rss>",
    }
    for name, raw in {**warm, **{name: make() for name, make in BOMBS.items()}}.items():
        (folder / name).write_bytes(raw)
    command = [sys.executable, "-c", READ, str(folder), *BOMBS]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return {name: (set(reasons), growth) for name, reasons, growth in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_a_reject_and_the_process_stays_small(name: str, outcomes: dict[str, tuple[set[str], int]]) -> None:
    reasons, growth = outcomes[name]
    assert reasons
    assert reasons <= {"bomb", "too_large", "bad_archive", "empty", "over_budget"}
    assert growth < GROWTH
