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
from tasks.ingest.pieces import RECORD, Fault, Piece

BATCH = 64
"""Parquet rows that are held at once."""
GROUP = 256 << 20
"""Largest decoded row group in bytes: Parquet has to decode one whole."""
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
    """The rows of a Parquet file.

    Raises:
        RejectDocument: no Parquet file (`bad_record`), or a row group that is too large to decode (`too_large`).
    """
    try:
        file = pq.ParquetFile(stream)
        groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
        if largest := next((g for g in groups if g.total_byte_size > GROUP), None):
            raise RejectDocument("too_large", f"a row group of {largest.total_byte_size} bytes; write smaller ones")
        number = 0
        for batch in file.iter_batches(batch_size=BATCH):
            for row in batch.to_pylist():
                number += 1
                raw = record(row)
                if len(raw) > limits.max_record_bytes:
                    yield Fault(f"#{number}", RejectDocument("too_large", f"a row of {len(raw)} bytes"))
                else:
                    yield Piece(f"#{number}", raw, RECORD)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RejectDocument("bad_record", f"no Parquet file that can be read: {error}") from error
