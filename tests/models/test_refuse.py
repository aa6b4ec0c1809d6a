"""What must not be loaded is not loaded: crafted folders, each refused before torch, transformers or an engine reads a byte."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.config import ModelSpec
from tasks.errors import Unusable
from tasks.models import digest, seal, verify
from tasks.models.digests import SUMS


@pytest.fixture
def folder(models, tmp_path) -> Path:
    return Path(shutil.copytree(models("pair"), tmp_path / "model"))


def spec(folder: Path, **more: str) -> ModelSpec:
    return ModelSpec(kind="pair", name=f"folder:{folder}", **more)


def change(folder: Path, name: str, **keys: object) -> None:
    path = folder / name
    value = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(value | keys))
    seal(folder)


def refused(folder: Path, words: str) -> None:
    with pytest.raises(Unusable, match=words):
        verify(spec(folder))
    with pytest.raises(Unusable, match=words):
        digest(spec(folder))


class Marker:
    def __reduce__(self):
        return (exec, ("raise SystemExit('a pickle was read')",))


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "model.pt", "model.pth", "model.ckpt", "weights.pkl", "rust_model.ot", "tf_model.h5"]
)
def test_pickled_weights(folder, name):
    (folder / name).write_bytes(pickle.dumps(Marker()))
    seal(folder)
    refused(folder, "pickled or foreign weights")


def test_a_pickle_under_the_name_of_safetensors(folder):
    (folder / "model.safetensors").write_bytes(pickle.dumps(Marker()))
    seal(folder)
    refused(folder, "is no safetensors file")


def test_no_safetensors_at_all(folder):
    (folder / "model.safetensors").unlink()
    seal(folder)
    refused(folder, "no .safetensors")


@pytest.mark.parametrize("name", ["modeling_evil.py", "setup.PY"])
def test_code(folder, name):
    (folder / name).write_text("raise SystemExit")
    seal(folder)
    refused(folder, "Python code")


@pytest.mark.parametrize("name", ["run.sh", "libhook.so", "notes.exe"])
def test_files_that_no_model_needs(folder, name):
    (folder / name).write_bytes(b"x")
    seal(folder)
    refused(folder, "no model of ours needs")


HOOKS = [
    ("config.json", {"auto_map": {"AutoModel": "evil--modeling.Evil"}}),
    ("config.json", {"trust_remote_code": True}),
    ("config.json", {"_attn_implementation_internal": "evil/kernel"}),
    ("config.json", {"_attn_implementation": "evil/kernel@main"}),
    ("config.json", {"text_config": {"deep": [{"auto_map": {"AutoConfig": "c.C"}}]}}),
    ("config.json", {"use_kernels": True}),
    ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["evil.Tok", None]}}),
    ("tokenizer_config.json", {"trust_remote_code": True}),
    ("generation_config.json", {"custom_generate": "evil/decoding"}),
    ("processor_config.json", {"auto_map": {"AutoProcessor": "p.P"}}),
]


@pytest.mark.parametrize(("name", "keys"), HOOKS)
def test_settings_that_ask_for_code(folder, name, keys):
    change(folder, name, **keys)
    refused(folder, name)


def test_an_adapter_names_its_base_elsewhere(folder):
    change(folder, "adapter_config.json", base_model_name_or_path="evil/base")
    refused(folder, "adapter")


def test_modules_of_other_packages(folder):
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "type": "evil.module.Transformer"}]))
    seal(folder)
    refused(folder, "not of sentence_transformers")


@pytest.mark.parametrize(
    "shard", ["../../x.safetensors", "/etc/passwd", "sub/x.safetensors", "..\\x.safetensors", "model.bin", "absent.safetensors"]
)
def test_shards_that_leave_the_folder(folder, shard):
    change(folder, "model.safetensors.index.json", weight_map={"a": shard})
    refused(folder, "shard")


def test_a_generator_is_refused_before_its_weights_are_looked_at(folder):
    """Which engine runs a generator follows from its files: none is opened before all are known to be harmless."""
    change(folder, "config.json", model_type="llama")
    change(folder, "model.safetensors.index.json", weight_map={"a": "../../x.safetensors"})
    with pytest.raises(Unusable, match="shard"):
        digest(ModelSpec(kind="instruct", name=f"folder:{folder}"))


def test_an_index_without_a_map(folder):
    change(folder, "model.safetensors.index.json", metadata={})
    refused(folder, "no weight_map")


def test_a_link(folder, tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    (folder / "extra.json").symlink_to(outside)
    refused(folder, "a link or no plain file")


def test_a_file_that_is_not_listed(folder):
    (folder / "extra.json").write_text("{}")
    refused(folder, "extra.json: not in the digest list")


def test_a_file_that_is_missing(folder):
    (folder / "tokenizer_config.json").unlink()
    refused(folder, "tokenizer_config.json: missing")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_one_flipped_bit(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    refused(folder, f"{name}: sha256 is")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"config.json": 1}'])
def test_a_broken_digest_list(folder, text):
    (folder / SUMS).write_text(text)
    refused(folder, SUMS)


def test_no_digest_list_and_no_digest(folder):
    have = seal(folder)
    (folder / SUMS).unlink()
    refused(folder, have)
    assert verify(spec(folder, digest=have)).digest == have


def test_the_configuration_pins_the_digest(folder):
    have = seal(folder)
    assert verify(spec(folder, digest=have)).digest == have
    (folder / "README.md").write_text("other")
    seal(folder)
    with pytest.raises(Unusable, match="the configuration wants"):
        verify(spec(folder, digest=have))


def test_weights_of_another_kind_are_not_filled_at_random(models):
    from tasks.models import load_token

    for engine in ("torch", "openvino"):
        with pytest.raises(Unusable, match="classifier"):
            load_token(ModelSpec(kind="token", name=f"folder:{models('encoder')}", engine=engine))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("embedded:other", "have embedded:minilm"),
        ("shipped:../x", "plain folder name"),
        ("shipped:absent", "no folder"),
        ("folder:/nowhere", "no folder"),
        ("nothing", "owner/name"),
        ("../x/y", "owner/name"),
        ("owner/name", "models fetch"),
    ],
)
def test_names_that_are_no_place(name, words):
    with pytest.raises(Unusable, match=words):
        digest(ModelSpec(kind="encoder", name=name))


def test_the_embedded_encoder_is_the_published_one_and_needs_no_torch():
    code = (
        "import sys; from tasks.models import digest; from tasks.config import ModelSpec;"
        "print(len(digest(ModelSpec(kind='encoder', name='embedded:minilm'))));"
        "print([m for m in ('torch', 'transformers', 'openvino', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.split() == ["64", "[]"]


def test_a_changed_embedded_encoder_is_unusable(tmp_path, monkeypatch):
    from tasks.models import places

    real, _ = places._embedded("minilm")
    copy = Path(shutil.copytree(real, tmp_path / "model"))
    monkeypatch.setattr(places, "_embedded", lambda _name: (copy, ""))
    minilm = ModelSpec(kind="encoder", name="embedded:minilm")
    whole = verify(minilm).digest
    with (copy / "model.safetensors").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\x01")
    with pytest.raises(Unusable, match=r"model\.safetensors: sha256 is .*pip install --force-reinstall"):
        verify(minilm)
    assert len(whole) == 64
