"""Text to rows of token numbers, with windows where a text is longer than the network can read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import tokenizers

from tasks.errors import Unusable
from tasks.models.networks import Row
from tasks.models.settings import read

OVERLAP = 4
"""Neighbouring windows share a quarter (1 / OVERLAP) of their room, so that no sentence is only seen cut in two."""


class Tokenizer:
    """A folder's tokenizer; holds no state that a call changes, so threads can share it.

    Attributes:
        limit: longest row in tokens, special tokens included.
        pad: number of the padding token.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise Unusable(f"model folder {folder}: no tokenizer.json; save the tokenizer with transformers' fast class")
        self.inner = tokenizers.Tokenizer.from_file(str(path))
        self.inner.no_truncation()
        self.inner.no_padding()
        self.inner.encode_special_tokens = True  # a text that says `[SEP]` only says so
        self.limit = limit
        self.pad = int(read(folder, "config.json").get("pad_token_id") or 0)

    def one(self, texts: Sequence[str]) -> tuple[list[Row], frozenset[int]]:
        """A row per text, cut at the limit, and the indices of the texts that were cut."""
        rows, cut = [], set()
        for index, encoding in enumerate(self.inner.encode_batch(list(texts))):
            if len(encoding.ids) > self.limit:
                cut.add(index)
                bare = self.inner.encode(texts[index], add_special_tokens=False)
                bare.truncate(self.limit - self.inner.num_special_tokens_to_add(False))
                encoding = self.inner.post_process(bare)  # noqa: PLW2901
            rows.append(Row(encoding.ids, encoding.type_ids))
        return rows, frozenset(cut)

    def windows(self, text: str, pair: str | None = None) -> tuple[list[tokenizers.Encoding], bool]:
        """Overlapping windows over `text`, each beside the whole of `pair`.

        Returns:
            The windows in order, and whether something of `pair` was cut: it may take up half of the room.
        """
        bare = self.inner.encode(text, add_special_tokens=False)
        other = None if pair is None else self.inner.encode(pair, add_special_tokens=False)
        room = self.limit - self.inner.num_special_tokens_to_add(pair is not None)
        cut = other is not None and len(other.ids) > room - min(len(bare.ids), room // 2)
        if other is not None:
            if cut:
                other.truncate(room - min(len(bare.ids), room // 2))
            room -= len(other.ids)
        bare.truncate(room, stride=room // OVERLAP)
        return [self.inner.post_process(window, other) for window in (bare, *bare.overflowing)], cut
