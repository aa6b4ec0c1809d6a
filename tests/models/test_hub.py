"""Fetch, lock and verify against a hub on this machine: once a folder, once the real client against a loopback server."""

from __future__ import annotations

import hashlib
import http.server
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tasks.config import Config, ModelSpec, load
from tasks.errors import Unusable
from tasks.models import digest, load_pair
from tasks.models.hub import LOCK, fetch, is_hub, pinned, read_lock
from tasks.models.inventory import fetch_all, inventory, pin, roles

FIRST, SECOND = "a" * 40, "b" * 40
NAME = "desk/stance"


class Shelf:
    """A hub with one model: revision -> folder."""

    def __init__(self, **revisions: Path) -> None:
        self.folders = {"a" * 40 if k == "first" else "b" * 40: v for k, v in revisions.items()}
        self.downloads = 0

    def revision(self, name, wanted):
        if name != NAME:
            raise Unusable(f"no model {name}")
        return max(self.folders) if wanted == "main" else wanted

    def files(self, name, revision):
        folder = self.folders[revision]
        return [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS.json"]

    def download(self, name, revision, files, into):
        self.downloads += 1
        for file in files:
            (into / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.folders[revision] / file, into / file)


@pytest.fixture
def first(models, tmp_path) -> Path:
    return Path(shutil.copytree(models("pair"), tmp_path / "first"))


@pytest.fixture(autouse=True)
def _fresh(tmp_path, monkeypatch):
    monkeypatch.setenv("NIGHTWIRE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def spec() -> ModelSpec:
    return ModelSpec(kind="pair", name=NAME, engine="openvino", dtype="float32")


def test_fetched_locked_pinned_loaded(spec, first, tmp_path):
    (first / "pytorch_model.bin").write_bytes(b"never fetched")
    (first / "onnx").mkdir()
    (first / "onnx" / "config.json").write_text("{}")
    hub, lock = Shelf(first=first), tmp_path / LOCK
    entry = fetch(spec, lock, hub)
    assert entry.revision == FIRST
    assert "pytorch_model.bin" not in entry.files
    assert "onnx/config.json" not in entry.files
    assert entry.files["config.json"] == hashlib.sha256((first / "config.json").read_bytes()).hexdigest()
    assert read_lock(lock) == {NAME: entry}
    fixed = pinned(spec, lock)
    assert (fixed.revision, fixed.digest) == (FIRST, entry.digest)
    assert not load_pair(fixed).classify([("grain", "vote")]).failed


def test_fetching_twice_downloads_once(spec, first, tmp_path):
    hub = Shelf(first=first)
    assert fetch(spec, tmp_path / LOCK, hub) == fetch(spec, tmp_path / LOCK, hub)
    assert hub.downloads == 1


def test_a_night_does_not_fetch(spec, first, tmp_path):
    with pytest.raises(Unusable, match="models fetch"):
        pinned(spec, tmp_path / LOCK)
    with pytest.raises(Unusable, match="models fetch"):
        digest(spec)
    fetch(spec, tmp_path / LOCK, Shelf(first=first))
    fixed = pinned(spec, tmp_path / LOCK)
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(Unusable, match="is not on this machine"):
        digest(fixed)


def test_another_revision_is_another_model(spec, first, tmp_path):
    second = Path(shutil.copytree(first, tmp_path / "second"))
    (second / "README.md").write_text("trained longer")
    hub, lock = Shelf(first=first, second=second), tmp_path / LOCK
    old = fetch(spec.model_copy(update={"revision": FIRST}), lock, hub)
    new = fetch(spec, lock, hub)
    assert (old.revision, new.revision) == (FIRST, SECOND)
    assert old.digest != new.digest
    with pytest.raises(Unusable, match=f"the configuration wants revision {FIRST}"):
        pinned(spec.model_copy(update={"revision": FIRST}), lock)


def test_a_changed_file_after_the_fetch(spec, first, tmp_path):
    fetch(spec, tmp_path / LOCK, Shelf(first=first))
    fixed = pinned(spec, tmp_path / LOCK)
    config = next((tmp_path / "cache").rglob("config.json"))
    config.write_text(config.read_text() + " ")
    with pytest.raises(Unusable, match=r"config\.json: sha256 is"):
        digest(fixed)


def test_a_refused_model_leaves_nothing(spec, first, tmp_path):
    settings = json.loads((first / "config.json").read_text())
    (first / "config.json").write_text(json.dumps(settings | {"auto_map": {"AutoModel": "m.M"}}))
    with pytest.raises(Unusable, match="auto_map"):
        fetch(spec, tmp_path / LOCK, Shelf(first=first))
    assert not (tmp_path / LOCK).exists()
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]


@pytest.mark.parametrize("text", ["[", "[1]", '{"a/b": {"revision": 1}}'])
def test_a_broken_lock(spec, tmp_path, text):
    (tmp_path / LOCK).write_text(text)
    with pytest.raises(Unusable, match="no lock file"):
        pinned(spec, tmp_path / LOCK)


def test_a_configuration_as_a_whole(spec, first, tmp_path):
    config = Config.model_validate(
        {"name": "desk", "sources": [{"name": "s", "kind": "folder", "path": "x"}], "stances": {"model": spec.model_dump()}}
    )
    before = {i.role: i for i in inventory(config, tmp_path)}
    assert before["summaries.model"].fault == ""
    assert "models fetch" in before["stances.model"].fault
    assert list(fetch_all(config, tmp_path, Shelf(first=first))) == [NAME]
    after = {i.role: i for i in inventory(config, tmp_path)}
    assert after["stances.model"].fault == ""
    assert pin(config, tmp_path).stances.model.digest == after["stances.model"].digest
    assert pin(config, tmp_path).summaries == config.summaries


class _Endpoint(http.server.BaseHTTPRequestHandler):
    """As much of the hub's interface as its client asks for one model."""

    folder: Path

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(head=True)

    def do_GET(self):
        self.answer(head=False)

    def answer(self, head: bool) -> None:
        files = [p.name for p in self.folder.iterdir()]
        if self.path.startswith(f"/api/models/{NAME}/tree/"):
            body = json.dumps(
                [{"type": "file", "path": f, "size": (self.folder / f).stat().st_size, "oid": "0" * 40} for f in files]
            ).encode()
        elif self.path.startswith(f"/api/models/{NAME}"):
            body = json.dumps({"id": NAME, "sha": FIRST, "siblings": [{"rfilename": f} for f in files]}).encode()
        elif self.path.startswith(f"/{NAME}/resolve/{FIRST}/") and self.path.rsplit("/", 1)[1] in files:
            body = (self.folder / self.path.rsplit("/", 1)[1]).read_bytes()
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
        self.send_header("X-Repo-Commit", FIRST)
        self.end_headers()
        if not head:
            self.wfile.write(body)


def test_the_real_client_against_a_loopback_hub(first, tmp_path):
    _Endpoint.folder = first
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    code = (
        "import sys; from pathlib import Path; from tasks.config import ModelSpec; from tasks.models.hub import fetch;"
        f"print(fetch(ModelSpec(kind='pair', name='{NAME}'), Path(sys.argv[1])).revision)"
    )
    env = {
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "NIGHTWIRE_CACHE": str(tmp_path / "cache"), "PATH": "/usr/bin",
        "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_TELEMETRY": "1",
    }  # fmt: skip
    run = [sys.executable, "-c", code, str(tmp_path / LOCK)]
    try:
        done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2], env=env, timeout=100)
    finally:
        server.shutdown()
        server.server_close()
    assert done.stdout.strip() == FIRST, done.stderr
    entry = read_lock(tmp_path / LOCK)[NAME]
    assert entry.files["model.safetensors"] == hashlib.sha256((first / "model.safetensors").read_bytes()).hexdigest()


def test_the_hub_desk_asks_for_the_fetch_first():
    folder = Path(__file__).parents[2] / "configs"
    config = load(folder / "hub.toml")
    wanted = {role: spec.name for role, spec in roles(config) if is_hub(spec.name)}
    assert set(wanted) == {"summaries.generator", "stances.model"}
    faults = {item.role: item.fault for item in inventory(config, folder / "nowhere") if item.fault}
    assert set(faults) == set(wanted)
    assert all("nightwire models fetch" in fault for fault in faults.values())
