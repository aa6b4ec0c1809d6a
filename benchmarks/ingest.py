"""Ingestion against its peers, in one run: `python -m benchmarks.ingest DATA [what …]`.

DATA is a folder with `html/article_extraction_benchmark.tar.gz`, `html/fundus_a.tar.gz`, `formats/feedparser.tar.gz`,
`formats/charsets.tar.gz`, `formats/warc.tar.gz` and `duplicates/reuters_000_004.parquet`; `what` is any of memory, extraction,
handing_over, fields, datelines, feeds, charsets and web_archives. All times are CPU seconds of this process and of those that read
for it.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tasks.config import Limits, Source
from tasks.errors import RejectDocument
from tasks.ingest import encoding, feeds, formats, guard, languages, pages
from tasks.ingest.evaluate import body_scores, evaluate_datelines, evaluate_extraction
from tasks.ingest.gold import Page
from tasks.ingest.gold import pages as gold_pages
from tasks.ingest.pieces import Fault, Piece
from tasks.ingest.sources import fetch
from tests.ingest.conftest import NOW, Night

Extractor = Callable[[str], str]


def cpu(work: Callable[[], object]) -> tuple[float, object]:
    """CPU seconds of the work, those of reading processes too, and its result."""
    began = time.process_time() + guard.READERS.spent()
    result = work()
    return time.process_time() + guard.READERS.spent() - began, result


def extractors() -> dict[str, Extractor]:
    """Name -> body text of a page."""
    from resiliparse.extract.html2text import extract_plain_text
    from trafilatura import extract

    return {
        "nightwire": lambda text: "\n".join(block for _, block in guard.page(text, "", 60.0).blocks),
        "nightwire, unguarded": lambda text: "\n".join(block for _, block in pages.read(text).blocks),
        "trafilatura fast": lambda text: extract(text, fast=True, include_comments=False) or "",
        "trafilatura precision": lambda text: extract(text, favor_precision=True, include_comments=False) or "",
        "trafilatura default": lambda text: extract(text, include_comments=False) or "",
        "resiliparse": lambda text: extract_plain_text(text, main_content=True, alt_texts=False),
        "resiliparse, else trafilatura": _doubtful(0.1, 100),
        "same, doubting more": _doubtful(0.02, 200),
    }


def _doubtful(short: float, words: int) -> Extractor:
    """resiliparse first; trafilatura where over `short` of its words stand in lines of under eight, or there are fewer than `words`."""
    from resiliparse.extract.html2text import extract_plain_text
    from trafilatura import extract

    def both(text: str) -> str:
        found = extract_plain_text(text, main_content=True, alt_texts=False)
        lines = [len(re.findall(r"\w+", line)) for line in found.splitlines()]
        if sum(lines) >= words and sum(n for n in lines if n < 8) <= short * sum(lines):
            return str(found)
        return extract(text, fast=True, include_comments=False) or ""

    return both


def extraction(data: Path) -> None:
    """Body F1 and pages per CPU second of extractors on both sets of pages."""
    sets = {"benchmark": gold_pages(data / "html/article_extraction_benchmark.tar.gz")}
    fundus = gold_pages(data / "html/fundus_a.tar.gz")
    sets["fundus en"] = [p for p in fundus if languages.detect(p.body)[0] == "en"]
    sets["fundus all"] = fundus
    for name, extract in extractors().items():
        for label, chosen in sets.items():
            texts = [encoding.decode(page.raw) for page in chosen]
            seconds, found = cpu(lambda e=extract, t=texts: [_safely(e, text) for text in t])  # type: ignore[misc]
            precision, recall, f1 = body_scores(list(zip((p.body for p in chosen), found, strict=True)))  # type: ignore[call-overload]
            print(f"{name:24} {label:12} P {precision:.4f} R {recall:.4f} F1 {f1:.4f} {len(chosen) / seconds:7.1f} pages/s")


def handing_over(data: Path) -> None:
    """What it costs to have pages read by another process: read here and there in turn, page by page."""
    texts = [encoding.decode(page.raw) for page in gold_pages(data / "html/article_extraction_benchmark.tar.gz")]
    here = there = beside = 0.0
    for number, text in enumerate([*texts[:5], *texts]):
        before = guard.READERS.spent()
        seconds = [cpu(lambda t=text, r=read: _safely(r, t))[0] for read in (_here, _there)]  # type: ignore[misc]
        if number >= 5:  # the first are for starting
            here, there, beside = here + seconds[0], there + seconds[1], beside + guard.READERS.spent() - before
    count = len(texts)
    handing = 1000 * (there - beside) / count
    print(f"pages/s: read here {count / here:.1f}, in another process {count / there:.1f}; handing over {handing:.2f} ms a page")


def _here(text: str) -> str:
    return str(pages.read(text))


def _there(text: str) -> str:
    return str(guard.page(text, "", 60.0))


def _safely(extract: Extractor, text: str) -> str:
    try:
        return extract(text)
    except RejectDocument:
        return ""


def fields(data: Path) -> None:
    """Title and date of nightwire's EXTRACT and of trafilatura's own metadata."""
    from trafilatura import extract_metadata

    print(json.dumps(evaluate_extraction(data / "html/fundus_a.tar.gz", "en")))
    print(json.dumps(evaluate_extraction(data / "html/fundus_a.tar.gz")))
    chosen = gold_pages(data / "html/fundus_a.tar.gz")
    seconds, found = cpu(lambda: [extract_metadata(encoding.decode(p.raw), default_url=p.url) for p in chosen])
    pairs: list[tuple[Page, object]] = list(zip(chosen, found, strict=True))  # type: ignore[call-overload]
    titles = sum(_letters(p.title) == _letters(getattr(m, "title", None)) for p, m in pairs) / len(pairs)
    days = sum(p.published is not None and getattr(m, "date", None) == p.published.date().isoformat() for p, m in pairs) / len(pairs)
    print(f"trafilatura's metadata: title {titles:.3f} date {days:.3f} {len(chosen) / seconds:.1f} pages/s")


def _letters(text: str | None) -> str:
    return "".join(filter(str.isalnum, (text or "").casefold()))


def datelines(data: Path) -> None:
    """Datelines of the Reuters set."""
    print(json.dumps(evaluate_datelines(data / "duplicates/reuters_000_004.parquet")))


def members(archive: Path) -> Iterable[tuple[str, bytes]]:
    """(name, bytes) of an archive's files."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and (stream := tar.extractfile(member)):
                yield member.name, stream.read()


