"""A document that ends its process, never ends, or eats all memory is found, set aside with its reason, and the night finishes.

The others' rows are those of a night that never saw it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from flows import attempts, checks, isolate
from flows.desk import Desk
from tasks.errors import Abort, RejectDocument
from tests.flows import desks, news, poison
from tests.flows.conftest import NIGHT, run

TORTURE = bool(os.environ.get("NIGHTWIRE_TORTURE"))
BOUNDS = "[night]\nreject_limit = 0.9\nstep_seconds = 4\ndocument_seconds = 0.2\nmemory_gb = 1.5\n"
TABLES = ("articles", "copies", "stories", "summaries", "quotes", "stances")


def desk(folder: Path, words: list[str]) -> Path:
    """A desk with four good articles, and one more for each of the words."""
    config = desks.quick(folder, [])
    config.write_text(config.read_text().replace("[night]\n", BOUNDS))
    source = config.parent / "news" / str(NIGHT)
    source.mkdir(parents=True)
    for number in range(4):
        (source / f"good-{number}.txt").write_text(news.article(number))
    for number, word in enumerate(words):
        (source / f"{word}.txt").write_text(news.article(100 + number, word))
    for path in source.iterdir():
        os.utime(path, (1_772_000_000, 1_772_000_000))
    return config


def night(config: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = poison.plant(config.parents[1] / "site")
    command = [sys.executable, "-m", "flows", "run", str(config), "--date", str(NIGHT), *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=900)


def rows(config: Path, table: str) -> list[dict[str, object]]:
    """The published rows of the good articles."""
    folder = config.parents[1] / "published" / table / f"run_date={NIGHT}"
    published = ds.dataset(folder, format="parquet").to_table()
    articles = ds.dataset(folder.parents[1] / "articles" / folder.name, format="parquet").to_table().to_pylist()
    good = {row["article_id"] for row in articles if str(row["uri"]).startswith("good")}
    return sorted((row for row in published.to_pylist() if row["article_id"] in good), key=repr)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = desk(tmp_path_factory.mktemp("clean"), [])
    run(config)
    return config


def assert_survived(config: Path, clean: Path, expected: dict[str, str]) -> None:
    rejects = ds.dataset(config.parents[1] / "published" / "rejects", format="parquet").to_table().to_pylist()
    assert {str(row["uri"]).removesuffix(".txt"): row["reason"] for row in rejects} == expected
    assert {str(row["uri"]).removesuffix(".txt"): row["stage"] for row in rejects} == {word: word.split("-")[1] for word in expected}
    for table in TABLES:
        assert rows(config, table) == rows(clean, table), table
    assert checks.verify(config.parents[1] / "published") == []
    assert attempts.died(Desk.open(config).places.store.root / "attempts") == []


KINDS = {"segfault": "crashed", "memory": "out_of_memory"}
MORE_KINDS = {"kill": "out_of_memory", "nomemory": "out_of_memory", "error": "internal"}


def test_documents_that_end_their_process(tmp_path: Path, clean: Path) -> None:
    expected = {f"poison-extract-{kind}": reason for kind, reason in (KINDS | (MORE_KINDS if TORTURE else {})).items()}
    expected |= {"poison-quotes-segfault": "crashed", "poison-stances-error": "internal", "poison-repeats-nomemory": "out_of_memory"}
    config = desk(tmp_path / "desk", list(expected))
    done = night(config, "--without-prefect")
    assert done.returncode == 0, done.stderr
    assert "its process ended with 1" in done.stderr
    assert_survived(config, clean, expected)
    assert "poison" not in "".join(line for line in done.stderr.splitlines() if "uri" not in line)
    again = night_again(config)
    assert "no step to run" in again.stdout, again.stderr


def night_again(config: Path) -> subprocess.CompletedProcess[str]:
    shutil.rmtree(config.parents[1] / "site")
    return night(config, "--without-prefect")


def test_documents_that_never_end(tmp_path: Path, clean: Path) -> None:
    expected = {"poison-extract-loop": "timeout"}
    expected |= {"poison-extract-deaf": "timeout", "poison-extract-sleep": "timeout"} if TORTURE else {}
    config = desk(tmp_path / "desk", list(expected))
    done = night(config, "--without-prefect")
    assert done.returncode == 0, done.stderr
    assert_survived(config, clean, expected)


def test_a_night_that_was_killed_outright_finds_the_document_by_itself(tmp_path: Path, clean: Path) -> None:
    config = desk(tmp_path / "desk", ["poison-extract-segfault"])
    environment = poison.plant(tmp_path / "site")
    script = "import sys; from flows.cli import main; sys.exit(main(sys.argv[1:]))"  # no command of a shell: nobody begins it again
    command = [sys.executable, "-c", script, "run", str(config), "--date", str(NIGHT), "--without-prefect"]
    first = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert first.returncode == -11
    assert len(attempts.died(Desk.open(config).places.store.root / "attempts")) == 1
    second = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    assert_survived(config, clean, {"poison-extract-segfault": "crashed"})


@pytest.mark.skipif(not TORTURE, reason="a minute; make torture")
def test_under_prefect(tmp_path: Path, clean: Path) -> None:
    config = desk(tmp_path / "desk", ["poison-extract-segfault", "poison-quotes-kill"])
    done = night(config)
    assert done.returncode == 0, done.stderr
    assert_survived(config, clean, {"poison-extract-segfault": "crashed", "poison-quotes-kill": "out_of_memory"})


def test_the_search_tries_few_halves() -> None:
    ids = [str(number) for number in range(1000)]
    bad = {"17", "18", "900"}
    tried = []

    def attempt(some: object) -> isolate.Made:
        tried.append(some)
        return RejectDocument("crashed", "x") if bad & set(some or ()) else (pa.table({}),)  # type: ignore[call-overload]

    found = isolate.culprits(ids, RejectDocument("crashed", "x"), attempt)
    assert set(found) == bad
    assert len(tried) <= 2 * len(bad) * 10
    with pytest.raises(Abort, match="The step is at fault"):
        isolate.culprits(ids, RejectDocument("crashed", "x"), lambda _: RejectDocument("crashed", "x"))
    assert isolate.culprits(ids, RejectDocument("crashed", "x"), lambda _: (pa.table({}),)) == {}
