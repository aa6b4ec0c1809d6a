"""Causal networks of the Llama family as one OpenVINO graph with a state: Llama, SmolLM2, Mistral, Qwen2 and Qwen3.

The graph is the one of Touvron et al. (2023) with rotary positions (Su et al. 2021) and grouped keys and values (Ainslie et al. 2023).
Keys and values of earlier tokens stay in the request as its state, where the plugin appends in place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as op

from tasks.models.graph import Graph, activate, axes, inputs, join, number, split


def build(folder: Path, config: Any, eight: bool) -> ov.Model:
    """ids, positions (batch x width), mask (batch x 1 x width x past + width), beam (batch) -> scores of the last token, batch x words.

    The mask is added to the attention's scores; `beam` says which row of the state each row goes on from.

    Raises:
        Unusable: weights are missing.
    """
    return _Llama(folder, config, eight).graph()


class _Llama(Graph):
    def __init__(self, folder: Path, config: Any, eight: bool) -> None:
        super().__init__(folder, "instruct", "model.", eight)
        self.config, self.heads, self.groups = config, config.num_attention_heads, config.num_key_value_heads
        self.size = getattr(config, "head_dim", None) or config.hidden_size // self.heads

    def graph(self) -> ov.Model:
        given = inputs(ids=(2, np.int64), positions=(2, np.int64), mask=(4, np.float32), beam=(1, np.int32))
        self.mask, self.beam = given["mask"], given["beam"]
        turns = self.turns(given["positions"])
        hidden = self.embed(given["ids"], "embed_tokens.weight", "lm_head.weight")
        for layer in range(self.config.num_hidden_layers):
            hidden = self.layer(f"layers.{layer}.", hidden, turns)
        last = op.squeeze(op.slice(hidden, axes(-1), axes(2**31), axes(1), axes(1)), axes(1))
        scores = self.product(self.rms("norm", last, self.config.rms_norm_eps), "lm_head.weight", "embed_tokens.weight")
        return ov.Model([op.result(op.convert(scores, "f32"))], self.sinks, list(given.values()), "llama")

    def turns(self, positions: Any) -> tuple[Any, Any]:
        """Cosine and sine of every position, batch x 1 x width x head."""
        frequencies, scale = _frequencies(self.config)
        angles = op.multiply(op.unsqueeze(op.convert(positions, "f32"), axes(1, 3)), op.constant(np.concatenate([frequencies] * 2)))
        return op.multiply(op.cos(angles), number(scale)), op.multiply(op.sin(angles), number(scale))

    def layer(self, at: str, hidden: Any, turns: tuple[Any, Any]) -> Any:
        even = self.rms(f"{at}input_layernorm", hidden, self.config.rms_norm_eps)
        hidden = op.add(hidden, self.linear(f"{at}self_attn.o_proj", join(self.attend(f"{at}self_attn.", even, turns))))
        even = self.rms(f"{at}post_attention_layernorm", hidden, self.config.rms_norm_eps)
        gate = activate(self.config.hidden_act, self.linear(f"{at}mlp.gate_proj", even))
        return op.add(hidden, self.linear(f"{at}mlp.down_proj", op.multiply(gate, self.linear(f"{at}mlp.up_proj", even))))

    def attend(self, at: str, hidden: Any, turns: tuple[Any, Any]) -> Any:
        query, key, value = (
            split(self.linear(f"{at}{name}_proj", hidden), heads)
            for name, heads in (("q", self.heads), ("k", self.groups), ("v", self.groups))
        )
        if f"{at}q_norm.weight" in self.tensors:
            query, key = (self.rms(f"{at}{n}_norm", x, self.config.rms_norm_eps) for n, x in (("q", query), ("k", key)))
        query, key = (_turned(x, turns, self.size) for x in (query, key))
        key, value = (self.keep(f"{at}{name}", x, self.beam, self.size) for name, x in (("key", key), ("value", value)))
        if self.groups < self.heads:
            key, value = (self.repeated(x) for x in (key, value))
        return op.scaled_dot_product_attention(query, key, value, self.mask)

    def repeated(self, few: Any) -> Any:
        """Each group's keys or values for every head of the group."""
        times = self.heads // self.groups
        wide = op.broadcast(op.unsqueeze(few, axes(2)), axes(1, 1, times, 1, 1), broadcast_spec="BIDIRECTIONAL")
        return op.reshape(wide, op.constant([0, self.heads, -1, self.size]), special_zero=True)


def _turned(some: Any, turns: tuple[Any, Any], size: int) -> Any:
    first = op.slice(some, axes(0), axes(size // 2), axes(1), axes(3))
    second = op.slice(some, axes(size // 2), axes(2**31), axes(1), axes(3))
    half = op.concat([op.multiply(second, number(-1.0)), first], 3)
    return op.add(op.multiply(some, turns[0]), op.multiply(half, turns[1]))


def _frequencies(config: Any) -> tuple[Any, float]:
    """Rotary frequencies and the factor of their cosines, by transformers' own rules."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    kind = config.rope_parameters["rope_type"]
    rule = LlamaRotaryEmbedding.compute_default_rope_parameters if kind == "default" else ROPE_INIT_FUNCTIONS[kind]
    frequencies, scale = rule(config)
    return frequencies.numpy().astype(np.float32), float(scale)
