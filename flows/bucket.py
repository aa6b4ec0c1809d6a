"""Published in an object store, where no rename is atomic and no lock reaches: a generation is a list, the link one small object.

    published.json                            which list is the published one, and those before it: the link
    generations/000043-<digest>.parquet       a generation: every file that readers know, its object, size and sha256; never changed
    files/<table>/run_date=D/part-….parquet   immutable objects, as are files/manifests/… and files/digests/…

To publish is to put the night's objects, then a new list, and at last the link, by one PUT that succeeds only if nobody else has put it
since we read it (If-Match; If-None-Match for the first). A reader that gets the link has one whole generation; and of two publishers
the second builds on what the first published. A store that ignores the conditions is found out before the link is touched.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from flows.listed import Entry, Listed, entries_of, list_of
from flows.manifest import NAMED_BY, Manifest, name_of
from flows.manifest import read as read_manifest
from flows.objects import BucketError, Conflict, Objects
from flows.store import Store

log = logging.getLogger("nightwire")

LINK = "published.json"
FORMAT = 1
TRIES = 30
GRACE = dt.timedelta(days=1)
"""An object that no list knows may be a publisher's that is still at work: it is pruned when it is older."""


@dataclass(frozen=True)
class Link:
    """What `published.json` says.

    Attributes:
        lists: the published generation's list first, then those before it, newest first; none where nothing is published.
        tag: the object's ETag as it was read; empty where there is none.
    """

    lists: tuple[str, ...] = ()
    tag: str = ""

    def dump(self) -> bytes:
        """The link as JSON."""
        value = {"format": FORMAT, "published": self.lists[0], "before": list(self.lists[1:])}
        return json.dumps(value, indent=1, sort_keys=True).encode()

    @classmethod
    def parse(cls, text: bytes, tag: str) -> Link:
        """The link of its JSON.

        Raises:
            ValueError, KeyError, TypeError: it is damaged.
        """
        value = json.loads(text)
        link = cls((value["published"], *value["before"]), tag)
        if value["format"] != FORMAT or link.dump() != text:
            raise ValueError("it is not as it was written")
        return link


