"""Relations, stories, and the properties that a night may rely on."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.tables import COPIES, SIGNATURES, STORIES
from tests.dedup.texts import articles, edited, night, relations, signed, story_of, words

A = words("a", 200)
HOUSE = words("house line", 60)


def at(hour: int) -> dt.datetime:
    return dt.datetime(2026, 5, 4, hour, tzinfo=dt.UTC)


def run(texts: dict[str, list[str] | str], **columns: dict[str, object]) -> tuple[pa.Table, pa.Table, pa.Table]:
    """A night; where nothing else is said, articles were published in the order of their ids."""
    ordered = {key: at(0) + dt.timedelta(minutes=n) for n, key in enumerate(sorted(texts))}
    return night(signed(articles(texts, **{"published_at": ordered, **columns})))


def test_each_relation() -> None:
    texts = {
        "a": A,
        "b_exact": " ".join(A).upper(),
        "c_near": edited(A, 0.03, 1),
        "d_edited": edited(A, 0.09, 2),
        "e_dateline": ["PARIS", "May", "4", *A],
        "f_excerpt": A[60:120],
        "g_longer": [*words("more", 300), *A],
        "h_other": words("other", 200),
        "i_part": [*A[:70], *words("rest", 130)],
    }
    copies, stories, _ = run(texts)
    found = {pair: relation for pair, relation in relations(copies).items() if pair[1] == "a"}
    assert found == {
        ("b_exact", "a"): "exact",
        ("c_near", "a"): "near",
        ("d_edited", "a"): "near",
        ("e_dateline", "a"): "near",
        ("f_excerpt", "a"): "excerpt",
        ("g_longer", "a"): "excerpt",
    }
    assert {member for member, home in story_of(stories).items() if home == "a"} == {"a", *(one for one, _ in found)}


def test_the_record_says_what_was_measured_and_which_rule_decided() -> None:
    row = run({"a": A, "b": A[:100]})[0].to_pylist()[0]
    assert row["jaccard"] == pytest.approx(96 / 196)
    assert (row["containment"], row["copied"]) == (1, 1)
    assert row["containment_reverse"] == pytest.approx(96 / 196)
    assert row["copied_reverse"] == pytest.approx(0.5)
    assert (row["method"], row["decided"]) == ("fingerprints", "containment in other 1.00 >= 0.80")


def test_a_page_that_came_again_is_a_revision() -> None:
    texts = {"a": A, "b": [*A[:80], *words("new", 120)], "c": [*A[:80], *words("else", 120)]}
    same = {"a": "https://x.example/1", "b": "https://x.example/1", "c": "https://x.example/1"}
    copies, stories, _ = run(texts, url=same, outlet={"a": "x", "b": "x", "c": "y"}, published_at={"a": at(1), "b": at(2), "c": at(3)})
    assert relations(copies) == {("b", "a"): "revision"}
    assert story_of(stories) == {"a": "a", "b": "a", "c": "c"}


def test_short_texts_are_compared_exactly_and_empty_ones_not_at_all() -> None:
    copies, stories, _ = run({"a": "Read more here", "b": "read MORE here!", "c": "read more there", "d": "", "e": " . "})
    assert relations(copies) == {("b", "a"): "exact"}
    assert story_of(stories) == {"a": "a", "b": "a", "c": "c", "d": "d", "e": "e"}


def test_unrelated_texts_of_one_event_are_no_copies() -> None:
    quote = words("quote", 25)
    copies, stories, _ = run({n: [*words(n, 80), *quote, *words(n + "2", 90)] for n in "abc"})
    assert len(copies) == 0
    assert stories["is_canonical"].to_pylist() == [True] * 3


@pytest.mark.parametrize("first", ["a", "b", "c"])
def test_a_chain_merges_no_unrelated_articles(first: str) -> None:
    one, two = words("one", 150), words("two", 150)
    texts = {"a": one, "b": [*one, *two], "c": two}
    times = {key: at(5 + n) for n, key in enumerate("abc")} | {first: at(1)}
    stories = story_of(run(texts, published_at=times)[1])
    assert stories["a"] != stories["c"]
    assert stories["b"] in {stories["a"], stories["c"]}


def test_a_sliding_chain_is_cut_at_the_canonical_document() -> None:
    long = words("long", 600)
    texts = {key: long[n * 60 : n * 60 + 200] for n, key in enumerate("abcdefg")}
    stories = story_of(run(texts, published_at={key: at(n) for n, key in enumerate("abcdefg")})[1])
    for member, home in stories.items():
        assert abs(ord(member) - ord(home)) <= 1


def test_canonical_is_the_earliest_then_agency_then_longest_then_id() -> None:
    texts = {"a": A, "b": [*A, "more"], "c": A[:199], "d": A, "e": A}
    day = {"a": at(9), "b": at(9), "c": at(9), "d": at(0), "e": None}
    precision = dict.fromkeys("abce", "second") | {"d": "day"}
    assert set(story_of(run(texts, published_at=day, published_precision=precision, dateline_agency={"c": "Wire"})[1]).values()) == {
        "c"
    }
    assert set(story_of(run(texts, published_at=day, published_precision=precision)[1]).values()) == {"b"}
    assert set(story_of(run({"a": A, "b": A}, published_at={})[1]).values()) == {"a"}


def test_a_member_shows_what_is_new_in_it() -> None:
    new = words("new", 40)
    lines = [" ".join(A[:100]), " ".join(new), " ".join(A[100:])]
    text = "\n".join(lines)
    spans, place = [], 0
    for line in lines:
        spans.append({"start": place, "end": place + len(line), "kind": "body", "copy_of": None})
        place += len(line) + 1
    row = {r["article_id"]: r for r in run({"a": A, "b": text}, paragraphs={"b": spans})[1].to_pylist()}
    assert [text[s["start"] : s["end"]] for s in row["b"]["new_spans"]] == [" ".join(new)]
    assert row["b"]["copied_share"] == pytest.approx(200 / 240)
    assert row["a"]["copied_share"] is None


def test_house_lines_of_many_articles_do_not_link_them() -> None:
    texts = {f"{n:02d}": [*words(n, 25), *HOUSE] for n in range(40)}
    copies, stories, _ = run(texts)
    assert len(copies) == 0
    assert stories["is_canonical"].to_pylist() == [True] * 40


def test_a_story_that_many_print_stays_one_story() -> None:
    texts = {"000": A} | {f"{n:03d}": ["CITY", str(n), *edited(A, 0.06, n)] for n in range(1, 80)}
    assert set(story_of(run(texts)[1]).values()) == {"000"}


def test_a_copy_of_a_copy_has_its_evidence_against_the_canonical_document() -> None:
    near = edited(A, 0.03, 1)
    copies = relations(run({"a": A, "b": near, "c": near})[0])
    assert copies == {("b", "a"): "near", ("c", "b"): "exact", ("c", "a"): "near"}


def test_every_article_has_one_story_and_every_story_one_canonical_document() -> None:
    texts = {f"{n:02d}": edited(words(n % 7, 120), 0.04 * (n // 7), n) for n in range(30)}
    _, stories, signatures = run(texts)
    assert sorted(stories["article_id"].to_pylist()) == sorted(texts) == signatures["article_id"].to_pylist()
    for row in stories.to_pylist():
        assert row["is_canonical"] == (row["article_id"] == row["canonical_id"])
        assert row["story_id"] == f"story-{row['canonical_id']}"


MAKERS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["same", "edit", "part", "longer", "mix"]), st.integers(0, 3)), min_size=2, max_size=14
)


def made(plan: list[tuple[int, str, int]]) -> dict[str, list[str]]:
    texts = {}
    for number, (source, how, seed) in enumerate(plan):
        text = words(("base", source), 90)
        match how:
            case "edit":
                text = edited(text, 0.05 * (seed + 1), (source, seed))
            case "part":
                text = text[10 * seed : 10 * seed + 50]
            case "longer":
                text = [*words(("front", seed), 15 * seed), *text]
            case "mix":
                text = [*text[:60], *words(("base", seed), 90)[:60]]
        texts[f"{number:02d}"] = text
    return texts


@given(MAKERS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_and_shards_change_no_byte(plan: list[tuple[int, str, int]], chance: object) -> None:
    tonight = signed(articles(made(plan)))
    wanted = night(tonight)
    order = list(range(len(tonight)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    cut = len(order) // 2
    parts = [tonight.take(pa.array(part, pa.int64())) for part in (order[:cut], order[cut:])]
    found = night(pa.concat_tables(parts, promote_options="permissive"))
    for have, want, spec in zip(found, wanted, (COPIES, STORIES, SIGNATURES), strict=True):
        assert have.schema.equals(spec.schema)
        assert have.to_pylist() == want.to_pylist()


@given(MAKERS)
@settings(max_examples=30, deadline=None)
def test_an_unrelated_article_changes_no_other_row(plan: list[tuple[int, str, int]]) -> None:
    texts = made(plan)
    alone, beside = run(texts), run({**texts, "zz": words("unrelated", 150)})
    for before, after in zip(alone, beside, strict=True):
        assert [row for row in after.to_pylist() if row["article_id"] != "zz"] == before.to_pylist()


@given(MAKERS)
@settings(max_examples=30, deadline=None)
def test_members_are_verified_against_the_canonical_document(plan: list[tuple[int, str, int]]) -> None:
    copies, stories, _ = run(made(plan))
    pairs = relations(copies)
    for member, home in story_of(stories).items():
        assert member == home or (member, home) in pairs


def test_measures_are_those_of_python_sets() -> None:
    texts = {f"{n:02d}": edited(words(n % 3, 100), 0.01 * n, n) for n in range(9)}
    sets = {key: {tuple(text[i : i + 5]) for i in range(len(text) - 4)} for key, text in texts.items()}
    copies = run(texts)[0].to_pylist()
    assert len(copies) >= 3
    for row in copies:
        mine, theirs = sets[row["article_id"]], sets[row["other_id"]]
        assert row["jaccard"] == pytest.approx(len(mine & theirs) / len(mine | theirs))
        assert row["containment"] == pytest.approx(len(mine & theirs) / len(mine))


@pytest.mark.parametrize("sample", [4, 8, 16])
def test_texts_meet_as_often_as_the_formula_says(sample: int) -> None:
    from tasks.config import CopySettings
    from tasks.dedup.propose import propose
    from tasks.dedup.window import look

    count, shared = 400, 40
    texts: dict[str, list[str]] = {}
    for n in range(count):
        part = words(("shared", n), shared + 4)
        texts[f"{n:03d}a"], texts[f"{n:03d}b"] = [*part, *words(("x", n), 100)], [*part, *words(("y", n), 100)]
    window = look(signed(articles(texts)), SIGNATURES.empty(), dt.date.min)
    met = len(propose(window, CopySettings(sample=sample)).later)
    rate = max(1 / sample, 16 / 140)
    needed = max(1, 0.25 * 140 * rate - 1)
    from math import comb

    chance = sum(comb(shared, k) * rate**k * (1 - rate) ** (shared - k) for k in range(int(np.ceil(needed)), shared + 1))
    assert met / count == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / count) + 0.005)


def test_batches_change_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {f"{n:02d}": edited(words(n % 5, 120), 0.04 * (n // 5), n) for n in range(25)} | {"é": [*A, "é—中"], "": []}
    wanted = run(texts)
    small = {"compared.BLOCK": 700, "propose._BLOCK": 100, "compare._SHINGLES": 500, "compare._PAIRS": 3}
    for place, number in small.items():
        monkeypatch.setattr(f"tasks.dedup.{place}", number)
    found = run(texts)
    assert len(found[0]) > 10
    for have, want in zip(found, wanted, strict=True):
        assert have.equals(want)
