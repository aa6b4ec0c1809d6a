"""Sets of sentences: within the limits, in order, and nothing twice."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.summarize.candidates import Candidate, count_words
from tasks.summarize.choose import Sets, choose
from tasks.summarize.rank import set_weights

WORDS = ["harbour", "ferry", "board", "pier", "crown", "owner", "storm", "vote"]


def made(texts: list[str]) -> list[Candidate]:
    return [Candidate(0, len(t), t, count_words(t), 0, False, False) for t in texts]


@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9), min_size=1, max_size=14),
    st.integers(1, 6),
    st.integers(3, 40),
    st.integers(0, 9),
)
def test_a_summary_keeps_its_limits(sentences: list[list[str]], count: int, max_words: int, seed: int) -> None:
    candidates = made([" ".join(s) for s in sentences])
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(candidates), 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    chosen = choose(Sets(candidates, rng.normal(size=len(candidates)), vectors), set_weights(), count, max_words)
    assert chosen == sorted(set(chosen))
    assert 1 <= len(chosen) <= count
    assert len(chosen) == 1 or sum(candidates[i].words for i in chosen) <= max_words
    assert all(float(vectors[a] @ vectors[b]) < 0.85 for a in chosen for b in chosen if a != b)


def test_what_is_said_twice_is_told_once() -> None:
    candidates = made(["The board closes the pier.", "The pier is closed by the board.", "A storm is due on Friday."])
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert choose(Sets(candidates, np.array([1.0, 0.9, 0.1]), vectors), set_weights(), 2, 80) == [0, 2]
