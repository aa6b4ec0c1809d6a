"""Tables as records: CSV and Parquet, streamed row by row, each row a JSON object under its columns' names."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.config import Limits
from tasks.errors import RejectDocument
from tasks.ingest import encoding
from tasks.ingest.compression import SLACK
from tasks.ingest.pieces import RECORD, Fault, Piece

BATCH = 64
"""Most rows of a Parquet file that are made at once."""
PAGE = 1 << 20
"""Bytes of a Parquet file that are read at once: a row group is never held whole."""
HELD = 16 << 20
"""Bytes of one column that are made at once."""
_HEAD = 1 << 16
_DELIMITERS = ",;\t|"


def record(row: Any) -> bytes:
    """A row as JSON, the same bytes for the same row."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, default=_plain).encode("utf-8", "replace")


def _plain(value: Any) -> str:
    return (
        value.isoformat()
        if isinstance(value, dt.date)
        else value.decode("utf-8", "replace")
        if isinstance(value, bytes)
        else str(value)
    )


def csv_rows(stream: io.BufferedReader, limits: Limits) -> Iterator[Piece | Fault]:
    """The rows of a CSV file: a header, then records; the delimiter is the most frequent of , ; tab | in the header.

    Raises:
        RejectDocument: no header, or no text.
    """
    head = stream.readline(_HEAD)
    charset = _charset(head)
    header = head.decode(charset).removeprefix("\ufeff")
    delimiter = max(_DELIMITERS, key=header.count)
    names = next(csv.reader([header], delimiter=delimiter), [])
    if len(names) < 2:
        raise RejectDocument("bad_record", "a CSV file must begin with a header of two columns or more")
    rows = csv.reader(_lines(stream, charset, limits), delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise RejectDocument("bad_record", f"row {number}: {error}") from error
        if len(row) > len(names):
            yield Fault(f"#{number}", RejectDocument("bad_record", f"{len(row)} fields under {len(names)} columns"))
        elif any(row):
            yield Piece(f"#{number}", record(dict(zip(names, row, strict=False))), RECORD)


def _charset(head: bytes) -> str:
    encoding.decode(head)
    try:
        head.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _lines(stream: io.BufferedReader, charset: str, limits: Limits) -> Iterator[str]:
    while line := stream.readline(limits.max_record_bytes + 1):
        if len(line) > limits.max_record_bytes:
            raise RejectDocument("too_large", f"a line of over {limits.max_record_bytes} bytes")
        try:
            yield line.decode(charset)
        except UnicodeDecodeError as error:
            raise RejectDocument("bad_encoding", f"a line that is no {charset}, as the lines before it were") from error


def parquet_rows(stream: io.BufferedReader, limits: Limits) -> Iterator[Piece | Fault]:
    """The rows of a Parquet file, read page by page.

    Raises:
        RejectDocument: no Parquet file (`bad_record`), or rows out of all proportion to the file (`bomb`).
    """
    number = decoded = 0
    try:
        size = stream.seek(0, io.SEEK_END)
        for row in _parquet(stream):
            number += 1
            raw = record(row)
            decoded += len(raw)
            if decoded > SLACK and decoded > limits.max_ratio * size:
                raise RejectDocument(
                    "bomb", f"over {limits.max_ratio} bytes out of each byte of the file; limits.max_ratio raises the limit"
                )
            if len(raw) > limits.max_record_bytes:
                yield Fault(f"#{number}", RejectDocument("too_large", f"a row of {len(raw)} bytes"))
            else:
                yield Piece(f"#{number}", raw, RECORD)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RejectDocument("bad_record", f"no Parquet file that can be read: {error}") from error


def _parquet(stream: io.BufferedReader) -> Iterator[dict[str, Any]]:
    file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=PAGE)
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    chunks = [group.column(number).total_uncompressed_size for group in groups for number in range(group.num_columns)]
    rows = min(max(HELD // max(*chunks, 1, 1), 1), BATCH)  # one value may fill a chunk's dictionary, and stand in every row
    for batch in file.iter_batches(batch_size=rows, use_threads=False):
        yield from batch.to_pylist()
