"""Every generator family that is built as our own graph, held to transformers' own network: the same words, greedy and with beams."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch
import transformers

from tasks.config import ModelSpec
from tasks.models import load_generator
from tasks.models.families import built
from tests.models.conftest import MORE, WORDS, save

BART = {
    "vocab_size": 64, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
    "max_position_embeddings": 96, "init_std": 0.4, "pad_token_id": 0, "eos_token_id": 6,
    "bos_token_id": 5, "decoder_start_token_id": 6, "forced_eos_token_id": 6,
}  # fmt: skip
T5 = {
    "vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "pad_token_id": 0, "eos_token_id": 6,
    "decoder_start_token_id": 0, "relative_attention_num_buckets": 8, "relative_attention_max_distance": 20, "initializer_factor": 3.0,
}  # fmt: skip
LLAMA = {
    "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 128, "initializer_range": 0.4, "pad_token_id": 0, "bos_token_id": 5,
    "eos_token_id": 6,
}  # fmt: skip
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
CASES = {
    "bart": ("bart", BART),
    "bart-scaled": ("bart", BART | {"scale_embedding": True, "activation_function": "gelu_new"}),
    "mbart": ("mbart", BART),
    "pegasus": ("pegasus", BART | {"activation_function": "relu"}),
    "t5": ("t5", T5),
    "t5-gated": ("t5", T5 | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}),
    "mt5": ("mt5", T5),
    "llama": ("llama", LLAMA),
    "llama-untied": ("llama", LLAMA | {"tie_word_embeddings": True, "num_key_value_heads": 4, "attention_bias": True}),
    "llama3": ("llama", LLAMA | {"rope_parameters": LLAMA3 | {"original_max_position_embeddings": 64}}),
    "mistral": ("mistral", LLAMA | {"sliding_window": None}),
    "qwen2": ("qwen2", LLAMA),
    "qwen3": ("qwen3", LLAMA | {"head_dim": 16}),
}
SETTINGS = {
    "greedy": {"min_new_tokens": 4},
    "beams": {"num_beams": 3, "length_penalty": 2.0, "no_repeat_ngram_size": 3, "min_length": 3, "early_stopping": True},
}


def _saved(name: str, folder: Path, **settings: object) -> ModelSpec:
    family, shape = CASES[name]
    torch.manual_seed(4)
    config = transformers.AutoConfig.for_model(family, **shape)
    causal = family in ("llama", "mistral", "qwen2", "qwen3")
    network = (transformers.AutoModelForCausalLM if causal else transformers.AutoModelForSeq2SeqLM).from_config(config)
    for key, value in settings.items():
        setattr(network.generation_config, key, value)
    kind = "instruct" if causal else "seq2seq"
    return ModelSpec(kind=kind, name=f"folder:{save(network, kind, folder)}", engine="openvino", dtype="float32")


def _prompts() -> list[str]:
    drawn = random.Random(8)
    return [" ".join(drawn.choice(WORDS + MORE) for _ in range(drawn.randint(1, 40))) for _ in range(9)]


@pytest.mark.parametrize("how", list(SETTINGS))
@pytest.mark.parametrize("name", list(CASES))
def test_the_same_words_as_transformers(name, how, tmp_path):
    spec = _saved(name, tmp_path, **SETTINGS[how])
    exact = load_generator(spec.model_copy(update={"engine": "torch"})).generate(_prompts(), 14)
    found = load_generator(spec).generate(_prompts(), 14)
    assert not found.failed
    assert found == exact
    assert len(set(exact.values)) > 4


OTHERS = [
    ("qwen2", {"use_sliding_window": True}),
    ("mistral", {"sliding_window": 16}),
    ("llama", {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}}),
    ("llama", {"hidden_act": "tanh"}),
    ("llama", {"quantization_config": {"bits": 4}}),
    ("bart", {"model_type": "led"}),
    ("t5", {"feed_forward_proj": "gated-tanh"}),
]


@pytest.mark.parametrize(("name", "change"), OTHERS)
def test_what_is_another_network_is_left_to_torch(name, change, tmp_path):
    spec = _saved(name, tmp_path)
    assert built(tmp_path, spec.kind)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert not built(tmp_path, spec.kind)
