"""A step applied to files of the store: read what it reads, run it, write what it writes."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from pydantic import BaseModel

from flows.store import Ref, Store
from tasks.errors import ContractError
from tasks.step import Step
from tasks.tables import Spec


def read(store: Store, step: Step, refs: Sequence[Sequence[Ref]]) -> list[pa.Table]:
    """The tables that a step reads."""
    return [_joined([store.get(ref) for ref in table if ref.rows], spec) for table, spec in zip(refs, step.reads, strict=True)]


def run(step: Step, tables: Sequence[pa.Table], settings: BaseModel) -> tuple[pa.Table, ...]:
    """The tables that a step makes of them.

    Raises:
        ContractError: their number is not that of its contract.
    """
    made = step.run(*tables, settings)
    outputs = made if isinstance(made, tuple) else (made,)
    if len(outputs) != len(step.writes):
        raise ContractError(f"{step.name}: gave {len(outputs)} tables, its contract has {len(step.writes)}")
    return outputs


def write(store: Store, step: Step, outputs: Sequence[pa.Table]) -> tuple[Ref, ...]:
    """The files of the tables that a step made."""
    return tuple(store.put(table, spec) for table, spec in zip(outputs, step.writes, strict=True))


def _joined(tables: Sequence[pa.Table], spec: Spec) -> pa.Table:
    """One table of several; keys are not looked at again, for nights of a history may hold the same document of an old story."""
    return pa.concat_tables(tables).combine_chunks().unify_dictionaries() if tables else spec.empty()
