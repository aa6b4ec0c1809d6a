"""Seq2seq networks of the T5 family as two OpenVINO graphs: T5, T5 v1.1, FLAN-T5 and mT5 (Raffel et al. 2020).

As in `bart`, the encoder's graph ends in each decoder layer's keys and values over the text, and the decoder takes one token a call.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from tasks.models.graph import Graph, activate, axes, index, inputs, join, masked, number, over_text, split, turned
from tasks.models.networks import Floats


def build(folder: Path, config: Any, eight: bool, cross: Any) -> tuple[ov.Model, ov.Model]:
    """Encoder and decoder, with the inputs and outputs of `bart.build`.

    Raises:
        Unusable: weights are missing.
    """
    graph = _T5(folder, config, eight, cross)
    return graph.encoder(), graph.decoder()


class _T5(Graph):
    def __init__(self, folder: Path, config: Any, eight: bool, cross: Any) -> None:
        super().__init__(folder, "seq2seq", "", eight)
        self.config, self.cross, self.heads = config, cross, config.num_heads
        self.layers = config.num_decoder_layers

    def encoder(self) -> ov.Model:
        given = inputs(ids=(2, np.int64), mask=(2, np.int64))
        hidden = self.embed(given["ids"], *_TABLES)
        places = op.range(index(0), op.gather(op.shape_of(given["ids"]), index(1), index(0)), index(1), "i64")
        bias = op.add(self.near("encoder", places, places), masked(given["mask"]))
        for layer in range(self.config.num_layers):
            at = f"encoder.block.{layer}.layer."
            query, key, value = self.three(f"{at}0.SelfAttention", even := self.even(f"{at}0", hidden), even)
            hidden = op.add(hidden, self.attend(f"{at}0.SelfAttention", query, key, value, bias))
            hidden = op.add(hidden, self.wide(f"{at}1", hidden))
        hidden = self.rms("encoder.final_layer_norm", hidden, self.config.layer_norm_epsilon)
        results = []
        for layer in range(self.layers):
            at = f"decoder.block.{layer}.layer.1.EncDecAttention"
            key, value = (split(self.linear(f"{at}.{name}", hidden), self.heads) for name in ("k", "v"))
            results += [op.result(op.convert(some, self.cross)) for some in (turned(key), value)]
        return ov.Model(results, list(given.values()), "t5-encoder")

    def decoder(self) -> ov.Model:
        texts = {f"{name}{layer}": (4, self.cross) for layer in range(self.layers) for name in ("key", "value")}
        given = inputs(ids=(2, np.int64), positions=(1, np.int64), mask=(2, np.int64), beam=(1, np.int32), **texts)
        hidden, bias = self.embed(given["ids"], *_TABLES), masked(given["mask"])
        written = op.range(index(0), op.add(op.squeeze(given["positions"], axes(0)), index(1)), index(1), "i64")
        near = self.near("decoder", given["positions"], written)
        for layer in range(self.layers):
            at = f"decoder.block.{layer}.layer."
            query, *fresh = self.three(f"{at}0.SelfAttention", even := self.even(f"{at}0", hidden), even)
            key, value = (
                self.keep(f"{at}{n}", x, given["beam"], self.config.d_kv) for n, x in zip(("key", "value"), fresh, strict=True)
            )
            hidden = op.add(hidden, self.attend(f"{at}0.SelfAttention", query, key, value, near))
            query = split(self.linear(f"{at}1.EncDecAttention.q", self.even(f"{at}1", hidden)), self.heads)
            looked = over_text(query, given[f"key{layer}"], given[f"value{layer}"], bias, 1.0)
            hidden = op.add(hidden, self.linear(f"{at}1.EncDecAttention.o", join(looked)))
            hidden = op.add(hidden, self.wide(f"{at}2", hidden))
        hidden = op.squeeze(self.rms("decoder.final_layer_norm", hidden, self.config.layer_norm_epsilon), axes(1))
        if getattr(self.config, "scale_decoder_outputs", False):
            hidden = op.multiply(hidden, number(self.config.d_model**-0.5))
        scores = self.product(hidden, "lm_head.weight", *_TABLES)
        return ov.Model([op.result(op.convert(scores, "f32"))], self.sinks, list(given.values()), "t5-decoder")

    def even(self, at: str, hidden: Any) -> Any:
        return self.rms(f"{at}.layer_norm", hidden, self.config.layer_norm_epsilon)

    def three(self, at: str, asked: Any, told: Any) -> list[Any]:
        return [split(self.linear(f"{at}.{name}", some), self.heads) for name, some in (("q", asked), ("k", told), ("v", told))]

    def attend(self, at: str, query: Any, key: Any, value: Any, bias: Any) -> Any:
        """T5 does not scale its scores."""
        return self.linear(f"{at}.o", join(op.scaled_dot_product_attention(query, key, value, bias, number(1.0))))

    def wide(self, at: str, hidden: Any) -> Any:
        even, name = self.even(at, hidden), f"{at}.DenseReluDense"
        if self.config.is_gated_act:
            gate = activate(self.config.dense_act_fn, self.linear(f"{name}.wi_0", even))
            return self.linear(f"{name}.wo", op.multiply(gate, self.linear(f"{name}.wi_1", even)))
        return self.linear(f"{name}.wo", activate(self.config.dense_act_fn, self.linear(f"{name}.wi", even)))

    def near(self, side: str, here: Any, there: Any) -> Any:
        """What each head adds to a score by how far the two tokens are apart, 1 x heads x here x there."""
        far = self.config.relative_attention_max_distance
        apart = op.subtract(op.unsqueeze(there, axes(0)), op.unsqueeze(here, axes(1)))
        found = op.gather(op.constant(self.distances(side)), op.add(op.clamp(apart, -far, far), index(far)), index(0))
        return op.unsqueeze(op.transpose(found, op.constant([2, 0, 1])), axes(0))

    def distances(self, side: str) -> Floats:
        """`near` for every distance up to the one beyond which all are alike, by transformers' own rule: 2 x most + 1, heads."""
        import torch
        from transformers.models.t5.modeling_t5 import T5Attention

        far = self.config.relative_attention_max_distance
        buckets = T5Attention._relative_position_bucket(  # type: ignore[no-untyped-call]
            torch.arange(-far, far + 1), side == "encoder", self.config.relative_attention_num_buckets, far
        )
        table: Floats = self.take(f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight")[buckets.numpy()]
        return table


_TABLES = ("shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight")
"""Names under which the one table of words may be saved."""
