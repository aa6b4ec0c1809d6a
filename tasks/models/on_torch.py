"""Encoders and classifiers on torch: the engine that runs every model, and the one the others must agree with."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from tasks.errors import Unusable
from tasks.models.batches import BUDGET
from tasks.models.marked import MarkedPairClassifier
from tasks.models.networks import Floats, Ints
from tasks.models.settings import POOLED_MARKS, pooling, read
from tasks.models.threads import VARIABLE, threads
from tasks.models.writer import greedy, within, written

AUTO = {
    "encoder": "AutoModel",
    "pair": "AutoModelForSequenceClassification",
    "token": "AutoModelForTokenClassification",
    "seq2seq": "AutoModelForSeq2SeqLM",
    "instruct": "AutoModelForCausalLM",
}
"""Kind -> the class of transformers that builds its network."""


def pretrained(folder: Path, kind: str, dtype: str = "float32") -> Any:
    """The network of a verified folder as transformers builds it, in evaluation mode, from safetensors, without code from the folder.

    Raises:
        Unusable: weights that the network needs are missing or of another shape (transformers would fill them at random), or it is
            of an architecture that transformers does not know.
    """
    if os.environ.get(VARIABLE):  # otherwise torch's own number stays, which a training in this process may have set
        torch.set_num_threads(threads())
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    network: Any = getattr(transformers, AUTO[kind])
    if kind == "pair" and POOLED_MARKS in read(folder, "config.json"):
        network = MarkedPairClassifier
    try:
        model, info = network.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
            dtype=getattr(torch, dtype),
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise Unusable(f"model folder {folder}: can't be loaded as {kind!r}: {str(error)[:300]}") from error
    absent = [k for k in info["missing_keys"] if ".pooler." not in f".{k}" or kind != "encoder"]
    if absent or info.get("mismatched_keys"):
        names = ", ".join(sorted(map(str, absent or info["mismatched_keys"]))[:5])
        raise Unusable(f"model folder {folder}: no fitting weights for {names}: it was not trained as {kind!r}; want another")
    return model.eval()


def wrapped(folder: Path, kind: str, dtype: str = "float32") -> torch.nn.Module:
    """`pretrained` behind one signature, `(ids, mask, types) -> array`, with the encoder's pooling as part of the network."""
    model = pretrained(folder, kind, dtype)
    takes_types = getattr(model.config, "type_vocab_size", 0) > 1
    mean = kind == "encoder" and pooling(folder) == "mean"

    class Wrapped(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
            more = {"token_type_ids": types} if takes_types else {}
            out = self.model(input_ids=ids, attention_mask=mask, **more)
            if kind != "encoder":
                return out.logits.float()  # type: ignore[no-any-return]
            hidden = out.last_hidden_state.float()
            weight = mask.unsqueeze(-1).float()
            pooled = (hidden * weight).sum(1) / weight.sum(1) if mean else hidden[:, 0]
            return torch.nn.functional.normalize(pooled, dim=1)

    return Wrapped().eval()


class TorchNetwork:
    """A network on torch, on the GPU when there is one. One batch at a time with all of its threads: two would fight over the cores."""

    parallel = 1

    def __init__(self, folder: Path, kind: str, dtype: str) -> None:
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.budget = BUDGET * 16 if self.device == "cuda" else BUDGET
        self.module = wrapped(folder, kind, dtype).to(self.device)
        self.lock = threading.Lock()

    def __call__(self, ids: Ints, mask: Ints, types: Ints) -> Floats:
        """See `Network`."""
        with self.lock, torch.inference_mode():
            tensors = [torch.from_numpy(a).to(self.device) for a in (ids, mask, types)]
            out: Floats = self.module(*tensors).float().cpu().numpy()
        return out


class TorchWriter:
    """A `Writer` on torch, on the GPU when there is one; one batch at a time."""

    parallel = 1

    def __init__(self, folder: Path, kind: str, dtype: str, pad: int | None) -> None:
        self.kind, self.device = kind, "cuda" if torch.cuda.is_available() else "cpu"
        self.model = pretrained(folder, kind, dtype).to(self.device)
        self.settings = greedy(self.model.generation_config, pad)
        self.lock = threading.Lock()

    def __call__(self, ids: Ints, mask: Ints, new: int) -> Sequence[Sequence[int]]:
        """See `Writer`."""
        given, there = (torch.from_numpy(some).to(self.device) for some in (ids, mask))
        with self.lock, torch.inference_mode():
            out = self.model.generate(input_ids=given, attention_mask=there, generation_config=within(self.settings, new))
        return written(out.cpu(), self.kind, ids.shape[1])
