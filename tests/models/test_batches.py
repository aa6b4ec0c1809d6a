"""Batches: every input once, one padded length a batch, halves down to the one that fails."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.models.batches import halving, padded, plan

lengths = st.lists(st.integers(0, 700), max_size=80)


@given(lengths, st.integers(1, 4096))
def test_every_input_once_and_within_the_budget(sizes, budget):
    batches = list(plan(sizes, budget))
    assert sorted(i for _, indices in batches for i in indices) == list(range(len(sizes)))
    for width, indices in batches:
        assert len(indices) == 1 or width * len(indices) <= budget
        assert all(width == padded(sizes[i]) for i in indices)


@given(st.integers(0, 5000))
def test_padding_follows_from_the_length_alone_and_stays_small(length):
    width = padded(length)
    assert width >= max(length, 8)
    assert width - length <= max(8, 0.25 * length)
    assert padded(width) == width


@given(st.integers(1, 40), st.sets(st.integers(0, 39)))
def test_only_what_fails_is_rejected(count, bad):
    failed = {}

    def run(some):
        if bad & set(some):
            raise RuntimeError("broken")
        return [i * 10 for i in some]

    done = dict(halving(run, list(range(count)), failed))
    assert done == {i: i * 10 for i in range(count) if i not in bad}
    assert set(failed) == {i for i in range(count) if i in bad}
    assert {e.reason for e in failed.values()} <= {"model_failed"}


def test_a_lack_of_memory_is_named():
    for error in (
        MemoryError(),
        RuntimeError("CUDA out of memory"),
        RuntimeError("can't allocate memory: 1"),
        RuntimeError("std::bad_alloc"),
    ):
        failed = {}

        def run(_some, error=error):
            raise error

        assert list(halving(run, [3], failed)) == []
        assert failed[3].reason == "out_of_memory"
