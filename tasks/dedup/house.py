"""House lines: text that many unrelated documents carry (legal lines, "sign up for our newsletter") makes no copies of them.

Two documents that have hardly more in common than such text are no copies if each has a stretch of its own. A story that many outlets
print is another thing, though its text stands in many documents too: its copies have no stretch of their own beyond an introduction.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tasks.dedup.compare import copied_words
from tasks.dedup.hashing import Flags, Ints
from tasks.dedup.window import Window

COMMON = 0.8
"""Share of the fingerprints two documents share that stand in many documents, from which they may share house lines only."""
OWN = 0.2
"""Share of a document's words in one stretch that the other does not have, from which it says something of its own."""


def only_house_lines(window: Window, later: Ints, earlier: Ints, common: npt.NDArray[np.float32], size: int) -> Flags:
    """Per pair whether house lines are all that links the two documents.

    Args:
        window: the documents.
        later, earlier: ranks, pair by pair.
        common: share of the fingerprints that both have which stand in many documents.
        size: words per shingle.
    """
    found = np.zeros(len(later), np.bool_)
    doubtful = np.flatnonzero(common >= COMMON)
    one, two = later[doubtful], earlier[doubtful]
    found[doubtful] = (own_stretch(window, one, two, size) >= OWN) & (own_stretch(window, two, one, size) >= OWN)
    return found


def own_stretch(window: Window, documents: Ints, others: Ints, size: int) -> npt.NDArray[np.float64]:
    """Share of each document's words in its longest stretch that stands in no shingle of the other."""
    share = np.zeros(len(documents))
    for batch, covered in copied_words(window, documents, others, size):
        words = window.size[documents[batch]] + size - 1
        share[batch] = longest(~covered, words) / np.maximum(words, 1)
    return share


def longest(flags: Flags, words: Ints) -> Ints:
    """The longest stretch of flagged words in each text.

    Args:
        flags: one per word, one text after another.
        words: how many each text has.
    """
    starts = np.cumsum(words) - words
    at = np.flatnonzero(~flags)
    # A mark before every text and behind the last, and one at each other word: between two marks lies one stretch.
    walls = np.r_[starts, len(flags)] + np.arange(len(words) + 1)
    marks = np.sort(np.r_[walls, at + np.searchsorted(starts, at, side="right")])
    owner = np.searchsorted(walls, marks[:-1], side="right") - 1
    found = np.zeros(len(words), np.int64)
    np.maximum.at(found, owner, np.diff(marks) - 1)
    return found
