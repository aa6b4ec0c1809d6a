"""Words and shingles as hashes, against the same thing said in plain Python."""

from __future__ import annotations

import itertools
import re
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.dedup.hashing import LONGEST, digest, hash_words, shingle

LINES = st.text(st.sampled_from("abzAZ059 .,'-_\n’—“…«éÉßжЖ中国かꙗ\u00a0\u3001\u200b\u0301ŐĳﬁＡ①"), max_size=40)


def plain_words(text: str) -> list[str]:
    """What a word is, said again: runs of letters and digits; ideographs and kana alone; at most LONGEST bytes."""
    folded = unicodedata.normalize("NFKC", text).lower()
    found: list[str] = []
    for run in re.findall(r"(?:[a-z0-9]|[^\x00-\xbf\u2000-\u2bff\u3000-\u303f])+", folded):
        for part in re.split(r"([\u3040-\u9fff])", run):
            data = part.encode()
            found += [data[i : i + LONGEST].decode(errors="replace") for i in range(0, len(data), LONGEST)]
    return found


def hashed(texts: list[str]) -> list[list[int]]:
    lowered = pc.utf8_lower(pc.utf8_normalize(pa.array(texts, pa.large_string()), form="NFKC"))
    data = [text.as_py().encode() for text in lowered]
    bounds = np.r_[0, np.cumsum([len(d) for d in data])].astype(np.int64)
    words = hash_words(np.frombuffer(b"".join(data), np.uint8), bounds)
    edges = np.r_[0, np.cumsum(words.counts)]
    return [words.hashes[a:b].tolist() for a, b in itertools.pairwise(edges)]


@given(st.lists(LINES, min_size=1, max_size=6))
@settings(max_examples=300, deadline=None)
def test_words_are_those_of_plain_python_whatever_stands_beside_them(texts: list[str]) -> None:
    together = hashed(texts)
    alone = [hashed([text])[0] for text in texts]
    assert together == alone
    number: dict[int, str] = {}
    for text, hashes in zip(texts, together, strict=True):
        words = plain_words(text)
        assert len(words) == len(hashes)
        for word, value in zip(words, hashes, strict=True):
            assert number.setdefault(value, word) == word
    assert len(set(number.values())) == len(number)


def test_words_beyond_eight_bytes_differ_wherever_they_differ() -> None:
    base = "a" * 60
    texts = [base[:i] + "b" + base[i + 1 :] for i in range(60)] + ["a" * n for n in range(1, 65)]
    values = [words[0] for words in hashed(texts)]
    assert len(set(values)) == len(texts)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6), st.integers(1, 6))
@settings(deadline=None)
def test_shingles_never_cross_texts(counts: list[int], size: int) -> None:
    bounds = np.r_[0, np.cumsum(counts)].astype(np.int64)
    words = np.random.default_rng(1).integers(0, 2**63, int(bounds[-1])).astype(np.uint64)
    found, sizes = shingle(words, bounds, size)
    alone = [shingle(words[a:b], np.array([0, b - a]), size)[0] for a, b in itertools.pairwise(bounds)]
    assert sizes.tolist() == [max(count - size + 1, 0) for count in counts]
    assert found.tolist() == np.concatenate(alone).tolist()


def test_digests_see_order_and_repetition() -> None:
    words = np.arange(1, 7, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    texts = [words[:3], words[[1, 0, 2]], words[[0, 1, 2, 2]], words[:2], words[:0], words[:3]]
    bounds = np.r_[0, np.cumsum([len(t) for t in texts])]
    found = [bytes(row) for row in digest(np.concatenate(texts), bounds)]
    assert found[0] == found[5]
    assert len(set(found)) == 5
    assert found[4] == bytes(16)