class Bucket:
    """Generations below the URL `s3://bucket/prefix`."""

    def __init__(self, url: str) -> None:
        self.objects = Objects(url)
        self._lists: dict[str, tuple[Entry, ...]] = {}

    def snapshot(self) -> Listed:
        """What is published now: the link is read once.

        Raises:
            BucketError: the store can't be asked, or the link or its list is damaged.
        """
        return self.generation(self.link())

    def generation(self, link: Link, number: int = 0) -> Listed:
        """A generation of the link: 0 is what it publishes, 1 the one before."""
        return Listed(self.objects, self._entries(link.lists[number]) if number < len(link.lists) else ())

    def link(self) -> Link:
        """The link as it is now. Its tag is read before its bytes: where they differ the tag is older, and a PUT on it refused."""
        try:
            tag = self.objects.tag(LINK)
            return Link.parse(self.objects.get(LINK), tag)
        except FileNotFoundError:
            return Link()
        except (ValueError, KeyError, TypeError) as error:
            raise BucketError(f"{self.objects.at(LINK)}: damaged: {error!r}. Put an earlier version of it back") from error

    def _entries(self, key: str) -> tuple[Entry, ...]:
        if key not in self._lists:
            try:
                content = self.objects.get(key)
            except FileNotFoundError as error:
                raise BucketError(f"{self.objects.at(key)}: is gone, though {LINK} names it. Put an earlier {LINK} back") from error
            if hashlib.sha256(content).hexdigest()[:NAMED_BY] not in key:
                raise BucketError(f"{self.objects.at(key)}: its bytes are not those that were written. Put an earlier {LINK} back")
            self._lists[key] = entries_of(content)
        return self._lists[key]

    def publish(self, night: Manifest, pages: dict[str, str], store: Store) -> None:
        """Make the night the published one, in place of any earlier version of it.

        Raises:
            BucketError: the store said no; readers still see what they saw.
        """
        self.objects.check_conditions()
        ours = _night(night, pages, store)
        for turn in range(TRIES):
            link = self.link()
            base = self.generation(link)
            stands = read_manifest(base, night.run_date)
            if stands is not None and stands.content == night.content and stands.run == night.run:
                return  # the answer to our own last PUT was lost
            known = {entry.key for entry in base.entries}
            self.objects.put({entry.key: content for entry, content in ours if entry.key not in known})
            self._check([entry for entry, _ in ours])
            rest = [entry for entry in base.entries if entry.run_date != night.run_date]
            try:
                self._commit(link, [*rest, *(entry for entry, _ in ours)])
            except Conflict:
                log.info("%s: somebody else published meanwhile; once more, on top of it", self.objects.url)
                time.sleep(random.uniform(0, 0.1 * min(turn + 1, 10)))  # noqa: S311 (no secret: only not in step with the others)
            else:
                return
        raise BucketError(f"{self.objects.url}: others published {TRIES} times before we could; nothing was published. Run again")

    def _commit(self, link: Link, entries: Sequence[Entry]) -> None:
        content = list_of(entries)
        number = int(link.lists[0].removeprefix("generations/")[:6]) + 1 if link.lists else 1
        key = f"generations/{number:06d}-{hashlib.sha256(content).hexdigest()[:NAMED_BY]}.parquet"
        self.objects.put({key: lambda: content})
        self.objects.put_if(LINK, Link((key, *link.lists)).dump(), link.tag)

    def _check(self, entries: Sequence[Entry]) -> None:
        """See that all objects of a night are there, whole, before anything names them."""
        folders = sorted({entry.key.rpartition("/")[0] for entry in entries})
        found = {key: size for folder in folders for key, (size, _) in self.objects.listed(folder).items()}
        for entry in entries:
            if found.get(entry.key) != entry.size:
                raise BucketError(
                    f"{self.objects.at(entry.key)}: has {found.get(entry.key)} bytes, want {entry.size}. Run the night again"
                )

    def prune(self, keep: int, now: dt.datetime, holds: Callable[[Listed], bool] = lambda _: False) -> int:
        """Remove all but the newest generations; what is published always stays. The number of generations removed.

        The link is put first, on its condition, so that nothing names what is removed after it.

        Args:
            keep: how many generations to keep, at least 1.
            holds: whether a generation before the published one must go, together with its objects, whatever their age.
        """
        while True:
            link = self.link()
            newest = range(min(max(keep, 1), len(link.lists)))
            must_go = {n for n in newest if n > 0 and holds(self.generation(link, n))}
            kept = tuple(link.lists[n] for n in newest if n not in must_go)
            if kept == link.lists:
                break
            try:
                self.objects.put_if(LINK, Link(kept).dump(), link.tag)
                break
            except Conflict:
                continue
        self._sweep(kept, now if must_go else now - GRACE)
        return len(link.lists) - len(kept)

    def _sweep(self, kept: Sequence[str], until: dt.datetime) -> None:
        live = {*kept, *(entry.key for key in kept for entry in self._entries(key))}
        found = {**self.objects.listed("files"), **self.objects.listed("generations")}
        self.objects.remove(key for key, (_, put_at) in found.items() if key not in live and put_at <= until)


def _night(night: Manifest, pages: dict[str, str], store: Store) -> list[tuple[Entry, Callable[[], bytes]]]:
    """A night's objects, each with what gives its bytes."""
    found: list[tuple[Entry, Callable[[], bytes]]] = []
    for name, ref in night.files():
        entry = Entry(name, ref.table, night.run_date, f"files/{name}", ref.size, ref.rows, ref.digest)
        found.append((entry, store.path(ref).read_bytes))
    texts = {f"digests/{name}": page.encode() for name, page in pages.items()} | {name_of(night.run_date): night.dump()}
    for name, content in texts.items():
        digest = hashlib.sha256(content).hexdigest()
        stem, _, suffix = name.rpartition(".")
        key = f"files/{stem}-{digest[:NAMED_BY]}.{suffix}"
        found.append((Entry(name, name.partition("/")[0], night.run_date, key, len(content), None, digest), partial(bytes, content)))
    return found