def entries(count: int) -> bytes:
    """A feed of so many entries, every field filled."""
    item = (
        "<item><title>Ferry number {n} leaves the harbour</title><link>https://news.example/{n}</link><guid>{n}</guid>"
        "<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate><dc:creator>Ida Lund</dc:creator>"
        "<description>The ferry number {n} left &lt;b&gt;Eastmouth&lt;/b&gt; at dawn with nine hundred people.</description></item>"
    )
    head = '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>'
    return (head + "".join(item.format(n=n) for n in range(count)) + "</channel></rss>").encode()


def feed_files(data: Path) -> None:
    """Entries per CPU second of parsers; on feedparser's own files the entries that their comments expect, and feedparser's number."""
    import fastfeedparser
    import feedparser

    raw = entries(20_000)
    small = entries(2_000)
    ours, _ = cpu(lambda: sum(1 for _ in feeds.entries(raw)))
    fast, _ = cpu(lambda: [dict(e) for e in fastfeedparser.parse(raw).entries])
    slow, _ = cpu(lambda: feedparser.parse(small))
    print(f"entries/s: nightwire {20_000 / ours:.0f}, fastfeedparser {20_000 / fast:.0f}, feedparser {2_000 / slow:.0f}")
    counts: dict[str, list[int]] = {}
    for name, file in members(data / "formats/feedparser.tar.gz"):
        if not name.endswith(".xml"):
            continue
        tally = counts.setdefault(name.split("/")[2], [0, 0, 0, 0])
        want, told = len(feedparser.parse(file)["entries"]), _expected(file)
        tally[0] += 1
        try:
            have = len(list(feeds.entries(file)))
        except RejectDocument as fault:
            print(f"  {name}: {fault}; feedparser {want}, its comment {told}")
            continue
        tally[1] += have == want
        tally[2] += told is not None
        tally[3] += told is not None and have >= told
        if have != want or (told is not None and have < told):
            print(f"  {name}: {have} entries; feedparser {want}, its comment {told}")
    print("files: total, same number as feedparser, with a comment on entries, at least the entries that it speaks of:", counts)


_ENTRY = re.compile(rb"entries\[(\d+)\]")


def _expected(file: bytes) -> int | None:
    """How many entries the comment on top of a file speaks of (`Expect: … entries[0]['title'] …`), or None where it speaks of none."""
    comment = file[:4000].partition(b"Expect:")[2].partition(b"-->")[0]
    found = [int(number) + 1 for number in _ENTRY.findall(comment)]
    return max(found) if found else None


def web_archives(data: Path) -> None:
    """Pieces and rejects of each web archive, beside the answers of status 200 that warcio reads."""
    from warcio.archiveiterator import ArchiveIterator

    for name, file in members(data / "formats/warc.tar.gz"):
        if "/data/" not in name or name.endswith((".txt", ".md")):
            continue
        have: list[Piece | Fault] = []
        try:
            have.extend(formats.pieces(io.BufferedReader(io.BytesIO(file)), name, Limits()))  # type: ignore[type-var]
            end = ""
        except RejectDocument as fault:
            end = str(fault)
        theirs = 0
        try:
            for record in ArchiveIterator(io.BytesIO(file)):
                head = record.http_headers
                theirs += record.rec_type == "response" and head is not None and head.get_statuscode() == "200"
        except Exception as error:  # whatever the peer ends with
            end += f" (warcio: {type(error).__name__})"
        faults = [f"{f.place} {f.why.message}" for f in have if isinstance(f, Fault)]
        print(f"  {name}: {len(have) - len(faults)} pieces, {len(faults)} rejects {faults} {end}; warcio {theirs} answers of 200")


