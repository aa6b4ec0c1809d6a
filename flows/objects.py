"""The objects below one URL of an object store: put, read, listed, removed; and put on a condition. Speaks S3 through s3fs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from tasks.errors import Abort, Unusable

AT_ONCE = 16
"""Objects that are held in memory and put at once."""
REFUSED = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")
NOBODY = '"00000000000000000000000000000000"'
"""An ETag that no object has."""


class BucketError(Abort):
    """The object store can't be asked, or said no."""


class Conflict(Exception):
    """The condition of a PUT did not hold: somebody else was faster."""


class Objects:
    """A place `s3://bucket/prefix`; keys and endpoint come from the environment (AWS_…), as every S3 tool has them."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    @cached_property
    def fs(self) -> Any:
        """The fsspec filesystem.

        Raises:
            Unusable: s3fs is not installed.
        """
        try:
            from s3fs import S3FileSystem
        except ImportError as error:
            raise Unusable(f"night.published = {self.url!r} needs s3fs: pip install 'nightwire[s3]'") from error
        return S3FileSystem(use_listings_cache=False, skip_instance_cache=True)

    def at(self, key: str) -> str:
        """An object's URL."""
        return f"{self.url}/{key}"

    def get(self, key: str) -> bytes:
        """An object's bytes.

        Raises:
            FileNotFoundError: there is no such object.
        """
        with self.asked(key):
            content: bytes = self.fs.cat_file(self.at(key))
        return content

    def tag(self, key: str) -> str:
        """An object's ETag.

        Raises:
            FileNotFoundError: there is no such object.
        """
        with self.asked(key):
            return str(self.fs.info(self.at(key), refresh=True)["ETag"])

    def put_if(self, key: str, content: bytes, tag: str) -> None:
        """Put an object if it still has this ETag; with an empty one, if there is none.

        Raises:
            Conflict: the condition does not hold; nothing was put.
        """
        condition = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        bucket, _, path = self.at(key).removeprefix("s3://").partition("/")
        with self.asked(key):
            self.fs.call_s3("put_object", Bucket=bucket, Key=path, Body=content, **condition)

    def put(self, objects: Mapping[str, Callable[[], bytes]]) -> None:
        """Put objects; each is there whole or not at all, and carries a checksum that the store compares."""
        keys = list(objects)
        for start in range(0, len(keys), AT_ONCE):
            some = {self.at(key): objects[key]() for key in keys[start : start + AT_ONCE]}
            with self.asked(keys[start]):
                self.fs.pipe(some)

    def listed(self, folder: str) -> dict[str, tuple[int, dt.datetime]]:
        """Key -> size in bytes and time of its PUT, of all objects below a folder."""
        with self.asked(folder):
            found = self.fs.find(self.at(folder), detail=True)
        return {f"s3://{path}".removeprefix(f"{self.url}/"): (about["size"], about["LastModified"]) for path, about in found.items()}

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects; one that is gone already is no fault."""
        with self.asked("files"):
            if paths := [self.at(key) for key in keys]:
                self.fs.rm(paths)

    def check_conditions(self) -> None:
        """See that the store keeps the conditions of `put_if`, on an object that is there for nothing else.

        Raises:
            Unusable: it puts although the condition does not hold.
        """
        for tag in ("", "", NOBODY):
            try:
                self.put_if("conditions", b"This object is here to be refused.\n", tag)
            except Conflict:
                refused = True
            else:
                refused = False
        if not refused:
            raise Unusable(
                f"{self.url}: this store ignores If-Match, so that two publishers could lose each other's nights. Use another"
            )

    @contextmanager
    def asked(self, key: str) -> Iterator[None]:
        """Turn what the client raises into our errors; a missing object stays a FileNotFoundError.

        Raises:
            BucketError: the store can't be asked, or said no.
        """
        from botocore.exceptions import BotoCoreError

        try:
            yield
        except (OSError, BotoCoreError) as error:
            code = getattr(error.__cause__, "response", {}).get("Error", {}).get("Code", "")
            if code in REFUSED:
                raise Conflict from error
            if isinstance(error, FileNotFoundError) and code != "NoSuchBucket":
                raise
            raise BucketError(
                f"{self.at(key)}: {type(error).__name__}: {error}. "
                "See that bucket, keys and endpoint (AWS_…) are right and that the store answers; then run again"
            ) from error
