"""Every format, each compression, and what is wrong with files."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import random
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

import brotli
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest import compression, formats
from tasks.ingest.pieces import Fault, Piece

ROWS = [
    {"title": f"Title {n}", "text": f"The ferry number {n} left Eastmouth at dawn.", "url": f"https://news.example/{n}"}
    for n in range(5)
]
PAGE = b"<html><body><p>The ferry left Eastmouth at dawn.</p></body></html>"


def pieces(raw: bytes, name: str, limits: Limits | None = None) -> list[Piece | Fault]:
    return list(formats.pieces(io.BufferedReader(io.BytesIO(raw)), name, limits or Limits()))  # type: ignore[type-var]


def reason(raw: bytes, name: str, limits: Limits | None = None) -> str:
    with pytest.raises(RejectDocument) as caught:
        pieces(raw, name, limits)
    return caught.value.reason


def jsonl() -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)


def table(delimiter: str) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return out.getvalue().encode()


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), out)
    return out.getvalue()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    return out.getvalue()


def web_archive(*bodies: bytes, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=False)
    for number, body in enumerate(bodies):
        headers = StatusAndHeaders(status, [("Content-Type", kind), ("Content-Length", str(len(body)))], protocol="HTTP/1.1")
        record = writer.create_warc_record(f"https://news.example/{number}", "response", payload=io.BytesIO(body), http_headers=headers)
        writer.write_record(record)
    return out.getvalue()


RECORDS: list[tuple[str, Callable[[], bytes]]] = [
    ("day.jsonl", jsonl),
    ("day.ndjson", jsonl),
    ("day.json", lambda: json.dumps(ROWS).encode()),
    ("day.csv", lambda: table(",")),
    ("day.csv", lambda: table(";")),
    ("day.tsv", lambda: table("\t")),
    ("day.parquet", parquet),
]
COMPRESSED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("", bytes),
    (".gz", gzip.compress),
    (".bz2", bz2.compress),
    (".zst", zstandard.ZstdCompressor().compress),
]


@pytest.mark.parametrize(("name", "make"), RECORDS)
def test_records_of_every_format_are_the_same(name: str, make: Callable[[], bytes]) -> None:
    found = pieces(make(), name)
    assert [p.place for p in found] == [f"#{n}" for n in range(1, 6)]
    assert [json.loads(p.raw) for p in found if isinstance(p, Piece)] == ROWS


@pytest.mark.parametrize(("suffix", "press"), COMPRESSED)
def test_compressions(suffix: str, press: Callable[[bytes], bytes]) -> None:
    assert len(pieces(press(jsonl()), f"day.jsonl{suffix}")) == 5
    (page,) = pieces(press(PAGE), f"a.html{suffix}")
    assert isinstance(page, Piece)
    assert (page.raw, page.media_type) == (PAGE, "text/html")


@pytest.mark.parametrize(("suffix", "press"), COMPRESSED[1:])
def test_bombs_end_early(suffix: str, press: Callable[[bytes], bytes]) -> None:
    bomb = press(bytes(100_000_000))
    tracemalloc.start()
    try:
        assert reason(bomb, f"a.jsonl{suffix}") == "bomb"
        assert reason(bomb, f"a.txt{suffix}") in ("bomb", "too_large")
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()


def test_zip_bomb_and_members() -> None:
    found = pieces(zipped(**{"a.html": PAGE, "b/c.jsonl": jsonl(), "bomb.jsonl": bytes(50_000_000)}), "pack.zip")
    assert [p.place for p in found[:2]] == ["!/a.html", "!/b/c.jsonl#1"]
    assert isinstance(found[-1], Fault)
    assert found[-1].why.reason == "bomb"


@pytest.mark.parametrize(
    "name", ["../a.html", "/etc/a.html", "a/../../b.html", "C:\\a.html", "a\\..\\b.html", "c:a.html", "x" * 2000 + ".html"]
)
def test_names_that_leave_their_archive(name: str) -> None:
    (fault,) = pieces(zipped(**{name: PAGE}), "pack.zip")
    assert isinstance(fault, Fault)
    assert fault.why.reason == "unsafe_path"


@pytest.mark.parametrize("name", ["a.html", "a b/ü.html", "2026-11-20/x.y.html"])
def test_plain_names(name: str) -> None:
    assert compression.is_plain(name)


def test_archive_in_an_archive_is_refused() -> None:
    (fault,) = pieces(zipped(**{"inner.zip": zipped(**{"a.html": PAGE})}), "pack.zip")
    assert isinstance(fault, Fault)
    assert fault.why.reason == "bad_archive"


@pytest.mark.parametrize(
    ("raw", "name", "expected"),
    [
        (b"", "a.txt", "empty"),
        (b"  \n ", "a.html", "empty"),
        (b"x" * 2000, "a.txt", "too_large"),
        (gzip.compress(jsonl())[:-30], "a.jsonl.gz", "bad_archive"),
        (b"no gzip", "a.jsonl.gz", "bad_archive"),
        (b"no bzip", "a.txt.bz2", "bad_archive"),
        (b"no zstd", "a.txt.zst", "bad_archive"),
        (b"no zip", "a.zip", "bad_archive"),
        (b"PAR1 no parquet PAR1", "a.parquet", "bad_record"),
        (b"{broken", "a.json", "bad_record"),
        (b"[" * 900, "a.json", "bad_record"),
        (b"one column\nx\n", "a.csv", "bad_record"),
        (b"\0\0\0\0,\n", "a.csv", "binary"),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss/>', "a.xml", "bomb"),
    ],
)
def test_files_that_cannot_be_used(raw: bytes, name: str, expected: str) -> None:
    assert reason(raw, name, Limits(max_document_bytes=1000)) == expected


def test_line_over_the_limit_is_skipped_without_being_held() -> None:
    class Source(io.RawIOBase):
        """A line of 50 MB that never is in memory."""

        def __init__(self) -> None:
            self.left = 50_000_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            size = min(len(buffer), self.left)
            buffer[:size] = b"x" * size
            self.left -= size
            return size

    tracemalloc.start()
    try:
        (fault,) = formats.lines(io.BufferedReader(Source()), Limits(max_record_bytes=100_000))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()
    assert isinstance(fault, Fault)
    assert fault.why.reason == "too_large"


def test_records_after_a_broken_one_come() -> None:
    raw = b'{"a":1}\n' + b"x" * 3000 + b'\n{"b":2}\n'
    assert [type(p) for p in pieces(raw, "a.jsonl", Limits(max_record_bytes=1000))] == [Piece, Fault, Piece]


def test_csv_row_with_too_many_fields() -> None:
    assert [type(p) for p in pieces(b"title,text\na,b\na,b,c\nd,e\n", "a.csv")] == [Piece, Fault, Piece]


@pytest.mark.parametrize(("raw", "kind"), [(PAGE, "text/html"), (b"Just text.", "text/plain"), (b"<!DOCTYPE html><p>x", "text/html")])
def test_files_without_a_known_suffix_are_looked_at(raw: bytes, kind: str) -> None:
    (piece,) = pieces(raw, "README")
    assert isinstance(piece, Piece)
    assert piece.media_type == kind


def test_gzip_under_another_name() -> None:
    (piece,) = pieces(gzip.compress(PAGE), "a.bad")
    assert isinstance(piece, Piece)
    assert (piece.raw, piece.media_type) == (PAGE, "text/html")


def test_web_archive_plain_and_compressed(tmp_path: Path) -> None:
    raw = web_archive(PAGE, PAGE + b"<p>second")
    for name, data in (("a.warc", raw), ("a.warc.gz", gzip.compress(raw)), ("a.warc.zst", zstandard.ZstdCompressor().compress(raw))):
        found = [p for p in pieces(data, name) if isinstance(p, Piece)]
        assert [p.raw for p in found] == [PAGE, PAGE + b"<p>second"]
        assert [p.fields for p in found] == [{"url": "https://news.example/0"}, {"url": "https://news.example/1"}]
        assert found[0].charset == "utf-8"


def test_broken_web_archives_give_what_can_be_read() -> None:
    raw = web_archive(PAGE, PAGE, PAGE)
    cut = pieces(raw[: len(raw) - 40], "a.warc")
    assert [type(p) for p in cut] == [Piece, Piece, Fault]
    garbage = pieces(web_archive(PAGE) + b"this is no record\r\n\r\n", "a.warc")
    assert [type(p) for p in garbage] == [Piece, Fault]
    (status,) = pieces(web_archive(PAGE, status="404 Not Found"), "a.warc")
    assert isinstance(status, Fault)
    assert status.why.reason == "fetch_failed"
    assert pieces(web_archive(b"\x89PNG", kind="image/png"), "a.warc") == []
    (large,) = pieces(web_archive(b"x" * 5000), "a.warc", Limits(max_record_bytes=1000))
    assert isinstance(large, Fault)
    assert large.why.reason == "too_large"


def record(head: bytes, body: bytes) -> bytes:
    """A response record whose HTTP message stands as it is given."""
    block = head + body
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://news.example/a\r\nWARC-Date: 2026-11-20T10:00:00Z\r\n"
        b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n" % (len(block), block)
    )


CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Encoding: gzip\n\n", PAGE),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(PAGE)),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: br\r\n\r\n", brotli.compress(PAGE)),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: zstd\r\n\r\n",
            zstandard.ZstdCompressor().compress(PAGE),
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNKED),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", PAGE),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 999\r\n\r\n", PAGE),
    ],
    ids=["LF, no gzip", "gzip", "br", "zstd", "chunked", "not chunked", "wrong length"],
)
def test_payloads_of_web_archives_as_they_are_found(head: bytes, body: bytes) -> None:
    found = pieces(record(head, body) + web_archive(PAGE), "a.warc")
    assert [p.raw for p in found if isinstance(p, Piece)] == [PAGE, PAGE]


ONE = web_archive(PAGE)


@pytest.mark.parametrize(
    ("raw", "kinds"),
    [
        (ONE + b"this is no record at all\r\n\r\n" + ONE, [Piece, Fault, Piece]),
        (b"garbage\r\n" * 10 + ONE, [Fault, Piece]),
        (ONE + b"\0" * 5000, [Piece, Fault]),
        (ONE.replace(b"WARC/1.0", b"WARX/1.0") + ONE, [Fault, Piece]),
        (ONE + b"WARC/1.0\r\nbroken header\r\n\r\n" + ONE, [Piece, Fault, Piece]),
        (ONE + b"WARC/1.0\r\nContent-Length: abc\r\nWARC-Type: response\r\n\r\nxxx\r\n\r\n" + ONE, [Piece, Fault, Piece]),
        (ONE + b"WARC/1.0\r\nX: " + b"y" * 500_000 + b"\r\n\r\n" + ONE, [Piece, Fault]),
        (ONE + ONE[:60], [Piece, Fault]),
        (ONE.replace(b"Content-Length: ", b"Content-Length: 9", 1), [Fault]),
        (ONE.replace(b"WARC-Type", b"WARC-Truncated: length\r\nWARC-Type") + ONE, [Fault, Piece]),
        (
            b"filedesc://a.arc 0.0.0.0 20260101000000 text/plain -1\n1 0 Desk\n"
            b"URL IP-address Archive-date Content-type Archive-length\n\n"
            b"http://news.example/a 0.0.0.0 20260101000000 text/html -1\n\n",
            [Fault],
        ),
    ],
)
def test_no_part_of_a_broken_web_archive_is_lost_in_silence(raw: bytes, kinds: list[type]) -> None:
    assert [type(p) for p in pieces(raw, "a.warc")] == kinds


def members(count: int, size: int = 1) -> list[bytes]:
    """A compressed web archive as its members, a record each; bodies that do not compress."""
    draw = random.Random(1)
    return [gzip.compress(web_archive(PAGE + b"%d " % n + draw.randbytes(size).hex().encode())) for n in range(count)]


@pytest.mark.parametrize("size", [1, 40, 100_000], ids=["small", "middling", "of many chunks"])
@pytest.mark.parametrize("where", [0.0, 0.02, 0.5, 0.98, 1.0])
def test_records_behind_one_that_does_not_decode_come(size: int, where: float) -> None:
    """A flipped byte loses its own record; the others come, and the loss is told by the record's number."""
    whole = members(40, size)
    expected = [p.raw for p in pieces(b"".join(whole), "a.warc.gz") if isinstance(p, Piece)]
    assert len(expected) == 40
    for broken in (0, 17, 39):
        spoiled = bytearray(whole[broken])
        spoiled[int(where * (len(spoiled) - 1))] ^= 0x55
        raw = b"".join([*whole[:broken], bytes(spoiled), *whole[broken + 1 :]])
        found: list[Piece | Fault] = []
        with nullcontext() if broken != 39 else suppress(RejectDocument):  # behind the last there is nothing to go on with
            found.extend(formats.pieces(io.BufferedReader(io.BytesIO(raw)), "a.warc.gz", Limits()))  # type: ignore[type-var]
        kept = [p.raw for p in found if isinstance(p, Piece)]
        assert set(kept) <= set(expected), "a damaged text came through"
        assert set(kept) >= {raw for n, raw in enumerate(expected) if n != broken}
        if kept != expected and broken != 39:
            assert [p.place for p in found if isinstance(p, Fault)], "lost in silence"


def test_a_member_cut_off_does_not_take_the_next_with_it() -> None:
    whole = members(5, 3000)
    found = pieces(b"".join([*whole[:2], whole[2][:-700], *whole[3:]]), "a.warc.gz")
    assert [type(p) for p in found] == [Piece, Piece, Fault, Piece, Piece]
    assert found[2].place == "#3"


def test_records_before_the_end_of_a_cut_file_come() -> None:
    raw = gzip.compress(web_archive(*[PAGE + b"%d" % n * 50 for n in range(300)]))
    found: list[Piece | Fault] = []
    with pytest.raises(RejectDocument) as caught:
        found.extend(formats.pieces(io.BufferedReader(io.BytesIO(raw[:-20])), "a.warc.gz", Limits()))  # type: ignore[type-var]
    assert caught.value.reason == "bad_archive"
    assert len(found) > 290


def test_feed_file_is_a_file_of_records() -> None:
    raw = b"<rss><channel><item><title>A</title><link>https://news.example/a</link></item><item><title>B</title></item></channel></rss>"
    assert [json.loads(p.raw)["title"] for p in pieces(raw, "feed.xml") if isinstance(p, Piece)] == ["A", "B"]