def charsets(data: Path) -> None:
    """Share of texts that are decoded exactly as their folder's codec says."""
    from charset_normalizer import from_bytes
    from resiliparse.parse.encoding import detect_encoding

    deciders: dict[str, Callable[[bytes], str]] = {
        "nightwire": encoding.decode,
        "charset-normalizer": lambda raw: str(
            from_bytes(raw[:100_000]).best() and raw.decode(from_bytes(raw[:100_000]).best().encoding)
        ),  # type: ignore[union-attr]
        "resiliparse": lambda raw: raw.decode(detect_encoding(raw) or "utf-8"),
    }
    files = [(name.split("/")[2], raw) for name, raw in members(data / "formats/charsets.tar.gz") if name.count("/") == 3]
    gold = [(raw, text) for folder, raw in files if (text := _as_told(folder, raw)) is not None]
    for name, decide in deciders.items():
        seconds, right = cpu(lambda d=decide: sum(_same(d, raw, text) for raw, text in gold))  # type: ignore[misc]
        print(f"{name:20} {right} of {len(gold)} ({len(files) - len(gold)} without a codec) in {seconds:.1f} s")


def _as_told(folder: str, raw: bytes) -> str | None:
    for name in (folder, folder.rpartition("-")[0]):
        try:
            return raw.decode(name)
        except (LookupError, UnicodeError):
            continue
    return None


def _same(decide: Callable[[bytes], str], raw: bytes, text: str) -> bool:
    try:
        return decide(raw).lstrip("\ufeff") == text.lstrip("\ufeff")
    except (RejectDocument, UnicodeError, LookupError):
        return False


def memory(_data: Path) -> None:
    """Peak memory and speed of fetching one file of 200 MB, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for write in (_write_jsonl, _write_csv, _write_parquet, _write_warc, _write_gzip):
            name = write(Path(folder))
            done = subprocess.run([sys.executable, __file__, folder, f"fetch:{name}"], capture_output=True, text=True, check=True)
            print(done.stdout.strip())


_BODY = "<html><body>" + "<p>The ferry left Eastmouth at dawn with nine hundred people on board.</p>" * 300 + "</body></html>"


def _write_jsonl(folder: Path) -> str:
    line = json.dumps({"title": "T", "text": _BODY}) + "\n"
    with (folder / "day.jsonl").open("w") as out:
        for _ in range(200_000_000 // len(line)):
            out.write(line)
    return "day.jsonl"


def _write_csv(folder: Path) -> str:
    with (folder / "day.csv").open("w") as out:
        out.write("title,text\n")
        while out.tell() < 200_000_000:
            out.write(f'T,"{_BODY}"\n' * 100)
    return "day.csv"


def _write_parquet(folder: Path) -> str:
    """One row group of texts that share nothing, so that the file has 200 MB."""
    import secrets

    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": [secrets.token_hex(10_000) for _ in range(10_000)]}), folder / "day.parquet", compression="none")
    return "day.parquet"


def _write_gzip(folder: Path) -> str:
    import gzip
    import secrets

    with gzip.open(folder / "day.jsonl.gz", "wt", 1) as out:
        for _ in range(10_000):
            out.write(json.dumps({"text": secrets.token_hex(10_000)}) + "\n")
    return "day.jsonl.gz"


def _write_warc(folder: Path) -> str:
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with (folder / "day.warc").open("wb") as out:
        writer = WARCWriter(out, gzip=False)
        while out.tell() < 200_000_000:
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            url = f"https://news.example/{out.tell()}"
            writer.write_record(writer.create_warc_record(url, "response", payload=io.BytesIO(_BODY.encode()), http_headers=head))
    return "day.warc"


def _fetch(folder: Path, name: str) -> None:
    source = Source(name="s", kind="folder", path=name)
    seconds, count = cpu(lambda: sum(1 for _ in fetch(source, Night(), folder, {}, lambda: NOW)))
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024
    print(f"{name}: {count} documents, {200 / seconds:.0f} MB/s, peak memory of the process {peak} MB")


PARTS = {
    "memory": memory,
    "extraction": extraction,
    "handing_over": handing_over,
    "fields": fields,
    "datelines": datelines,
    "feeds": feed_files,
    "charsets": charsets,
    "web_archives": web_archives,
}

if __name__ == "__main__":
    for what in sys.argv[2:] or PARTS:
        if what.startswith("fetch:"):
            _fetch(Path(sys.argv[1]), what.removeprefix("fetch:"))
            continue
        print(f"== {what}")
        PARTS[what](Path(sys.argv[1]))
