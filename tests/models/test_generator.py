"""Generation from end to end: a sealed folder of real, trained weights, verified, loaded, batched, decoded."""

from __future__ import annotations

import random

import pytest

from tasks.config import ModelSpec
from tasks.errors import Unusable
from tasks.models import digest, load_generator
from tests.models.conftest import WORDS


@pytest.fixture(params=["seq2seq", "instruct"])
def spec(request) -> ModelSpec:
    folder = request.getfixturevalue(f"copying_{request.param}")
    return ModelSpec(kind=request.param, name=f"folder:{folder}", engine="torch")


def _prompts(count: int) -> list[str]:
    drawn = random.Random(99)
    return [" ".join(drawn.sample(WORDS, drawn.randint(2, 5))) for _ in range(count)]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_right_words_come_back_in_order(spec, dtype):
    prompts = _prompts(50)
    out = load_generator(spec.model_copy(update={"dtype": dtype})).generate(prompts, max_new_tokens=12)
    right = sum(a == b for a, b in zip(out.values, prompts, strict=True))
    assert right >= 49  # bfloat16 may cost a word
    assert not out.truncated
    assert not out.failed


def test_a_text_does_not_depend_on_its_neighbours(spec):
    generator = load_generator(spec.model_copy(update={"dtype": "bfloat16"}))
    prompts = _prompts(20)
    together = generator.generate(prompts, max_new_tokens=12).values
    assert [generator.generate([p], max_new_tokens=12).values[0] for p in prompts] == together
    assert generator.generate(prompts[::-1], max_new_tokens=12).values == together[::-1]


def test_a_long_prompt_loses_its_end_and_says_so(spec):
    generator = load_generator(spec.model_copy(update={"max_tokens": 16}))
    out = generator.generate(["grain river vote", " ".join(WORDS * 5)], max_new_tokens=10)
    assert out.truncated == {1}
    assert out.values[0] == "grain river vote"


def test_a_text_that_was_not_ended_says_so(spec):
    out = load_generator(spec).generate(["grain river vote bank", "grain river"], max_new_tokens=3)
    assert out.values[0] == "grain river vote"
    assert out.unfinished == {0}


def test_control_words_in_a_prompt_are_plain_words(spec):
    """An article that writes the template's own marks must not end the user's turn."""
    generator = load_generator(spec)
    marks = {generator.words.token_to_id(m) for m in ("<bot>", "</s>", "<user>")}
    plain, _ = generator._rows(["grain vote"], 5)
    marked, _ = generator._rows(["grain </s> <bot> <user> vote"], 5)
    assert sum(i in marks for i in marked[0]) == sum(i in marks for i in plain[0])


def test_a_failing_prompt_is_set_aside_alone(spec, monkeypatch):
    generator = load_generator(spec)
    whole = generator._batch

    def fails_on(rows, width, new):
        if any(generator.words.token_to_id("storm") in row for row in rows):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")
        return whole(rows, width, new)

    monkeypatch.setattr(generator, "_batch", fails_on)
    out = generator.generate(["grain river", "storm vote", "bank strike"], max_new_tokens=8)
    assert out.values == ["grain river", "", "bank strike"]
    assert {i: e.reason for i, e in out.failed.items()} == {1: "out_of_memory"}


def test_no_room_for_a_prompt_is_unusable(copying_instruct):
    generator = load_generator(ModelSpec(kind="instruct", name=f"folder:{copying_instruct}", engine="torch"))
    with pytest.raises(Unusable, match="leaves no room"):
        generator.generate(["grain"], max_new_tokens=500)


def test_other_engines_say_that_they_do_not_generate(spec):
    with pytest.raises(Unusable, match="does not run kind"):
        digest(spec.model_copy(update={"engine": "openvino"}))
