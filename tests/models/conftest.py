"""Tiny models of every kind, made here from fixed random numbers; two of them trained until they copy."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from tasks.models import seal

WORDS = "minister court talks city grain river vote bank strike harbour treaty budget teacher storm museum league".split()  # noqa: SIM905
MORE = "the a said on in of . , and not Monday Istanbul will ready we they".split()  # noqa: SIM905
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "<s>", "</s>", "<user>", "<bot>"]
LABELS = {0: "favor", 1: "against", 2: "neutral"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("NIGHTWIRE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def tokenizer(kind: str) -> transformers.PreTrainedTokenizerFast:
    vocab = {w: i for i, w in enumerate(SPECIAL + WORDS + MORE)}
    inner = Tokenizer(WordLevel(vocab, unk_token="[UNK]"))
    inner.pre_tokenizer = Whitespace()
    if kind in ("encoder", "pair", "token"):
        ends = [("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])]
        inner.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends)
    elif kind == "seq2seq":
        inner.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", vocab["</s>"])])
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]", eos_token="</s>", additional_special_tokens=["<user>", "<bot>"]
    )
    if kind == "instruct":
        made.chat_template = (
            "{% for m in messages %}<user> {{ m['content'] }} {% endfor %}{% if add_generation_prompt %}<bot>{% endif %}"
        )
    return made


def save(model: transformers.PreTrainedModel, kind: str, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer(kind).save_pretrained(folder)
    seal(folder)
    return folder


def tiny(kind: str, family: str, folder: Path) -> Path:
    """An untrained network of a few thousand numbers; large initial weights, so that outputs differ from text to text."""
    torch.manual_seed(7)
    shape = {"vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    shape |= {"max_position_embeddings": 66 if family == "roberta" else 64, "pad_token_id": 0, "initializer_range": 0.4}
    if kind != "encoder":
        shape |= {"id2label": LABELS, "label2id": {v: k for k, v in LABELS.items()}}
    config = transformers.AutoConfig.for_model(family, **shape)
    names = {"encoder": "AutoModel", "pair": "AutoModelForSequenceClassification", "token": "AutoModelForTokenClassification"}
    return save(getattr(transformers, names[kind]).from_config(config), kind, folder)


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """(kind, family) -> a sealed folder, made once."""
    made: dict[tuple[str, str], Path] = {}

    def get(kind: str, family: str = "bert") -> Path:
        if (kind, family) not in made:
            made[kind, family] = tiny(kind, family, tmp_path_factory.mktemp(f"{kind}-{family}"))
        return made[kind, family]

    return get


def _sentence(drawn: random.Random) -> list[str]:
    return drawn.sample(WORDS, drawn.randint(2, 5))


@pytest.fixture(scope="session")
def copying_seq2seq(tmp_path_factory) -> Path:
    """A T5 of two layers that repeats its input."""
    torch.manual_seed(1)
    words = tokenizer("seq2seq")
    config = transformers.T5Config(
        vocab_size=64, d_model=64, d_kv=16, d_ff=128, num_layers=2, num_heads=4, dropout_rate=0.0, decoder_start_token_id=0,
        pad_token_id=0, eos_token_id=words.eos_token_id, n_positions=32, relative_attention_num_buckets=16,
    )  # fmt: skip
    model, drawn = transformers.T5ForConditionalGeneration(config), random.Random(1)

    def loss() -> torch.Tensor:
        batch = words([" ".join(_sentence(drawn)) for _ in range(32)], padding=True, return_tensors="pt")
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
        return model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss

    train(model, loss)
    return save(model, "seq2seq", tmp_path_factory.mktemp("copying-seq2seq"))


@pytest.fixture(scope="session")
def copying_instruct(tmp_path_factory) -> Path:
    """A Llama of two layers that answers with the user's words."""
    torch.manual_seed(2)
    words = tokenizer("instruct")
    user, bot, end = (words.convert_tokens_to_ids(t) for t in ("<user>", "<bot>", "</s>"))
    config = transformers.LlamaConfig(
        vocab_size=64, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=48,
        pad_token_id=0, bos_token_id=user, eos_token_id=end,
    )  # fmt: skip
    model, drawn = transformers.LlamaForCausalLM(config), random.Random(2)

    def loss() -> torch.Tensor:
        length = drawn.randint(2, 5)
        rows, labels = [], []
        for _ in range(32):
            ids = words.convert_tokens_to_ids(drawn.sample(WORDS, length))
            rows.append([user, *ids, bot, *ids, end])
            labels.append([-100] * (length + 2) + [*ids, end])
        return model(input_ids=torch.tensor(rows), labels=torch.tensor(labels)).loss

    train(model, loss)
    return save(model, "instruct", tmp_path_factory.mktemp("copying-instruct"))


def train(model, loss, steps: int = 1000) -> None:
    """Until every word is right, or the test fails. One thread: on a busy machine two wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps, pct_start=0.1)
    values = []
    for _ in range(steps):
        value = loss()
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rate.step()
        values.append(value.item())
        if len(values) > 20 and max(values[-20:]) < 0.004:
            break
    torch.set_num_threads(threads)
    assert max(values[-20:]) < 0.02, f"the copy task was not learnt in {steps} steps: loss {values[-1]:.3f}"
