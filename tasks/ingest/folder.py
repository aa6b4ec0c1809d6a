"""A folder as a source: local or any fsspec URL, one file a document or many records in one."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from tasks.config import Source
from tasks.errors import RejectDocument
from tasks.ingest import formats, noted
from tasks.ingest.documents import Document, found, printable, refused
from tasks.ingest.extract import ExtractSettings, SourceSettings, published
from tasks.ingest.pieces import Fault, Piece

TRIES = 3
"""Times that a file is read before it is set aside as unreadable: what the disk did not give once it may give again."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class File:
    """A file of a source.

    Attributes:
        name: relative to the source's folder, with `/`.
        stamp: what the store says of the content (checksum, entity tag, size and time), or "" where the content itself is read.
    """

    name: str
    path: str
    changed: dt.datetime
    link: bool
    stamp: str


def fetch(source: Source, date: dt.date, night: tuple[dt.datetime, dt.datetime, str], root: Path) -> Iterator[Document]:
    """The documents of the folder's files, in the order of their names.

    Args:
        night: start, end and zone; where the source selects by publication, only what was published in [start, end) comes (a document
            that does not say when counts by its file's time), and what can't be read.
    """
    try:
        system, files, closed = _listed(source, date, root)
    except RejectDocument as unlisted:
        yield refused(source.name, source.path, unlisted, night[0])
        return
    for name in closed:
        yield refused(source.name, name, RejectDocument("unreadable", "the folder can't be listed"), night[0])
    count = 0
    for file in files:
        for document in _read(source, system, file):
            if source.select == "published" and not _is_of(document, source, night):
                continue
            if count >= source.limits.max_documents:
                fault = RejectDocument("over_budget", f"more than {source.limits.max_documents} documents; raise limits.max_documents")
                yield refused(source.name, f"{file.name}#rest", fault, file.changed)
                return
            count += 1
            yield document


def _is_of(document: Document, source: Source, night: tuple[dt.datetime, dt.datetime, str]) -> bool:
    start, end, zone = night
    settings = ExtractSettings(timezone=zone, sources={source.name: SourceSettings.of(source)})
    return document.reject is not None or start <= (published(vars(document), settings) or document.fetched_at) < end


