"""Words: datelines, dates, encodings, paragraphs, signs. The texts are ours."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import RejectDocument
from tasks.ingest import datelines, dates, encoding, feeds, fragments, infer, metadata, paragraphs, plain, repeats, signs

DATELINES = [
    ("EASTMOUTH (Coast News) - The", "EASTMOUTH", "Coast News", None),
    ("NAIROBI, Kenya (AP) _ The", "NAIROBI, Kenya", "AP", None),
    ("LONDON (Reuters) — The", "LONDON", "Reuters", None),
    ("WASHINGTON, March 3 - The", "WASHINGTON", None, "March 3"),
    ("ST. JOHN'S, N.B., Feb 26 - The", "ST. JOHN'S, N.B.", None, "Feb 26"),
    ("LONDON/PARIS, May 3 (Reuters) - The", "LONDON/PARIS", "Reuters", "May 3"),
    ("OSLO and BERGEN (NTB) — The", "OSLO and BERGEN", "NTB", None),
    ("MOSCOW, May 30. /TASS/. The", "MOSCOW", "TASS", "May 30."),
    ("(Reuters) - The", None, "Reuters", None),
    ("Berlin (dpa/AFP) – Die", "Berlin", "dpa/AFP", None),
    ("PARIS, 3 mars (AFP) - Le", "PARIS", "AFP", "3 mars"),
    ("МОСКВА, 30 мая (Рейтер) - Паром", "МОСКВА", "Рейтер", "30 мая"),
    ("EASTMOUTH — The", "EASTMOUTH", None, None),
    ("ROME, March 13, Reuter - The", "ROME", "Reuter", "March 13"),
    ("THE HAGUE, March 2 - The", "THE HAGUE", None, "March 2"),
]
NO_DATELINES = [
    "The harbour - long closed - opened again.",
    "NATO - the alliance - met.",
    "IBM - the company.",
    "Apple (AAPL) - The maker",
    "UPDATE — The storm has passed",
    "In London, March 3 - the day",
    "He said no - and left.",
    "SMITH--John, 98, of Eastmouth",
    "Section 4 - Rules",
    "A — b",
    "",
    "-",
    "NEW: the ferry",
]


@pytest.mark.parametrize(("text", "place", "agency", "date"), DATELINES)
def test_dateline(text: str, place: str | None, agency: str | None, date: str | None) -> None:
    found = datelines.find(text)
    assert found is not None
    assert (found.place, found.agency, found.date) == (place, agency, date)
    assert text[found.end :] in ("The", "Die", "Le", "Паром")


@pytest.mark.parametrize("text", NO_DATELINES)
def test_no_dateline(text: str) -> None:
    assert datelines.find(text) is None


@given(st.text(max_size=200))
def test_dateline_ends_inside_its_text(text: str) -> None:
    found = datelines.find(text)
    assert found is None or 0 < found.end <= min(len(text), datelines.LONGEST)


ZONE = "Europe/Berlin"


@pytest.mark.parametrize(
    ("raw", "at", "precision"),
    [
        ("2026-11-20T10:11:12Z", "2026-11-20T10:11:12+00:00", "second"),
        ("2026-11-20T10:11:12.345+02:00", "2026-11-20T08:11:12.345000+00:00", "second"),
        ("2026-11-20T10:11+0100", "2026-11-20T09:11:00+00:00", "minute"),
        ("Fri, 20 Nov 2026 10:11:12 GMT", "2026-11-20T10:11:12+00:00", "second"),
        ("Fri, 20 Nov 2026 10:11:12 EST", "2026-11-20T15:11:12+00:00", "second"),
        ("2026-11-20", "2026-11-19T23:00:00+00:00", "day"),
        ("November 20, 2026", "2026-11-19T23:00:00+00:00", "day"),
        ("2026-11-20 10:11", "2026-11-20T09:11:00+00:00", "minute"),
        ("1763634672", "2025-11-20T10:31:12+00:00", "second"),
        ("1763634672000", "2025-11-20T10:31:12+00:00", "second"),
        ("3:04 PM, November 20, 2026", "2026-11-20T14:04:00+00:00", "minute"),
    ],
)
def test_date(raw: str, at: str, precision: str) -> None:
    found = dates.parse(raw, ZONE)
    assert found is not None
    assert (found[0].isoformat(), found[1]) == (at, precision)


@pytest.mark.parametrize(
    "raw", ["", "today", "Friday", "November 20", "2026", "0001-01-01", "99999999999999999999", "a" * 500, "20:15", "-"]
)
def test_no_date(raw: str) -> None:
    assert dates.parse(raw, ZONE) is None


@given(st.text(max_size=90))
def test_any_string_is_a_date_or_none(raw: str) -> None:
    found = dates.parse(raw, "America/New_York")
    assert found is None or found[0].tzinfo is dt.UTC


def test_day_inferred_from_weekdays_and_a_date_without_a_year() -> None:
    ahead = "The mayor of Eastmouth hopes for an answer, she said on Thursday. The council will meet on Tuesday, September 8, to vote."
    assert infer.day(ahead, dt.date(2026, 11, 1)) == (dt.date(2026, 9, 3), "Thursday, September 8")
    behind = "The wall has cracks, an engineer said on Thursday. It was finished on Tuesday, September 8, after two years."
    assert infer.day(behind, dt.date(2026, 11, 1)) == (dt.date(2026, 9, 10), "Thursday, September 8")
    assert infer.day("Nothing is said of days here, not even on June 2.", dt.date(2026, 11, 1)) is None
    assert infer.day("She said on Friday that June 2 was fine.", dt.date(2026, 11, 1)) is None


def test_inferred_day_is_never_after_the_fetch() -> None:
    text = "It opens soon, she said on Thursday. The council will meet on Tuesday, September 8."
    assert infer.day(text, dt.date(2026, 9, 2)) != (dt.date(2026, 9, 3), "Thursday, September 8")


def test_datelines_date_gets_its_year() -> None:
    assert infer.day_before("March 3", dt.date(2026, 11, 1)) == dt.date(2026, 3, 3)
    assert infer.day_before("Dec. 24", dt.date(2026, 1, 2)) == dt.date(2025, 12, 24)
    assert infer.day_before("3 May 2019", dt.date(2026, 1, 2)) == dt.date(2019, 5, 3)
    assert infer.day_before("31 Feb", dt.date(2026, 1, 2)) is None


LONG = "The ferry left Eastmouth at dawn with nine hundred people on board, and it did not come back that day."
ENCODED = [
    ("Über die Brücke nach Ostmünde", "utf-8"),
    ("Über die Brücke nach Ostmünde", "utf-8-sig"),
    ("Über die Brücke nach Ostmünde, sagte sie. Größe und Maß der Fähre überraschten.", "cp1252"),
    ("Паром ушёл из порта рано утром, сказал начальник порта.", "koi8-r"),
    ("Паром ушёл из порта рано утром, сказал начальник порта.", "cp1251"),
    ("フェリーは夜明けに港を出ました。乗客は九百人でした。", "shift_jis"),
    ("フェリーは夜明けに港を出ました。乗客は九百人でした。", "iso2022_jp"),
    ("渡轮在黎明离开港口,船上有九百名乘客。市长说明天继续。", "gb18030"),
    ("The ferry left at dawn.", "utf-16"),
    ("The ferry left at dawn.", "utf-32"),
    ("The ferry left at dawn with nine hundred passengers.", "utf-16-le"),
    ("The ferry left at dawn.", "ascii"),
]


@pytest.mark.parametrize(("text", "name"), ENCODED)
def test_encoding_is_detected(text: str, name: str) -> None:
    assert encoding.decode(text.encode(name)) == text


def test_declarations_count_but_utf8_is_utf8() -> None:
    text = "<html><head><meta charset='{}'></head>Brücke</html>"
    assert "Brücke" in encoding.decode(text.format("iso-8859-1").encode("utf-8"), "iso-8859-1")
    assert "Brücke" in encoding.decode(text.format("iso-8859-2").encode("iso-8859-2"))
    assert "Brücke" in encoding.decode("Brücke".encode("cp1252"), "iso-8859-1")
    assert encoding.decode("“quoted”".encode("cp1252"), "latin-1") == "“quoted”"
    assert encoding.decode(b"plain", "no-such-charset") == "plain"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"abc\0def" * 10, "binary"),
        ("Größe der Brücke über den Fluss. ".encode() * 20 + b"\xff\xfe\xc3(", "bad_encoding"),
    ],
)
def test_bytes_that_are_no_text(raw: bytes, reason: str) -> None:
    with pytest.raises(RejectDocument) as caught:
        encoding.decode(raw)
    assert caught.value.reason == reason


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_a_reject(raw: bytes) -> None:
    assert _decoded(raw) in ("text", "empty", "binary", "bad_encoding")


def _decoded(raw: bytes) -> str:
    try:
        return "NUL" if "\0" in encoding.decode(raw) else "text"
    except RejectDocument as fault:
        return fault.reason


@given(st.text(max_size=400))
def test_spans_are_their_paragraphs(text: str) -> None:
    lines = paragraphs.split(text)
    whole, spans = paragraphs.join(plain.label(lines))
    assert [whole[s.start : s.end] for s in spans] == lines
    assert all("\n" not in line and line == line.strip() for line in lines)
    for before, after in pairwise(spans):
        assert before.end + 1 == after.start


SENTENCES = st.lists(
    st.sampled_from(
        [
            "The ferry left Eastmouth at dawn with nine hundred people.",
            '"We are closed today," the harbour master of the port said.',
            "No.",
            "…",
            "Ünïcödé ﬁgures ½ of the harbour town in autumn light",
        ]
    ),
    max_size=4,
)


@given(st.lists(st.tuples(st.sampled_from(["teaser", "body", "dateline"]), SENTENCES.map(" ".join)), max_size=7))
def test_repeats_cut_spans_and_nothing_else(blocks: list[tuple[str, str]]) -> None:
    text, spans = paragraphs.join(blocks)
    marked = repeats.mark(text, spans)
    assert "".join(text[m.start : m.end] for m in marked).replace(" ", "") == "".join(text[s.start : s.end] for s in spans).replace(
        " ", ""
    )
    for number, span in enumerate(marked):
        if span.copy_of is not None:
            assert span.copy_of != number
            assert marked[span.copy_of].copy_of is None


def test_wrapped_text_is_joined_by_blank_lines() -> None:
    wrapped = (
        "The harbour of Eastmouth will stay closed until\nthe storm has passed, the authority said today.\n\n"
        "Three ferries were turned back over night and\nnine hundred passengers slept in a school.\n"
    )
    assert len(paragraphs.split(wrapped)) == 2
    assert len(paragraphs.split("One.\nTwo.\n\nThree.")) == 3


def test_titles_and_boilerplate_are_labelled() -> None:
    lines = ["Harbour Stays Closed", "The ferry stays.", "Read more: Storm", "Read more books, she said.", "ADVERTISEMENT", "Tags"]
    kinds = [kind for kind, _ in plain.without_title(plain.label(lines), ["Harbour stays closed!", ""])]
    assert kinds == ["title", "body", "boilerplate", "body", "boilerplate", "boilerplate"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Stand: 02.03.2026, 09:30 Uhr", "boilerplate"),
        ("Aktualisiert am 2. März 2026 um 9.30 Uhr", "boilerplate"),
        ("Last updated 3 May 2026 at 10:15 a.m.", "boilerplate"),
        ("Published 20:15 GMT", "boilerplate"),
        ("Publié le 3 mars 2026 à 10h15", "boilerplate"),
        ("Published in 2019, her book won prizes.", "body"),
        ("Stand 14 of the market burned down.", "body"),
        ("Updated rules for the port were signed at noon on 3 May 2026 by the mayor and by the council of Eastmouth", "body"),
        ("Standing at 10:15 in the rain", "body"),
    ],
)
def test_a_line_that_only_says_when_the_page_was_written_is_the_sites_own(line: str, kind: str) -> None:
    assert plain.without_title([("body", LONG), ("body", line)], []) == [("body", LONG), (kind, line)]


def test_signs() -> None:
    assert signs.flags("К", "\u041aiev falls silent") == ["confusable"]
    assert signs.flags("a\u202eb", "ab") == ["confusable"]
    assert signs.flags("a\U000e0041\U000e0042", "ab") == ["confusable"]
    assert signs.flags("", "\U0001d40a\U0001d422\U0001d41e\U0001d42f falls silent") == ["confusable"]
    assert signs.flags("", "\u0548slo falls silent") == ["confusable"]
    scotland = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
    assert signs.flags(f"{scotland} {scotland}", "the set \U0001d4dd") == []
    assert signs.flags("", "FÃ¼r die BrÃ¼cke") == ["mojibake"]
    assert signs.flags("Київ and Kyiv", "Київ and Kyiv, Größe, Ã only") == []


def test_fragments_keep_blocks_and_drop_scripts() -> None:
    html = "<p>One <b>bold</b>\nword.</p><script>alert(1)</script><ul><li>Two</li><li>Three</li></ul>Four<br>Five<style>x{}</style>"
    assert fragments.lines(html) == ["One bold word.", "Two", "Three", "Four", "Five"]
    assert fragments.has_mark_up("AT&amp;T")
    assert not fragments.has_mark_up("a < b and c > d")


ADVERSARIAL = [
    "A " * 500_000,
    "A, " * 330_000,
    "(A" * 500_000,
    "<a" * 500_000,
    "<" * 1_000_000,
    "&a" * 500_000,
    "Ã" * 1_000_000,
    "\n \n" * 330_000,
]
ADVERSARIAL += [
    " " * 1_000_000,
    "AB.-'" * 200_000,
    "<meta " * 160_000,
    "<!" * 500_000,
    "Monday June 2 " * 70_000,
    "<?xml " * 160_000,
    "12:" * 330_000,
]
FUNCTIONS: list[Callable[[str], object]] = [
    datelines.find,
    lambda t: dates.parse(t, "UTC"),
    lambda t: infer.day(t, dt.date(2026, 1, 1)),
    lambda t: infer.day_before(t[:200], dt.date(2026, 1, 1)),
    paragraphs.split,
    paragraphs.clean,
    fragments.has_mark_up,
    lambda t: signs.flags(t, t),
    lambda t: encoding._META.search(t.encode()[:4096]),
    lambda t: feeds._FORBIDDEN.search(feeds._ENTITY.sub("", t)),
    lambda t: metadata._URL_DAY.search(t[:2048]),
    plain.read,
    lambda t: plain.without_title([("body", t), ("body", t[:160])], [t]),
]


@pytest.mark.parametrize("text", ADVERSARIAL, ids=lambda text: repr(text[:6]))
def test_patterns_are_linear_on_a_megabyte(text: str) -> None:
    for function in FUNCTIONS:
        began = time.process_time()
        function(text)
        assert time.process_time() - began < 1.5


def test_repeats_are_linear_on_many_paragraphs() -> None:
    blocks = [("body", f"The ferry number {n % 50} left the harbour of Eastmouth at dawn again.") for n in range(10_000)]
    blocks += [("body", " ".join(block for _, block in blocks[:50]))]
    began = time.process_time()
    marked = repeats.mark(*paragraphs.join(blocks))
    assert time.process_time() - began < 3
    assert len({m.copy_of for m in marked if m.copy_of is not None}) == 50
