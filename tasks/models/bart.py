"""Seq2seq networks of the BART family as two OpenVINO graphs: BART, mBART and PEGASUS.

The encoder's graph ends in each decoder layer's keys and values over the text, so that they are made once a text. The decoder's graph
takes one token a call; keys and values of earlier tokens stay in the request as its state. Lewis et al. (2020), Zhang et al. (2020).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from tasks.models.graph import Graph, activate, axes, index, inputs, join, masked, over_text, split, turned
from tasks.models.networks import Floats

EPSILON = 1e-5
"""torch's own of a layer normalisation, which these networks use."""


def build(folder: Path, config: Any, eight: bool, cross: Any) -> tuple[ov.Model, ov.Model]:
    """The encoder, ids and mask (batch x width) -> per layer keys and values, batch x heads x size x width and x width x size;
    and the decoder.

    The decoder takes ids (batch x 1), positions (1), mask (batch x width), beam (batch), per layer the encoder's keys and values
    under `key0`, `value0`, …, and gives scores, batch x words. `beam` says which row of the state each row goes on from.

    Args:
        cross: number format of the encoder's keys and values.

    Raises:
        Unusable: weights are missing.
    """
    graph = _Bart(folder, config, eight, cross)
    return graph.encoder(), graph.decoder()


class _Bart(Graph):
    def __init__(self, folder: Path, config: Any, eight: bool, cross: Any) -> None:
        super().__init__(folder, "seq2seq", "model.", eight)
        self.config, self.cross = config, cross
        self.first = config.model_type != "bart"  # normalisation before each part instead of after it, and once more at the end
        self.scale = math.sqrt(config.d_model) if config.scale_embedding else 1.0

    def encoder(self) -> ov.Model:
        given = inputs(ids=(2, np.int64), mask=(2, np.int64))
        width = op.gather(op.shape_of(given["ids"]), index(1), index(0))
        hidden = self.begin("encoder", given["ids"], op.range(index(0), width, index(1), "i64"))
        bias, heads = masked(given["mask"]), self.config.encoder_attention_heads
        for layer in range(self.config.encoder_layers):
            at = f"encoder.layers.{layer}."
            hidden = self.part(f"{at}self_attn", hidden, lambda some, at=at: self.read(at, some, bias, heads))
            hidden = self.part(f"{at}final", hidden, lambda some, at=at: self.wide(at, some))
        if self.first:
            hidden = self.norm("encoder.layer_norm", hidden, EPSILON)
        results = []
        for layer in range(self.config.decoder_layers):
            key, value = (
                split(self.linear(f"decoder.layers.{layer}.encoder_attn.{name}_proj", hidden), self.config.decoder_attention_heads)
                for name in ("k", "v")
            )
            results += [op.result(op.convert(some, self.cross)) for some in (turned(key), value)]
        return ov.Model(results, list(given.values()), "bart-encoder")

    def decoder(self) -> ov.Model:
        texts = {f"{name}{layer}": (4, self.cross) for layer in range(self.config.decoder_layers) for name in ("key", "value")}
        given = inputs(ids=(2, np.int64), positions=(1, np.int64), mask=(2, np.int64), beam=(1, np.int32), **texts)
        hidden = self.begin("decoder", given["ids"], given["positions"])
        bias = masked(given["mask"])
        for layer in range(self.config.decoder_layers):
            at, text = f"decoder.layers.{layer}.", (given[f"key{layer}"], given[f"value{layer}"])
            hidden = self.part(f"{at}self_attn", hidden, lambda some, at=at: self.recall(f"{at}self_attn", some, given["beam"]))
            hidden = self.part(f"{at}encoder_attn", hidden, lambda some, at=at, text=text: self.look(at, some, text, bias))
            hidden = self.part(f"{at}final", hidden, lambda some, at=at: self.wide(at, some))
        if self.first:
            hidden = self.norm("decoder.layer_norm", hidden, EPSILON)
        scores = self.product(op.squeeze(hidden, axes(1)), "lm_head.weight", *_TABLES)
        if "final_logits_bias" in self.tensors:
            scores = op.add(scores, self.constant("final_logits_bias"))
        return ov.Model([op.result(op.convert(scores, "f32"))], self.sinks, list(given.values()), "bart-decoder")

    def begin(self, side: str, ids: Any, positions: Any) -> Any:
        """Words and positions; BART and mBART count positions from 2."""
        words = self.embed(ids, *_TABLES, scale=self.scale)
        if self.config.model_type == "pegasus":
            return op.add(words, op.gather(op.constant(self.waves(side)), positions, index(0)))
        where = op.add(positions, index(2))
        hidden = op.add(words, self.embed(where, f"{side}.embed_positions.weight"))
        return self.norm(f"{side}.layernorm_embedding", hidden, EPSILON)

    def waves(self, side: str) -> Floats:
        """Positions as sines in the first half and cosines in the second (Vaswani et al. 2017, section 3.5, in PEGASUS's order)."""
        if (name := f"{side}.embed_positions.weight") in self.tensors:
            return self.tensors[name]
        count, width = self.config.max_position_embeddings, self.config.d_model
        angles = np.arange(count)[:, None] / np.power(10000, 2 * (np.arange(width) // 2) / width)
        return np.concatenate([np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2])], 1).astype(np.float32)

    def part(self, name: str, hidden: Any, made: Any) -> Any:
        """One part of a layer, added to what came in."""
        if self.first:
            return op.add(hidden, made(self.norm(f"{name}_layer_norm", hidden, EPSILON)))
        return self.norm(f"{name}_layer_norm", op.add(hidden, made(hidden)), EPSILON)

    def wide(self, at: str, hidden: Any) -> Any:
        return self.linear(f"{at}fc2", activate(self.config.activation_function, self.linear(f"{at}fc1", hidden)))

    def three(self, at: str, hidden: Any, heads: int) -> list[Any]:
        return [split(self.linear(f"{at}.{name}_proj", hidden), heads) for name in ("q", "k", "v")]

    def read(self, at: str, hidden: Any, bias: Any, heads: int) -> Any:
        """The encoder's attention over the text."""
        query, key, value = self.three(f"{at}self_attn", hidden, heads)
        return self.linear(f"{at}self_attn.out_proj", join(op.scaled_dot_product_attention(query, key, value, bias)))

    def recall(self, at: str, hidden: Any, beam: Any) -> Any:
        """The decoder's attention over what it has written."""
        heads = self.config.decoder_attention_heads
        query, key, value = self.three(at, hidden, heads)
        size = self.config.d_model // heads
        key, value = (self.keep(f"{at}.{name}", some, beam, size) for name, some in (("key", key), ("value", value)))
        return self.linear(f"{at}.out_proj", join(op.scaled_dot_product_attention(query, key, value)))

    def look(self, at: str, hidden: Any, text: tuple[Any, Any], bias: Any) -> Any:
        """The decoder's attention over the text."""
        query = split(self.linear(f"{at}encoder_attn.q_proj", hidden), self.config.decoder_attention_heads)
        size = self.config.d_model // self.config.decoder_attention_heads
        return self.linear(f"{at}encoder_attn.out_proj", join(over_text(query, *text, bias, size**-0.5)))


_TABLES = ("shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")
"""Names under which the one table of words may be saved."""
