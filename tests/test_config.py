"""A bad configuration is refused whole: every fault at once, each with the path of its key and the cure."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config import Config, ConfigError, interval, load, parse

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.name)
def test_shipped_configurations_load(path: Path) -> None:
    config = load(path)
    assert config.sources
    assert config.digest_hex() == load(path).digest_hex()


def test_all_faults_at_once() -> None:
    text = """
    name = "Not An Id"
    colour = "blue"
    [night]
    timezone = "Europe/Atlantis"
    shards = 0
    [[sources]]
    name = "wire"
    kind = "folder"
    [[targets]]
    id = "t"
    """
    with pytest.raises(ConfigError) as caught:
        parse(text, "desk.toml")
    told = str(caught.value)
    assert told.startswith("desk.toml: 7 fault(s)")
    for path in (
        "name:",
        "colour: unknown key",
        "night.timezone: unknown time zone",
        "night.shards:",
        "sources[0]:",
        "targets[0].name: missing",
    ):
        assert path in told, told


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name = ", "not TOML"),
        ('name = "x"', "sources: missing"),
        (
            'name="x"\n[[sources]]\nname="a"\nkind="folder"\npath="p"\n[[sources]]\nname="a"\nkind="folder"\npath="q"',
            "a stands more than once",
        ),
        ('name="x"\n[[sources]]\nname="a"\nkind="feed"\nurl="ftp://x"', "starts with http:// or https://"),
        ('name="x"\n[night]\nreject_limit=2\n[[sources]]\nname="a"\nkind="folder"\npath="p"', "night.reject_limit: Input should"),
    ],
)
def test_faults_say_what_and_where(text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "desk.toml")
    assert fault in str(caught.value)


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such file: .*configs/demo\.toml is one"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path / "latin.toml")


def test_frozen() -> None:
    config = load(CONFIGS / "demo.toml")
    with pytest.raises(ValueError, match="frozen"):
        config.name = "other"  # type: ignore[misc]
    assert isinstance(config, Config)


@given(
    st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Europe/Istanbul"]),
)
def test_nights_tile_time(date: dt.date, zone: str) -> None:
    days = [interval(date + dt.timedelta(days=number), zone) for number in range(3)]
    assert all(a[1] == b[0] for a, b in pairwise(days))
    assert all(dt.timedelta(hours=23) <= end - start <= dt.timedelta(hours=25) for start, end in days)
