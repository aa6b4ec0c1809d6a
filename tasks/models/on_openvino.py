"""Encoders and classifiers on OpenVINO: one thread a batch and as many batches at once as there are cores.

One thread a batch keeps a row's value independent of the number of cores, and two workers of a night share the cores instead of
fighting over them: a batch waits until one is free.
"""

from __future__ import annotations

import queue
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import openvino as ov

from tasks.models import bert, quantised
from tasks.models.batches import BUDGET
from tasks.models.cache import kept
from tasks.models.engines import How, bfloat16
from tasks.models.networks import Floats, Ints
from tasks.models.threads import threads
from tasks.models.verified import Folder, made_of

PRECISION = {"float32": "f32", "bfloat16": "bf16"}
GROUP = 128
"""Numbers of a row that share one scale where activations are quantised (docs/log/models.md)."""


class OpenVinoNetwork:
    """A network on OpenVINO."""

    budget = BUDGET

    def __init__(self, folder: Folder, kind: str, how: How) -> None:
        self.parallel = threads()
        network = compiled(_graph(folder, kind, how), how, self.parallel, quantised.SETTINGS if how.dtype == "int8" else {})
        self.requests: queue.SimpleQueue[ov.InferRequest] = queue.SimpleQueue()
        for _ in range(self.parallel):
            self.requests.put(network.create_infer_request())

    def __call__(self, ids: Ints, mask: Ints, types: Ints) -> Floats:
        """See `Network`."""
        request = self.requests.get()
        try:
            out: Floats = request.infer([ids, mask, types])[0].copy()
        finally:
            self.requests.put(request)
        return out


def compiled(graph: ov.Model | Path, how: How, parallel: int, more: Mapping[str, Any] = MappingProxyType({})) -> ov.CompiledModel:
    """A graph, ready to run `parallel` batches at once on one thread each, in the number format of `how`.

    Args:
        more: settings of the plugin that go before ours.
    """
    precision = PRECISION["bfloat16" if how.dtype == "int8" and bfloat16() else "float32" if how.dtype == "int8" else how.dtype]
    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "KV_CACHE_PRECISION": precision,
        "NUM_STREAMS": parallel,
        "INFERENCE_NUM_THREADS": parallel,
        "ENABLE_CPU_PINNING": False,
    }
    # Without 8-bit weights nothing is quantised; with them, each row of activations gets a scale of its own, so rows stay independent.
    settings["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = GROUP if how.dtype == "int8" else 0
    return ov.Core().compile_model(graph, "CPU", {**settings, **more})


def _graph(folder: Folder, kind: str, how: How) -> ov.Model | Path:
    if how.dtype == "int8":
        return quantised.build(folder.path, kind)
    if bert.built(folder.path):
        return bert.build(folder.path, kind)

    def convert(into: Path) -> None:
        from tasks.models.convert import to_openvino

        to_openvino(folder.path, kind, into / "network.xml")

    return kept(made_of(folder, kind, how), convert) / "network.xml"
