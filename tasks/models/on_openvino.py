"""Encoders and classifiers on OpenVINO: one thread a batch and as many batches at once as there are cores.

One thread a batch keeps a row's value independent of the number of cores, and two workers of a night share the cores instead of
fighting over them: a batch waits until one is free.
"""

from __future__ import annotations

import queue
from pathlib import Path

import openvino as ov

from tasks.models import bert
from tasks.models.batches import BUDGET
from tasks.models.cache import kept
from tasks.models.engines import How
from tasks.models.networks import Floats, Ints
from tasks.models.threads import threads
from tasks.models.verified import Folder, made_of

PRECISION = {"float32": "f32", "bfloat16": "bf16"}


class OpenVinoNetwork:
    """A network on OpenVINO."""

    budget = BUDGET

    def __init__(self, folder: Folder, kind: str, how: How) -> None:
        self.parallel = threads()
        compiled = ov.Core().compile_model(
            _graph(folder, kind, how),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": PRECISION[how.dtype],
                "NUM_STREAMS": self.parallel,
                "INFERENCE_NUM_THREADS": self.parallel,
                "ENABLE_CPU_PINNING": False,
            },
        )
        self.requests: queue.SimpleQueue[ov.InferRequest] = queue.SimpleQueue()
        for _ in range(self.parallel):
            self.requests.put(compiled.create_infer_request())

    def __call__(self, ids: Ints, mask: Ints, types: Ints) -> Floats:
        """See `Network`."""
        request = self.requests.get()
        try:
            out: Floats = request.infer([ids, mask, types])[0].copy()
        finally:
            self.requests.put(request)
        return out


def _graph(folder: Folder, kind: str, how: How) -> ov.Model | Path:
    if bert.built(folder.path):
        return bert.build(folder.path, kind)

    def convert(into: Path) -> None:
        from tasks.models.convert import to_openvino

        to_openvino(folder.path, kind, into / "network.xml")

    return kept(made_of(folder, kind, how), convert) / "network.xml"
