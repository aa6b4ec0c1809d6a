"""The optional pass over sentence embeddings, with the real encoder."""

from __future__ import annotations

import pyarrow as pa

from tasks.config import CopySettings
from tasks.dedup import SIGN
from tasks.dedup.sign import sign_settings
from tests.dedup.texts import articles, night, relations, signed, story_of

COUNCIL = """The city council voted on Tuesday to close the old harbour bridge for two years. Engineers had found deep cracks in three
of its pillars last month. About nine thousand cars cross the bridge on an ordinary working day. Drivers will have to take the
tunnel in the east until the repairs are done. The mayor promised that buses would run every five minutes during that time.
Shopkeepers on the northern bank fear that they will lose most of their customers."""
REWORDED = """On Tuesday councillors decided that the harbour's ageing bridge will be shut for the next two years. Last month inspectors
discovered serious cracks in three pillars of the structure. On a normal weekday some 9,000 vehicles use the crossing. Until the
repair work is finished, motorists must use the eastern tunnel instead. Buses are to go every five minutes in the meantime, the
mayor pledged. Shop owners on the north bank worry that most customers will stay away."""
SAME_SUBJECT = """The harbour bridge was opened by the king in the summer of 1931. It was then the longest steel bridge in the whole
country. Painters needed eleven months to give it its famous green colour. During the war soldiers guarded both of its towers by
night. A film about the men who built it won several prizes abroad. Its lamps are switched off once a year in memory of the
workers who died."""
COOKING = """Peel the potatoes and cut them into slices as thin as a coin. Heat the butter in a heavy pan until it begins to foam.
Add the onions and let them become soft without taking colour. Layer the potatoes with cream, salt and a little nutmeg. Bake the dish
for one hour in the middle of a hot oven. Let it rest for ten minutes before you bring it to the table."""
TEXTS = {"a": COUNCIL, "b": REWORDED, "c": SAME_SUBJECT, "d": COOKING}


def run(texts: dict[str, str]) -> tuple[pa.Table, pa.Table, pa.Table]:
    return night(signed(articles(texts), embedding=True), embedding=True)


def test_a_paraphrase_is_on_record_by_its_sentences_and_joins_no_story() -> None:
    copies, stories, _ = run(TEXTS)
    assert relations(copies) == {("b", "a"): "reuse"}
    assert story_of(stories) == {name: name for name in TEXTS}
    row = copies.to_pylist()[0]
    assert row["method"] == "embedding"
    assert row["decided"].startswith("sentences with a counterpart ")
    assert row["jaccard"] < 0.05


def test_a_copy_stays_what_its_words_say_and_order_changes_nothing() -> None:
    texts = {**TEXTS, "e": COUNCIL.replace("Tuesday", "Monday"), "f": "", "g": "Too short."}
    copies, stories, signatures = run(texts)
    assert relations(copies) == {("b", "a"): "reuse", ("e", "a"): "near", ("b", "e"): "reuse"}
    assert {row["method"] for row in copies.to_pylist() if row["relation"] == "near"} == {"fingerprints"}
    again = run(dict(reversed(texts.items())))
    assert all(have.equals(want) for have, want in zip(again, (copies, stories, signatures), strict=True))


def test_the_encoder_is_part_of_the_key_only_where_it_is_used() -> None:
    on, off = sign_settings(CopySettings(embedding=True)), sign_settings(CopySettings())
    assert set(SIGN.models(on)) == {"encoder"}
    assert SIGN.models(off) == {}
    assert off.encoder is None
