"""Encoders and classifiers on ONNX Runtime with 8-bit weights and activations.

Dynamic quantisation takes one scale for the activations of the whole batch, so a row's value depends on its neighbours. Each text is
therefore a batch of its own; that is what makes results repeatable, and part of why this engine is not the default.
"""

from __future__ import annotations

import threading
from pathlib import Path

import onnxruntime as ort

from tasks.models.cache import kept
from tasks.models.engines import How
from tasks.models.networks import Floats, Ints
from tasks.models.threads import threads
from tasks.models.verified import Folder, made_of


class OnnxNetwork:
    """A network on ONNX Runtime."""

    budget = 1  # tokens: every text is over it, hence alone

    def __init__(self, folder: Folder, kind: str, how: How) -> None:
        def convert(into: Path) -> None:
            from tasks.models.convert import to_onnx_int8

            to_onnx_int8(folder.path, kind, into / "network.onnx")

        path = kept(made_of(folder, kind, how), convert) / "network.onnx"
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = 1, 1
        self.session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.parallel = threads()
        self.cores = threading.Semaphore(self.parallel)

    def __call__(self, ids: Ints, mask: Ints, types: Ints) -> Floats:
        """See `Network`."""
        with self.cores:
            out: Floats = self.session.run(None, {"ids": ids, "mask": mask, "types": types})[0]
        return out
