"""Finished files: whole or not there, damage found, the same rows the same file."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from flows.store import DamagedFileError, Record, Store
from tasks.tables import REJECTS
from tests.test_tables import reject


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_same_rows_same_file(store: Store) -> None:
    first = store.put(REJECTS.rows([reject(), reject(document="d2")]), REJECTS)
    again = store.put(REJECTS.rows([reject(), reject(document="d2")]), REJECTS)
    other = store.put(REJECTS.rows([reject()]), REJECTS)
    assert first == again
    assert other.digest != first.digest
    assert store.get(first).num_rows == first.rows == 2
    assert not list((store.root / "partial").iterdir())


def test_every_flipped_byte_is_found(store: Store) -> None:
    ref = store.put(REJECTS.rows([reject(message="m" * 200)]), REJECTS)
    path = store.path(ref)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(DamagedFileError, match="not those that were written"):
            store.get(ref)


def test_a_lost_or_cut_file_undoes_its_record(store: Store) -> None:
    ref = store.put(REJECTS.rows([reject()]), REJECTS)
    assert store.recall("extract", "k") is None
    store.remember("extract", "k", Record((ref,), 1.5, {"etag": "x"}))
    recalled = store.recall("extract", "k")
    assert recalled is not None
    assert recalled.refs == (ref,)
    assert recalled.notes == {"etag": "x"}
    store.path(ref).write_bytes(b"PAR1")
    assert store.recall("extract", "k") is None
    store.path(ref).unlink()
    assert store.recall("extract", "k") is None
    with pytest.raises(DamagedFileError, match="is gone"):
        store.get(ref)


def test_a_record_that_is_half_written_counts_for_nothing(store: Store) -> None:
    ref = store.put(REJECTS.rows([reject()]), REJECTS)
    store.remember("extract", "k", Record((ref,), 0.0, {}))
    (path,) = (store.root / "records" / "extract").iterdir()
    path.write_bytes(path.read_bytes()[:-10])
    assert store.recall("extract", "k") is None


def test_leftovers_of_killed_runs_are_removed(store: Store) -> None:
    ref = store.put(REJECTS.rows([reject()]), REJECTS)
    own = store.partial()
    own.write_bytes(b"half")
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    ).stdout.strip()
    (own.parent / f"{ended}-0011").write_bytes(b"half")
    assert store.clean() == 1
    assert own.exists()
    assert store.get(ref).num_rows == 1
    assert dataclasses.asdict(ref)["size"] == store.path(ref).stat().st_size
