"""Generators on OpenVINO. A batch runs on one thread, and as many batches as there are cores run at once."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from typing import Any

import openvino as ov
import torch
import transformers

from tasks.models import bart, llama, t5
from tasks.models.decoding import Causal, Seq2Seq
from tasks.models.engines import How, bfloat16
from tasks.models.families import BART
from tasks.models.networks import Ints
from tasks.models.on_openvino import compiled
from tasks.models.threads import threads
from tasks.models.verified import Folder
from tasks.models.writer import greedy, within, written


class OpenVinoWriter:
    """A `Writer` on OpenVINO."""

    def __init__(self, folder: Folder, kind: str, how: How, pad: int | None) -> None:
        self.kind, self.parallel = kind, threads()
        self.config = transformers.AutoConfig.from_pretrained(folder.path, local_files_only=True, trust_remote_code=False)
        self.settings = greedy(_settings(folder, self.config), pad)
        self.cross = ov.Type.bf16 if how.dtype != "float32" and bfloat16() else ov.Type.f32
        eight = how.dtype == "int8"
        if kind == "instruct":
            graphs = [llama.build(folder.path, self.config, eight)]
        else:
            family = bart if self.config.model_type in BART else t5
            graphs = list(family.build(folder.path, self.config, eight, self.cross))
        networks = [compiled(graphs.pop(0), how, self.parallel) for _ in range(len(graphs))]
        self.requests: queue.SimpleQueue[list[ov.InferRequest]] = queue.SimpleQueue()
        for _ in range(self.parallel):
            self.requests.put([network.create_infer_request() for network in networks])

    def __call__(self, ids: Ints, mask: Ints, new: int) -> Sequence[Sequence[int]]:
        """See `Writer`."""
        requests = self.requests.get()
        decoding: Any = (Causal if self.kind == "instruct" else Seq2Seq)(self.config, self.settings, requests, self.cross)
        try:
            with torch.inference_mode():
                out: torch.Tensor = decoding.generate(
                    input_ids=torch.from_numpy(ids),
                    attention_mask=torch.from_numpy(mask),
                    generation_config=within(self.settings, new),
                    past_key_values=decoding.past,
                )
        finally:
            self.requests.put(requests)
        return written(out, self.kind, ids.shape[1])


def _settings(folder: Folder, config: Any) -> Any:
    if (folder.path / "generation_config.json").is_file():
        return transformers.GenerationConfig.from_pretrained(folder.path, local_files_only=True)
    return transformers.GenerationConfig.from_model_config(config)
