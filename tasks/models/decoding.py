"""A batch of texts under transformers' own loop: `generate` chooses the words, OpenVINO's graphs only score them.

So greedy search, beams and every setting of a model's generation_config.json mean what they mean in transformers. A prompt is read at a
width that follows from its own length, and only then joins its batch, so padding costs nothing where the work is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
import torch
import transformers
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from tasks.models.batches import BUDGET, plan
from tasks.models.graph import MASKED
from tasks.models.networks import Floats, Ints


class Past:
    """What transformers' loop needs to know of the keys and values that lie in a request: how many, and whose."""

    is_compileable = False

    def __init__(self) -> None:
        self.length = 0
        self.beam: torch.Tensor | None = None

    def get_seq_length(self, *_: Any) -> int:
        """Tokens that were read."""
        return self.length

    def reorder_cache(self, beam: torch.Tensor) -> None:
        """Each row goes on from row `beam` of the last call."""
        self.beam = beam

    def rows(self, count: int) -> Any:
        """The row of the state for each of `count` rows; asked for once a call."""
        rows = np.arange(count) if self.beam is None else self.beam.numpy()
        self.beam = None
        return rows.astype(np.int32)


class Decoding(ABC, transformers.GenerationMixin):
    """One batch on its way through a network, as transformers' loop wants a model to be.

    Attributes:
        requests: the network's, of which the last one holds the state.
        cross: number format of a text's keys and values.
    """

    main_input_name, base_model_prefix, _is_stateful = "input_ids", "", True
    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self, config: Any, settings: Any, requests: Sequence[ov.InferRequest], cross: Any) -> None:
        self.config, self.generation_config, self.cross = config, settings, cross
        self.requests, self.past = requests, Past()
        self.state = requests[-1]
        self.state.reset_state()

    def prepare_inputs_for_generation(  # type: ignore[override]
        self,
        input_ids: Any,
        attention_mask: Any = None,
        encoder_outputs: Any = None,
        past_key_values: Any = None,  # noqa: ARG002 - transformers looks for the name
        **kwargs: Any,  # noqa: ARG002
    ) -> Any:
        """The whole text so far; `scores` takes what is new of it."""
        return {"ids": input_ids, "mask": attention_mask, "read": encoder_outputs}

    def __call__(self, ids: Any, mask: Any, read: Any, **_: Any) -> Seq2SeqLMOutput:
        """Scores of each row's next word, batch x 1 x words."""
        scores = self.scores(ids.numpy(), mask.numpy(), read)
        self.past.length = ids.shape[1]
        return Seq2SeqLMOutput(logits=torch.from_numpy(scores)[:, None], past_key_values=self.past)  # type: ignore[arg-type]

    def forward(self, **inputs: Any) -> Seq2SeqLMOutput:
        """The same by the name that transformers looks for."""
        return self(**inputs)

    @abstractmethod
    def scores(self, ids: Ints, mask: Ints, read: Any) -> Floats:
        """Scores of each row's next word, batch x words, after the ids that were not yet read."""

    def infer(self, request: ov.InferRequest, given: dict[str, Any]) -> None:
        """Runs a request on arrays, which it only keeps until it has run."""
        for name, value in given.items():
            request.set_tensor(name, ov.Tensor(np.ascontiguousarray(value)))
        request.infer()

    def can_generate(self) -> bool:
        """True."""
        return True

    def is_remote_code(self) -> bool:
        """False."""
        return False

    def get_experts_implementation(self) -> dict[str, str]:
        """None of these networks has experts."""
        return {}


class Causal(Decoding):
    """A batch of a causal network; prompts stand on the right of their rows."""

    def scores(self, ids: Ints, mask: Ints, read: Any) -> Floats:  # noqa: ARG002
        """See `Decoding`."""
        if not self.past.length:
            return self.read(ids, mask)
        bias = np.where(mask, np.float32(0), MASKED)[:, None, None, :]
        positions = mask.sum(1)[:, None] - 1
        self.infer(self.state, {"ids": ids[:, -1:], "positions": positions, "mask": bias, "beam": self.past.rows(len(ids))})
        return np.array(self.state.get_output_tensor(0).data)

    def read(self, ids: Ints, mask: Ints) -> Floats:
        """Reads all prompts, those of one padded length at a time, and lays their keys and values side by side."""
        lengths = mask.sum(1)
        scores: list[Floats] = [np.empty(0, np.float32)] * len(ids)
        whole: dict[str, Floats] = {}
        for width, rows in plan(lengths.tolist(), BUDGET):
            self.state.reset_state()
            self.infer(self.state, _prompts([ids[row, ids.shape[1] - lengths[row] :] for row in rows], width))
            for row, value in zip(rows, np.array(self.state.get_output_tensor(0).data), strict=True):
                scores[row] = value
            for state in self.state.query_state():
                part = state.state.data
                if state.name not in whole:
                    whole[state.name] = np.zeros((len(ids), part.shape[1], ids.shape[1], part.shape[3]), np.float32)
                for row, one in zip(rows, part, strict=True):
                    whole[state.name][row, :, ids.shape[1] - lengths[row] :] = one[:, width - lengths[row] :]
        for state in self.state.query_state():
            state.state = ov.Tensor(whole.pop(state.name))
        return np.stack(scores)


