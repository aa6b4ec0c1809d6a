from tasks.ingest import paragraphs, repeats

LEDE = "The harbour of Eastmouth will stay closed until the storm has passed, the port authority said on Monday."
SECOND = "Three ferries were turned back overnight and about nine hundred passengers slept in a school."
QUOTE = '"We will open the gates when the wind drops below sixty knots," harbour master Ida Lund said.'


def marked(*blocks: tuple[str, str]) -> list[tuple[str, str, int | None]]:
    text, spans = paragraphs.join(blocks)
    return [(p.kind, text[p.start : p.end], p.copy_of) for p in repeats.mark(text, spans)]


def test_teaser_is_a_copy_of_the_body() -> None:
    found = marked(("teaser", LEDE), ("dateline", "EASTMOUTH (Coast News) -"), ("body", LEDE), ("body", QUOTE))
    assert [copy for _, _, copy in found] == [2, None, None, None]


def test_glued_teaser_is_cut_at_its_seam() -> None:
    found = marked(("teaser", f"{LEDE} {QUOTE}"), ("body", LEDE), ("body", SECOND), ("body", QUOTE))
    assert found[:2] == [("teaser", LEDE, 2), ("teaser", QUOTE, 4)]
    assert [copy for _, _, copy in found[2:]] == [None, None, None]


def test_a_short_line_may_stand_twice() -> None:
    assert [copy for _, _, copy in marked(("body", "He said no."), ("body", SECOND), ("body", "He said no."))] == [None] * 3
