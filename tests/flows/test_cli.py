"""The command line as a person meets it: exit codes, messages, nothing begun when the input can't be used."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.cli import main
from tests.flows.conftest import NIGHT


def nightwire(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "nightwire"), *map(str, arguments)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**clean, **environment}, timeout=300)


WRONG_DIGEST = f'[summaries.model]\nkind = "encoder"\nname = "embedded:minilm"\ndigest = "{"0" * 64}"\n\n[digest]'
NO_SUCH_MODEL = '[quotes.model]\nkind = "token"\nname = "shipped:none"\n\n[digest]'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('timezone = "Europe/Berlin"', 'timezone = "Europe/Vessen"', "night.timezone: unknown time zone"),
        ('root = ".."', 'rooot = ".."', "night.rooot: unknown key"),
        ("demo/news/", "demo/knews/", "knews"),
        (
            "[digest]",
            '[summaries.model]\nkind = "encoder"\nname = "embedded:minilm"\ndigest = "' + "0" * 64 + '"\n\n[digest]',
            "summarize:",
        ),
    ],
)
def test_unusable_input_is_exit_2_before_any_work(
    demo: Path, old: str, new: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = demo.read_text()
    assert old in text
    demo.write_text(text.replace(old, new))
    assert main(["run", str(demo), "--date", str(NIGHT), "--without-prefect"]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert not (demo.parents[1] / "state").exists()
    assert not (demo.parents[1] / "published").exists()


def test_a_date_that_is_no_date_or_not_over(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", str(demo), "--date", "2026-02-30"])
    assert caught.value.code == 2
    assert "want YYYY-MM-DD" in capsys.readouterr().err
    assert main(["run", str(demo), "--date", "2999-01-01"]) == 2
    assert "not over yet" in capsys.readouterr().err


def test_status_show_and_verify(two_nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(two_nights / "configs" / "demo.toml")
    assert main(["status", config, "--json", "--from", "2026-03-01"]) == 0
    states = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["date"] for row in states] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert [row["state"] for row in states] == ["missing", "fresh", "fresh"]
    assert main(["show", config]) == 0
    assert "stances" in capsys.readouterr().out
    assert main(["verify", config]) == 0
    assert "0 fault(s) in 2 night(s)" in capsys.readouterr().out
    assert main(["verify", config, "--date", "2026-01-01"]) == 2


def test_verify_names_foreign_lost_and_edited_files(two_nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published = two_nights / "published"
    (published / "stances" / "stray.parquet").write_bytes(b"PAR1")
    lost = published / "digests" / f"{NIGHT + dt.timedelta(days=1)}.html"
    lost.unlink()
    edited = published / "manifests" / f"{NIGHT}.json"
    content = json.loads(edited.read_text())
    content["tables"]["copies"][0]["rows"] += 1
    edited.unlink()
    edited.write_text(json.dumps(content))
    assert main(["verify", str(two_nights / "configs" / "demo.toml")]) == 1
    told = capsys.readouterr().out
    for name in ("stray.parquet: no manifest knows this file", "was changed after it was written"):
        assert name in told, told
    assert f"{lost.name}: is gone" in told


def test_a_night_under_prefect_from_the_command_line(demo: Path) -> None:
    done = nightwire("run", demo, "--date", NIGHT)
    assert done.returncode == 0, done.stderr
    assert f"night {NIGHT}: published" in done.stdout
    assert "extract-000" in done.stderr  # plain lines where stderr is no terminal
    assert "Traceback" not in done.stderr
    database = sqlite3.connect(demo.parents[1] / "state" / "prefect" / "prefect.db")
    assert database.execute("select name, state_type from flow_run").fetchall() == [(f"night {NIGHT}", "COMPLETED")]
    tasks = dict(database.execute("select name, task_inputs from task_run").fetchall())
    identifiers = dict(database.execute("select name, id from task_run").fetchall())
    assert {"fetch-000", "extract-003", "cluster-000", "stances-000", "digest-000"} <= set(tasks)
    arrows = {entry["id"] for entry in json.loads(tasks["stances-000"])["inputs"]}
    assert arrows == {str(identifiers["keep-000"]), str(identifiers["quotes-000"])} or len(arrows) == 2
    again = nightwire("run", demo, "--date", NIGHT)
    assert "published and unchanged, no step to run" in again.stdout
    assert database.execute("select count(*) from flow_run").fetchone() == (1,)
    assert_prefect_knows_no_article(demo.parents[1])


def assert_prefect_knows_no_article(root: Path) -> None:
    """Nothing that an article says, nor its name, id or address, is below Prefect's folder: `forget` has nothing to remove there."""
    held = b"".join(path.read_bytes() for path in (root / "state" / "prefect").rglob("*") if path.is_file())
    assert b"extract-000" in held
    for table, columns in {
        "articles": ("article_id", "uri", "url", "title", "text", "byline"),
        "quotes": ("quote_id", "text", "speaker"),
        "summaries": ("text",),
        "rejects": ("document", "uri"),
    }.items():
        for row in pq.read_table(root / "published" / table, columns=list(columns)).to_pylist():
            for column, value in row.items():
                words = (value or "")[:40]  # a page's text could be cut, and escapes begin at a line's end
                if len(words) > 8:
                    forms = {words.split("\n")[0], json.dumps(words)[1:-1].split("\\n")[0]}
                    assert not [form for form in forms if form.encode() in held], (table, column, words)


def test_a_night_is_possible_without_its_server(demo: Path) -> None:
    done = nightwire("run", demo, "--date", NIGHT, PREFECT_API_URL="http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES="0")
    assert done.returncode == 0, done.stderr
    assert "Prefect was lost" in done.stderr
    assert f"night {NIGHT}: published" in done.stdout


def test_labels_go_out_and_come_back(two_nights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, file = str(two_nights / "configs" / "demo.toml"), tmp_path / "sheet.csv"
    assert main(["annotate", "export", config, str(file), "--rows", "12"]) == 0
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == 12
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "label": "favor" if number % 2 else "none", "coder": "ann"} for number, row in enumerate(rows))
    assert main(["annotate", "import", config, str(file)]) == 0
    assert main(["annotate", "import", config, str(file)]) == 0  # the same again adds nothing
    capsys.readouterr()
    assert main(["annotate", "report", config]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["people"]["items"] == told["model"]["rows"] == 12
    assert main(["annotate", "export", config, str(file)]) == 2