def fingerprint(source: Source, date: dt.date, root: Path) -> str:
    """Digest over the files' names and contents, so that a file that was only touched or copied keeps it.

    Local files are read (about 1 GB a second); elsewhere the store's own checksum or entity tag stands for the content, and size and
    time where it has none.
    """
    digest = hashlib.sha256()
    try:
        system, files, closed = _listed(source, date, root)
    except RejectDocument as fault:
        return hashlib.sha256(fault.message.encode("utf-8", "surrogateescape")).hexdigest()
    for name in closed:
        digest.update(f"{name}\0closed\n".encode("utf-8", "surrogateescape"))
    for file in files:
        digest.update(f"{file.name}\0{file.stamp or _content(system, file)}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _content(system: Any, file: File) -> str:
    if file.link:
        return "link"
    try:
        with _open(system, file) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (OSError, RejectDocument) as error:
        return f"unreadable: {error}"


def check(source: Source, number: int, root: Path) -> list[str]:
    """Faults of the declaration that can be seen before a night: a folder that is not there.

    Of a path with `{date}` the part before it must be there: a night may bring nothing, a wrong path never brings anything.
    """
    fixed = source.path.split("{date}")[0].rpartition("/")[0] if "{date}" in source.path else source.path
    try:
        system, top = _place(source.model_copy(update={"path": fixed or "."}), dt.date(2000, 1, 1), root)
        if system.exists(top):
            return []
    except ImportError as error:
        return [f"sources[{number}].path: {printable(str(error))}; for s3:// that is `pip install 'nightwire[s3]'`"]
    except Exception as error:  # every kind of store has errors of its own
        return [f"sources[{number}].path: {printable(f'{fixed} can not be reached: {type(error).__name__}: {error}')}"]
    return [f"sources[{number}].path: no such folder {printable(top)}; make it, or correct the path (relative paths begin at {root})"]


def _place(source: Source, date: dt.date, root: Path) -> tuple[Any, str]:
    path = source.path.replace("{date}", date.isoformat())
    if "://" in path:
        return cast("tuple[Any, str]", fsspec.core.url_to_fs(path))
    return LocalFileSystem(), str((root / Path(path).expanduser()).resolve())


def _listed(source: Source, date: dt.date, root: Path) -> tuple[Any, list[File], list[str]]:
    """The file system, the source's files on it, and folders below it that can't be listed.

    Raises:
        RejectDocument: `unreadable`.
    """
    try:
        system, top = _place(source, date, root)
        faults: list[OSError] = []
        files = list(_files(system, top, faults))
        return system, files, sorted(os.path.relpath(str(fault.filename), top) for fault in faults)
    except Exception as error:  # every kind of store has errors of its own, and a source that fails stops no night
        raise RejectDocument("unreadable", f"the folder can't be listed: {type(error).__name__}: {error}") from error


def _files(system: Any, top: str, faults: list[OSError]) -> Iterator[File]:
    if not system.exists(top):
        return
    if system.isfile(top):
        yield _file(system.info(top), top.rsplit("/", 1)[-1])
        return
    listed = _walked(system, top, faults) if isinstance(system, LocalFileSystem) else system.find(top, detail=True)
    for path in sorted(listed):
        name = path[len(top.rstrip("/")) + 1 :] if path.startswith(top.rstrip("/") + "/") else path.rsplit("/", 1)[-1]
        if not any(part.startswith(".") for part in name.split("/")):
            yield _file(listed[path], name)


def _walked(system: LocalFileSystem, top: str, faults: list[OSError]) -> dict[str, dict[str, Any]]:
    """Path -> facts of all that is below a folder; fsspec's own walk leaves out in silence what it may not list."""
    found = {}
    folders = [top]
    while folders:
        try:
            listed = system.ls(folders.pop(), detail=True)
        except OSError as error:
            faults.append(error)
            continue
        for info in listed:
            if info["type"] == "directory" and not info["islink"]:
                folders.append(info["name"])
            else:
                found[info["name"]] = info
    return found


def _file(info: dict[str, Any], name: str) -> File:
    stamp = info.get("mtime") or info.get("LastModified") or info.get("updated") or info.get("created") or _EPOCH
    if isinstance(stamp, int | float):
        stamp = dt.datetime.fromtimestamp(stamp, dt.UTC)
    elif isinstance(stamp, str):
        stamp = dt.datetime.fromisoformat(stamp)
    at = stamp if stamp.tzinfo else stamp.replace(tzinfo=dt.UTC)
    return File(name, info["name"], at.astimezone(dt.UTC), bool(info.get("islink")), _stamp(info, at))


def _stamp(info: dict[str, Any], at: dt.datetime) -> str:
    if "mtime" in info or at == _EPOCH:
        return ""
    checksum = next((info[key] for key in ("ETag", "etag", "md5Hash", "content_md5") if info.get(key)), at.isoformat())
    return f"{info.get('size')} {checksum}"


def _read(source: Source, system: Any, file: File) -> Iterator[Document]:
    if file.link:
        yield refused(
            source.name, file.name, RejectDocument("unsafe_path", "a link; put the file itself into the folder"), file.changed
        )
        return
    told, why = 0, ""
    for _ in range(TRIES):
        try:
            for number, document in enumerate(_documents(source, system, file)):
                if number >= told:
                    told += 1
                    yield document
        except OSError as error:
            why = error.strerror or type(error).__name__
        except Exception as error:
            if isinstance(system, LocalFileSystem):
                raise
            why = f"{type(error).__name__}: {error}"
            break
        else:
            return
    yield refused(source.name, file.name, RejectDocument("unreadable", why), file.changed)


def _documents(source: Source, system: Any, file: File) -> Iterator[Document]:
    """The documents of one file.

    Raises:
        OSError: it can't be read; a fault that a format's reader made of that is not told.
    """
    try:
        with _open(system, file) as stream:
            try:
                for piece in formats.pieces(stream, file.name, source.limits):
                    noted.check(stream)
                    yield _document(source, file, piece)
            except RejectDocument:
                noted.check(stream)
                raise
    except RejectDocument as fault:
        yield refused(source.name, file.name, fault, file.changed)


def _open(system: Any, file: File) -> io.BufferedReader[Any]:
    """A stream of the file's bytes; a local file is opened without following a link, and only if it is a regular one."""
    return noted.opened(file.path) if isinstance(system, LocalFileSystem) else io.BufferedReader(system.open(file.path, "rb"))


def _document(source: Source, file: File, piece: Piece | Fault) -> Document:
    uri = file.name + piece.place
    if isinstance(piece, Fault):
        return refused(source.name, uri, piece.why, file.changed)
    return found(source.name, uri, piece.raw, piece.fetched_at or file.changed, piece.media_type, piece.charset, piece.fields)
