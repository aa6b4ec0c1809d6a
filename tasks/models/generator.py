"""Generators: seq2seq networks (BART, PEGASUS, T5, LED families) and instruct models with their chat template.

Greedy or by the beams that the model's own generation_config.json asks for, never by chance. Prompts of one padded length share a
batch; in bfloat16 a text's scores are then bit for bit the same whatever stands beside it. float32 products of a few rows round by
their number on torch (1e-6 here), so there two words that tie so closely could change places; no filling of batches cures that.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import transformers

from tasks.config import ModelSpec
from tasks.errors import RejectDocument, Unusable
from tasks.models.batches import halving, plan
from tasks.models.engines import How
from tasks.models.output import Output
from tasks.models.settings import longest
from tasks.models.verified import Folder
from tasks.models.writer import Writer

BUDGET = 16384
"""Prompt tokens a batch, padding included, of all beams."""
ROWS = 32
"""Most prompts a batch, counted once a beam: decoding reads all weights once a step for all of them (docs/log/models.md)."""
PLACEHOLDER = "\ue000article\ue000"
"""Stands for the prompt while the chat template is rendered; private-use characters, so no template has it."""


@dataclass(frozen=True)
class Texts(Output[list[str]]):
    """Generated texts.

    Attributes:
        unfinished: indices of texts that reached `max_new_tokens` before the model ended them.
    """

    unfinished: frozenset[int] = frozenset()


class Generator:
    """A generator.

    Attributes:
        limit: longest prompt in tokens; for instruct models the new tokens count as well.
    """

    def __init__(self, folder: Folder, spec: ModelSpec, how: How) -> None:
        self.kind, self.limit = spec.kind, longest(folder.path, spec)
        self.tokenizer = _tokenizer(folder.path)
        self.words = self.tokenizer.backend_tokenizer
        self.frame = self._frame()
        self.writer = _writer(folder, spec.kind, how, self.tokenizer.pad_token_id)

    def generate(self, prompts: Sequence[str], max_new_tokens: int = 128) -> Texts:
        """One text per prompt; an instruct model takes each prompt as the user's message.

        Words in a prompt that look like the model's control tokens are read as plain words. A prompt that is too long loses its end,
        never the template around it, and is reported as truncated. A prompt that failed has an empty text.
        """
        rows, cut = self._rows(prompts, max_new_tokens)
        texts = [""] * len(prompts)
        unfinished: set[int] = set()
        failed: dict[int, RejectDocument] = {}
        for index, (ids, ended) in self._each(rows, max_new_tokens, failed):
            texts[index] = self.words.decode(ids, skip_special_tokens=True).strip()
            unfinished |= set() if ended else {index}
        return Texts(texts, cut, failed, frozenset(unfinished))

    def tokens(self, prompts: Sequence[str], max_new_tokens: int = 128) -> list[Sequence[int]]:
        """As `generate`, the token numbers instead of the texts; none where a prompt failed."""
        found: list[Sequence[int]] = [[] for _ in prompts]
        for index, (ids, _) in self._each(self._rows(prompts, max_new_tokens)[0], max_new_tokens, {}):
            found[index] = ids
        return found

    def _each(
        self, rows: Sequence[list[int]], new: int, failed: dict[int, RejectDocument]
    ) -> Iterator[tuple[int, tuple[Sequence[int], bool]]]:
        """What is written for each row, in batches."""

        def batch(job: tuple[int, list[int]]) -> list[tuple[int, tuple[Sequence[int], bool]]]:
            width, indices = job
            return list(halving(lambda some: self._batch([rows[i] for i in some], width, new), indices, failed))

        beams = self.writer.settings.num_beams or 1
        batches = plan([len(r) for r in rows], max(1, BUDGET // beams), _padded, max(1, ROWS // beams))
        with ThreadPoolExecutor(max_workers=self.writer.parallel) as pool:
            yield from itertools.chain.from_iterable(pool.map(batch, batches))

    def _rows(self, prompts: Sequence[str], new: int) -> tuple[list[list[int]], frozenset[int]]:
        before, after = self.frame
        room = self.limit - len(before) - len(after) - (new if self.kind == "instruct" else 0)
        if room < 1:
            raise Unusable(f"max_new_tokens={new} leaves no room for a prompt: the model reads {self.limit} tokens in all; want fewer")
        inner = [e.ids for e in self.words.encode_batch(list(prompts), add_special_tokens=False)]
        return [before + ids[:room] + after for ids in inner], frozenset(i for i, ids in enumerate(inner) if len(ids) > room)

    def _frame(self) -> tuple[list[int], list[int]]:
        """The token numbers before and after every prompt: special tokens, or the chat template's."""
        if self.kind == "instruct":
            if not self.tokenizer.chat_template:
                raise Unusable("an instruct model needs a chat template; its folder has none: use a model that was tuned to answer")
            shown: Any = self.tokenizer.apply_chat_template(
                [{"role": "user", "content": PLACEHOLDER}], tokenize=False, add_generation_prompt=True
            )
            before, _, after = str(shown).partition(PLACEHOLDER)
            self.words.encode_special_tokens = False
            ids = (self.words.encode(before, add_special_tokens=False).ids, self.words.encode(after, add_special_tokens=False).ids)
        else:
            empty = self.words.encode("")
            marks, word = empty.ids, self.words.encode("a", add_special_tokens=False).ids
            whole = self.words.encode("a").ids
            start = next(i for i in range(len(whole)) if whole[i : i + len(word)] == word)
            ids = (marks[:start], marks[start:])
        self.words.encode_special_tokens = True
        return ids

    def _batch(self, rows: Sequence[list[int]], width: int, new: int) -> list[tuple[Sequence[int], bool]]:
        ids = np.full((len(rows), width), self.writer.settings.pad_token_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for number, row in enumerate(rows):
            # A causal network goes on from the last column, so its padding stands on the left.
            place = slice(width - len(row), width) if self.kind == "instruct" else slice(0, len(row))
            ids[number, place], mask[number, place] = row, 1
        return [self._kept(line, new) for line in self.writer(ids, mask, new)]

    def _kept(self, ids: Sequence[int], new: int) -> tuple[Sequence[int], bool]:
        """The tokens up to the end that the model set, and whether it set one."""
        ends = self.writer.settings.eos_token_id
        stops = set(ends if isinstance(ends, list) else [ends])
        ended = next((i for i, token in enumerate(ids) if token in stops), None)
        return ids if ended is None else ids[:ended], ended is not None or len(ids) < new


def _padded(length: int) -> int:
    """Wider steps than a classifier's: prompts are long and few, and larger batches gain more than padding costs."""
    step = 8 if length <= 64 else 128 if length <= 256 else 256
    return max(step, -(-length // step) * step)


def _tokenizer(folder: Path) -> Any:
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise Unusable(f"model folder {folder}: its tokenizer can't be loaded: {str(error)[:300]}") from error
    if not hasattr(tokenizer, "backend_tokenizer"):
        raise Unusable(f"model folder {folder}: no fast tokenizer; save it with transformers' fast class (tokenizer.json)")
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def _writer(folder: Folder, kind: str, how: How, pad: int | None) -> Writer:
    # OpenVINO takes a second to import, torch's network several times its memory: only the one that is used is loaded.
    if how.engine == "openvino":
        from tasks.models.openvino_writer import OpenVinoWriter

        return OpenVinoWriter(folder, kind, how, pad)
    from tasks.models.on_torch import TorchWriter

    return TorchWriter(folder.path, kind, how.dtype, pad)