class Seq2Seq(Decoding):
    """A batch of a seq2seq network, whose texts are read once, before the first word is written."""

    def get_encoder(self) -> Any:
        """What reads the texts, by the names that transformers looks for."""
        return _Reader(self)

    def read(self, ids: Ints, mask: Ints) -> None:
        """Reads all texts, those of one padded length at a time, and lays their keys and values side by side."""
        self.mask, self.texts = mask, dict[str, Any]()
        lengths = mask.sum(1).tolist()
        for width, rows in plan(lengths, BUDGET):
            given = [np.ascontiguousarray(some[rows, :width]) for some in (ids, mask)]
            self.infer(self.requests[0], dict(zip(("ids", "mask"), given, strict=True)))
            for number, output in enumerate(self.requests[0].output_tensors):
                # NumPy has no bfloat16: its bits pass through as they are.
                part = output.data if self.cross == ov.Type.f32 else output.data.view(np.uint16)
                name = f"{('key', 'value')[number % 2]}{number // 2}"
                if name not in self.texts:
                    sizes = (part.shape[2], ids.shape[1]) if number % 2 == 0 else (ids.shape[1], part.shape[3])
                    self.texts[name] = np.zeros((len(ids), part.shape[1], *sizes), part.dtype)
                self.texts[name][rows, :, : part.shape[2], : part.shape[3]] = part

    def scores(self, ids: Ints, mask: Ints, read: Any) -> Floats:  # noqa: ARG002
        """See `Decoding`."""
        if not self.past.length:
            self.lay(read.last_hidden_state[:, 0, 0].long().numpy())
        self.infer(self.state, {"ids": ids[:, -1:], "positions": np.array([ids.shape[1] - 1]), "beam": self.past.rows(len(ids))})
        return np.array(self.state.get_output_tensor(0).data)

    def lay(self, rows: Ints) -> None:
        """Gives the decoder the texts that it looks at: several times the same one where there are beams."""
        whole = np.array_equal(rows, np.arange(len(self.mask)))
        for name, text in self.texts.items():
            self.texts[name] = some = text if whole else text[rows]  # kept here, since the request only points to it
            self.state.set_tensor(name, ov.Tensor(some, ov.Shape(some.shape), self.cross))
        self.state.set_tensor("mask", ov.Tensor(np.ascontiguousarray(self.mask[rows])))


class _Reader:
    """The encoder of a `Seq2Seq`; it returns only which row is which, since keys and values stay where they are."""

    main_input_name = "input_ids"

    def __init__(self, decoding: Seq2Seq) -> None:
        self.decoding = decoding

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> BaseModelOutput:
        self.decoding.read(input_ids.numpy(), attention_mask.numpy())
        return BaseModelOutput(last_hidden_state=torch.arange(len(input_ids), dtype=torch.float32)[:, None, None])

    def __call__(self, **inputs: Any) -> BaseModelOutput:
        return self.forward(inputs["input_ids"], inputs["attention_mask"])


def _prompts(rows: Sequence[Ints], width: int) -> dict[str, Any]:
    """One causal batch. A padded place sees itself alone: one that saw nothing would have no scores to weigh."""
    ids = np.zeros((len(rows), width), np.int64)
    mask = np.full((len(rows), 1, width, width), MASKED, np.float32)
    positions = np.zeros_like(ids)
    earlier = np.tril(np.ones((width, width), bool))
    for number, row in enumerate(rows):
        start = width - len(row)
        ids[number, start:], positions[number, start:] = row, np.arange(len(row))
        mask[number, 0][earlier & (np.arange(width) >= start)] = 0
    mask[:, 0, np.arange(width), np.arange(width)] = 0
    return {"ids": ids, "positions": positions, "mask": mask, "beam": np.arange(len(rows), dtype=np.int32)}
