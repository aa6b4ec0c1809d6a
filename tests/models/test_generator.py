"""Generation from end to end: a sealed folder of real, trained weights, verified, loaded, batched, decoded."""

from __future__ import annotations

import json
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tasks.config import ModelSpec
from tasks.errors import Unusable
from tasks.models import digest, load_generator, seal
from tasks.models.engines import resolve
from tests.models.conftest import WORDS

ENGINES = [("torch", "float32"), ("torch", "bfloat16"), ("openvino", "float32"), ("openvino", "bfloat16"), ("openvino", "int8")]


@pytest.fixture(params=["seq2seq", "instruct"])
def plain(request) -> ModelSpec:
    folder = request.getfixturevalue(f"copying_{request.param}")
    return ModelSpec(kind=request.param, name=f"folder:{folder}")


@pytest.fixture(params=ENGINES, ids="-".join)
def spec(request, plain) -> ModelSpec:
    return plain.model_copy(update={"engine": request.param[0], "dtype": request.param[1]})


def _prompts(count: int) -> list[str]:
    drawn = random.Random(99)
    return [" ".join(drawn.sample(WORDS, drawn.randint(2, 5))) for _ in range(count)]


def test_the_right_words_come_back_in_order(spec):
    prompts = _prompts(50)
    out = load_generator(spec).generate(prompts, max_new_tokens=12)
    right = sum(a == b for a, b in zip(out.values, prompts, strict=True))
    assert right >= 49  # fewer bits may cost a word
    assert not out.truncated
    assert not out.failed


def test_a_text_does_not_depend_on_its_neighbours(spec):
    generator = load_generator(spec)
    prompts = _prompts(20)
    together = generator.generate(prompts, max_new_tokens=12).values
    assert [generator.generate([p], max_new_tokens=12).values[0] for p in prompts] == together
    assert generator.generate(prompts[::-1], max_new_tokens=12).values == together[::-1]
    assert generator.generate([], max_new_tokens=12).values == []


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


def test_workers_at_once_get_their_own_texts_of_one_model(spec):
    prompts = _prompts(24)
    want = load_generator(spec).generate(prompts, max_new_tokens=12).values

    def work(number: int) -> tuple[int, list[str]]:
        generator = load_generator(spec)
        return id(generator), generator.generate(prompts[number::3], max_new_tokens=12).values

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(work, range(3)))
    assert len({model for model, _ in found}) == 1
    assert [texts for _, texts in found] == [want[number::3] for number in range(3)]


def test_an_engine_that_does_not_generate_says_so(plain):
    with pytest.raises(Unusable, match="does not run this"):
        digest(plain.model_copy(update={"engine": "onnx-int8"}))


def test_eight_bits_are_for_our_own_graphs(plain):
    with pytest.raises(Unusable, match="'int8' is for generators and embedded:minilm on OpenVINO"):
        digest(plain.model_copy(update={"engine": "torch", "dtype": "int8"}))


def test_another_network_runs_on_torch_and_says_so_where_openvino_is_asked_for(plain, tmp_path):
    folder = Path(shutil.copytree(plain.name.removeprefix("folder:"), tmp_path / "model"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "led" if plain.kind == "seq2seq" else "gpt2"}))
    seal(folder)
    other = plain.model_copy(update={"name": f"folder:{folder}"})
    assert resolve(plain).engine == "openvino"
    assert resolve(other).engine == "torch"
    with pytest.raises(Unusable, match="does not run this"):
        digest(other.model_copy(update={"engine": "openvino"}))
