"""The mean of a model's weights and those it was trained from.

A second training that teaches new rows forgets some of the old; the line between both sets of weights often holds points that keep
either (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from tasks.errors import Unusable

WEIGHTS = "model.safetensors"


def average(base: Path, trained: Path, share: float) -> None:
    """Puts `share` of the trained weights and the rest of the base's in place of the trained ones, in bfloat16.

    Args:
        base, trained: folders of models of the same architecture.
        share: over 0, at most 1; with 1 nothing is changed.

    Raises:
        Unusable: the share is out of bounds, or the tensors' names or shapes differ.
    """
    if not 0 < share <= 1:
        raise Unusable(f"average: have a share of {share}; want over 0 and at most 1, the trained model's part")
    old, new = load_file(base / WEIGHTS), load_file(trained / WEIGHTS)
    if {name: tensor.shape for name, tensor in old.items()} != {name: tensor.shape for name, tensor in new.items()}:
        raise Unusable(
            f"average: {base} and {trained} have other tensors; want two models of one architecture, one trained from the other"
        )
    mixed = {name: torch.lerp(old[name].float(), new[name].float(), share).bfloat16() for name in new}
    partial = trained / f"{WEIGHTS}.partial"
    save_file(mixed, partial, {"format": "pt"})
    partial.replace(trained / WEIGHTS)
