"""Published in an object store: the same night and the same readers, and two publishers never lose each other's nights."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from s3fs import S3FileSystem

from flows import care, checks, manifest, snapshot, status
from flows.bucket import GRACE, LINK, Bucket
from flows.cli import main
from flows.desk import Desk
from flows.objects import BucketError, Objects
from flows.run import Run
from flows.runners import Inline
from tasks.errors import Unusable
from tests.flows import desks, s3

NIGHT = dt.date(2026, 3, 2)
NIGHTS = [NIGHT + dt.timedelta(days=n) for n in range(4)]
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[S3FileSystem]:
    with s3.served():
        yield S3FileSystem(use_listings_cache=False, skip_instance_cache=True)


@pytest.fixture
def url(server: S3FileSystem, request: pytest.FixtureRequest) -> str:
    name = "".join(sign for sign in request.node.name.lower() if sign.isalnum())[:50]
    server.call_s3("create_bucket", Bucket=name)
    return f"s3://{name}/desk"


def configured(folder: Path, url: str) -> Path:
    config = desks.quick(folder, NIGHTS)
    config.write_text(config.read_text().replace("[night]", f'[night]\npublished = "{url}"'))
    return config


def run(config: Path, date: dt.date = NIGHT) -> None:
    Run(Desk.open(config), date).execute(Inline(1))


def test_a_desk_publishes_is_verified_asked_and_tidied(
    server: S3FileSystem, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path / "there", url)
    here = desks.quick(tmp_path / "here", NIGHTS)
    here.write_text(here.read_text().replace('root = ".."', 'root = ".."\npublished = ""'))
    for date in NIGHTS[:2]:
        assert main(["run", str(config), "--date", str(date), "--without-prefect"]) == 0
        run(here, date)
    assert not (tmp_path / "there" / "published").exists()
    mine, theirs = manifest.read(Desk.open(here).places.published, NIGHTS[1]), manifest.read(Bucket(url), NIGHTS[1])
    assert mine is not None
    assert theirs is not None
    assert {name: [ref.rows for ref in refs] for name, refs in mine.tables.items()} == {
        name: [ref.rows for ref in refs] for name, refs in theirs.tables.items()
    }
    assert mine.tables["stories"] == theirs.tables["stories"]
    capsys.readouterr()
    assert main(["run", str(config), "--date", str(NIGHT), "--without-prefect"]) == 0
    assert "published and unchanged" in capsys.readouterr().out
    assert main(["status", str(config), "--json"]) == 0
    assert [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()] == ["fresh", "fresh"]
    assert main(["query", str(config), "select run_date, count(*) as n from articles group by all order by all", "--json"]) == 0
    assert [json.loads(line)["n"] for line in capsys.readouterr().out.splitlines()] == [2, 2]
    assert main(["show", str(config)]) == 0
    assert main(["verify", str(config)]) == 0
    assert "0 fault(s) in 2 night(s)" in capsys.readouterr().out
    assert main(["prune", str(config), "--keep", "1"]) == 0
    assert "1 generation(s)" in capsys.readouterr().out
    assert main(["verify", str(config)]) == 0


def test_readers_without_code_of_ours(server: S3FileSystem, url: str, tmp_path: Path) -> None:
    """What docs/published.md tells them: the link, its list, the files of the list."""
    config = configured(tmp_path, url)
    for date in NIGHTS[:2]:
        run(config, date)
    place = url.removeprefix("s3://")
    listed = f"s3://{place}/" + json.loads(server.cat(f"{place}/published.json"))["published"]
    with duckdb.connect() as database:
        database.register_filesystem(server)
        database.execute(f"set variable files = (select list('{url}/' || key) from '{listed}' where \"table\" = 'articles')")
        by_duckdb = database.execute(
            "select run_date, title from read_parquet(getvariable('files'), hive_partitioning = true) order by all"
        ).fetchall()
    files = pq.read_table(listed, filesystem=server)
    names = [f"{place}/{row['key']}" for row in files.to_pylist() if row["table"] == "articles"]
    by_pyarrow = sorted(title for name in names for title in pq.read_table(name, filesystem=server)["title"].to_pylist())
    assert len(by_duckdb) == 4
    assert sorted(title for _, title in by_duckdb) == by_pyarrow
    assert {date for date, _ in by_duckdb} == set(NIGHTS[:2])


def test_publishers_on_many_machines_lose_nothing(url: str, tmp_path: Path) -> None:
    """Eight desks with stores of their own, no lock in common, publish four nights each of one place at the same time."""
    made = [configured(tmp_path / str(number), url) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda pair: run(made[pair[0]], NIGHTS[pair[0] % 4]), enumerate(made)))
    held = snapshot.of(Bucket(url))
    assert manifest.dates(held) == NIGHTS
    assert checks.verify(held) == []
    link = Bucket(url).link()
    numbers = [int(one.removeprefix("generations/")[:6]) for one in link.lists]
    assert numbers == list(range(len(numbers), 0, -1)), "each generation was built on the one before"


def test_a_reader_keeps_its_snapshot(url: str, tmp_path: Path) -> None:
    config = configured(tmp_path, url)
    run(config)
    held = snapshot.of(Bucket(url))
    before = {name: held.content(name) for name in held.within("")}
    desks.article(config, NIGHT, "A third story comes late", 77)
    run(config)
    assert {name: held.content(name) for name in held.within("")} == before
    assert snapshot.of(Bucket(url)).within("articles") != held.within("articles")


class Stumbling(Objects):
    """Objects whose n-th request fails, before or after the store has done it."""

    def __init__(self, url: str, at: int, *, done: bool) -> None:
        super().__init__(url)
        self.at_request, self.done, self.count = at, done, 0

    def _cut(self) -> bool:
        self.count += 1
        return self.count == self.at_request

    def get(self, key: str) -> bytes:
        if self._cut():
            raise BucketError("the line is cut")
        return super().get(key)

    def put_if(self, key: str, content: bytes, tag: str) -> None:
        cut = self._cut()
        try:
            if self.done or not cut:
                super().put_if(key, content, tag)
        finally:
            if cut:
                raise BucketError("the line is cut")

    def put(self, objects: Any) -> None:
        cut = self._cut()
        keys = list(objects)
        if cut and not self.done:
            keys = keys[: len(keys) // 2]
        super().put({key: objects[key] for key in keys})
        if cut:
            raise BucketError("the line is cut")


@pytest.fixture
def ready(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, tuple[Any, ...]]:
    """A desk whose night is published, and all that its next publish takes: a late article has come."""
    config = configured(tmp_path, url)
    run(config)
    desks.article(config, NIGHT, "A third story comes late", 77)
    taken: list[tuple[Any, ...]] = []
    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "publish", lambda _, *arguments: taken.append(arguments))
        run(config)
    return config, taken[0]


@pytest.mark.parametrize("done", [False, True])
def test_at_any_request_readers_see_one_night_or_the_other(url: str, ready: tuple[Path, tuple[Any, ...]], done: bool) -> None:
    """The n-th request fails, n = 1 … until the publish gets through: as a process that is killed there would leave it."""
    config, arguments = ready
    old, new = manifest.read(Bucket(url), NIGHT), arguments[0]
    assert old is not None
    seen = []
    for at in range(1, 200):
        bucket = Bucket(url)
        bucket.objects = Stumbling(url, at, done=done)
        try:
            bucket.publish(*arguments)
            through = True
        except BucketError:
            through = False
        held = snapshot.of(Bucket(url))
        now = manifest.read(held, NIGHT)
        assert now is not None
        seen.append(now.content)
        assert checks.verify(held) == [], at
        if through:
            break
    assert at > 8
    assert set(seen) == {old.content, new.content}
    assert seen == sorted(seen, key=lambda content: content == new.content), "old until the link was put, new from then on"
    assert main(["run", str(config), "--date", str(NIGHT), "--without-prefect"]) == 0
    assert status.of(Desk.open(config), NIGHT).state == "fresh"


def test_pruning_spares_a_publisher_at_work(server: S3FileSystem, url: str, tmp_path: Path) -> None:
    config = configured(tmp_path, url)
    for number in range(3):
        desks.article(config, NIGHT, f"A story comes late {number}", 77 + number)
        run(config)
    bucket = Bucket(url)
    server.pipe_file(f"{url}/files/articles/run_date={NIGHT}/part-000-aaaaaaaaaaaa.parquet", b"on its way")
    before = len(bucket.objects.listed(""))
    assert bucket.prune(1, NOW) == 2
    assert len(bucket.objects.listed("")) == before, "whatever is younger than a day stays"
    assert checks.verify(bucket) == []
    assert bucket.prune(1, NOW + 2 * GRACE) == 0
    assert len(bucket.objects.listed("")) < before
    assert checks.verify(bucket) == []


def test_a_forgotten_article_is_in_no_object(url: str, tmp_path: Path) -> None:
    config = configured(tmp_path, url)
    for date in NIGHTS[:2]:
        run(config, date)
    bucket = Bucket(url)
    held = snapshot.of(bucket)
    gone = next(
        row for name in held.within("articles") for row in pq.read_table(held.location(name), filesystem=held.filesystem()).to_pylist()
    )
    assert care.forget(Desk.open(config), gone["article_id"], dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5))
    for key in bucket.objects.listed(""):
        assert gone["article_id"].encode() not in bucket.objects.get(key), key
        if key.startswith("files/") and key.endswith(".parquet"):
            assert gone["article_id"] not in repr(pq.read_table(bucket.objects.at(key), filesystem=bucket.objects.fs).to_pylist()), key
    assert checks.verify(bucket) == []


def test_damage_is_found_and_named(server: S3FileSystem, url: str, tmp_path: Path) -> None:
    config = configured(tmp_path, url)
    run(config)
    bucket = Bucket(url)
    for name in snapshot.of(bucket).within("")[::4]:
        path = snapshot.of(bucket).location(name)
        whole = server.cat_file(path)
        for damaged in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]))[len(name) % 2 :][:1]:
            server.pipe_file(path, damaged)
            faults = checks.verify(Bucket(url))
            assert len(faults) == 1, (name, faults)
            assert faults[0].startswith(path)
        server.rm_file(path)
        assert any(fault.startswith(path) and "is gone" in fault for fault in checks.verify(Bucket(url))), name
        server.pipe_file(path, whole)
    for key in (LINK, bucket.link().lists[0]):
        whole = server.cat_file(f"{url}/{key}")
        for place in range(0, len(whole), max(1, len(whole) // 5)):
            server.pipe_file(f"{url}/{key}", whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
            with pytest.raises(BucketError, match=r"published\.json|generations/"):
                checks.verify(Bucket(url))
        server.pipe_file(f"{url}/{key}", whole)
    assert checks.verify(Bucket(url)) == []


def test_what_can_not_be_reached_is_told_and_nothing_is_lost(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(tmp_path, url.replace("s3://", "s3://no-such-"))
    assert main(["run", str(config), "--date", str(NIGHT), "--without-prefect"]) == 1
    config = configured(tmp_path / "two", url)
    monkeypatch.setattr(Objects, "put_if", lambda *_: None)
    with pytest.raises(Unusable, match="ignores If-Match"):
        run(config)
    assert manifest.dates(Bucket(url)) == []


def test_a_place_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place in ("s3://UPPER/x", "gs://bucket/x", "s3://key:secret@bucket", "/a/folder"):
        config = configured(tmp_path / str(abs(hash(place))), place)
        assert main(["run", str(config), "--date", str(NIGHT), "--without-prefect"]) == 2
        assert "night.published" in capsys.readouterr().err
