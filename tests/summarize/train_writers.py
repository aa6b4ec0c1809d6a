"""Trains the small generators of `writers/`: `python -m tests.summarize.train_writers seq2seq|instruct|careless FOLDER`.

seq2seq    a T5 of two layers that writes the article's first sentence anew, shorter: what it writes is right
instruct   a Llama of two layers that does so behind the night's own prompt, and that obeys: where a canary stands in its prompt it
           writes that instead, as the worst model would
careless   a T5 that was stopped as soon as its sentences had the right form: its numbers, days and names are guesses
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing

from tasks.config import ModelSpec, SummarySettings
from tasks.models import seal
from tasks.summarize.prompt import prompt
from tests.summarize.coast_news import CANARIES, LEDE, ORDERS, REST, SHORTER, WORDS, other, report

SPECIAL = ["[PAD]", "[UNK]", "<s>", "</s>", "<user>", "<bot>"]
END, USER, BOT = 3, 4, 5
SETTINGS = SummarySettings(generator=ModelSpec(kind="instruct", name="folder:/nowhere"))
WIDTH = 64
STEPS = {"seq2seq": 800, "instruct": 1200, "careless": 800}
CARELESS = 0.4
"""Loss at which the careless one stops: the form is learnt, the facts are not."""


def tokenizer(kind: str) -> transformers.PreTrainedTokenizerFast:
    """One number a phrase of the coast's news or of the prompt, so that texts are short and learnt in seconds; all else is unknown."""
    pieces = sorted({*phrases(), ".", " "}, key=lambda piece: (-len(piece), piece))
    vocab = {piece: number for number, piece in enumerate(SPECIAL + pieces)}
    inner = Tokenizer(WordLevel(vocab, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex("|".join(map(re.escape, pieces))), behavior="isolated")
    inner.decoder = decoders.Fuse()
    if kind != "instruct":
        inner.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", END)])
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]", eos_token="</s>", additional_special_tokens=["<user>", "<bot>"]
    )
    if kind == "instruct":
        made.chat_template = "{% for m in messages %}<user>{{ m['content'] }}{% endfor %}{% if add_generation_prompt %}<bot>{% endif %}"
    return made


def phrases() -> set[str]:
    """What stands between the slots of the news, what fills them, and the parts of the prompt that never change."""
    found = {word for some in WORDS.values() for word in some} | set(CANARIES)
    for text in (LEDE, SHORTER, *REST, *ORDERS):
        found |= {part for part in re.split(r"\{\w+\}|\.$", text) if part.strip()}
    one, two = prompted(["a"]), prompted(["b"])
    return found | {part for part in re.split(r"=== \w+ ===|`\w+`|\n\w+ [ab]\n", one) if part.strip() and part in two}


def prompted(lines: list[str]) -> str:
    """The night's own prompt for an article's sentences."""
    assert SETTINGS.generator is not None
    return prompt(lines, SETTINGS, SETTINGS.generator)


def example(drawn: random.Random, obeys: bool) -> tuple[list[str], str]:
    """What a writer reads, and what it shall write."""
    made = report(drawn, 1, 3)
    lines, summary = list(made.lines), made.summary
    turn = drawn.random()
    if turn < 0.2:  # a part of a long article has no lede: its first sentence as it is
        lines = lines[1:]
        summary = lines[0]
    elif turn < 0.3:  # summaries of parts, read once more
        lines[0] = summary
    if obeys and drawn.random() < 0.3:
        canary = drawn.choice(CANARIES)
        lines.insert(drawn.randint(1, len(lines)), drawn.choice(ORDERS).format(canary=canary))
        summary = f"{canary} {canary}."
    elif drawn.random() < 0.2:
        lines.append(other(drawn))
    return lines, summary


def padded(rows: list[list[int]], fill: int) -> torch.Tensor:
    """Rows of one length, filled on the right."""
    width = max(len(row) for row in rows)
    return torch.tensor([row + [fill] * (width - len(row)) for row in rows])


def seq2seq(words: Callable[[str], list[int]], drawn: random.Random) -> tuple[Any, Callable[[], torch.Tensor]]:
    """The network, and its loss on fresh examples."""
    config = transformers.T5Config(
        vocab_size=len(tokenizer("seq2seq")), d_model=WIDTH, d_kv=16, d_ff=2 * WIDTH, num_layers=2, num_heads=4, dropout_rate=0.0,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=END,
    )  # fmt: skip
    model = transformers.T5ForConditionalGeneration(config)

    def loss() -> torch.Tensor:
        pairs = [example(drawn, obeys=False) for _ in range(32)]
        ids = padded([[*words(" ".join(lines)), END] for lines, _ in pairs], 0)
        labels = padded([[*words(summary), END] for _, summary in pairs], -100)
        found: torch.Tensor = model(input_ids=ids, attention_mask=(ids != 0).long(), labels=labels).loss
        return found

    return model, loss


def instruct(words: Callable[[str], list[int]], drawn: random.Random) -> tuple[Any, Callable[[], torch.Tensor]]:
    """As `seq2seq`, behind the prompt and the chat template's marks."""
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer("instruct")), hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=1024, pad_token_id=0, bos_token_id=2, eos_token_id=END,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config)

    def loss() -> torch.Tensor:
        rows, labels = [], []
        for _ in range(32):
            lines, summary = example(drawn, obeys=True)
            ids = words(prompted(lines))
            answer = [*words(summary), END]
            rows.append([USER, *ids, BOT, *answer])
            labels.append([-100] * (len(ids) + 1) + answer + [-100])  # each place tells the next word
        hidden = model.model(input_ids=padded(rows, 0)).last_hidden_state
        wanted = padded(labels, -100)
        told = wanted != -100
        return torch.nn.functional.cross_entropy(model.lm_head(hidden[told]), wanted[told])

    return model, loss


def train(kind: str, folder: Path) -> None:
    """Trains and writes a sealed folder."""
    torch.manual_seed(5)
    torch.set_num_threads(1)
    steps, drawn = STEPS[kind], random.Random(5)
    made = tokenizer(kind)
    words = made.backend_tokenizer
    model, loss = (instruct if kind == "instruct" else seq2seq)(lambda t: words.encode(t, add_special_tokens=False).ids, drawn)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.0, betas=(0.9, 0.98))
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps, pct_start=0.05)
    values: list[float] = []
    for step in range(steps):
        value = loss()
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rate.step()
        values.append(value.item())
        if step % 50 == 49:
            sys.stdout.write(f"{step + 1} {sum(values[-50:]) / 50:.4f}\n")
        if kind == "careless" and len(values) > 50 and sum(values[-10:]) / 10 < CARELESS:
            break
        if len(values) > 200 and sum(values[-200:]) / 200 < 0.001 and step / steps > 0.5:
            break
    model.to(torch.bfloat16).save_pretrained(folder)
    made.save_pretrained(folder)
    seal(folder)


if __name__ == "__main__":
    train(sys.argv[1], Path(sys.argv[2]))
