"""The language of a text, with py3langid (97 languages, no download)."""

from __future__ import annotations

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SHORTEST = 20
"""Letters under which no guess is made."""
ENOUGH = 1000
"""Characters that are looked at: more do not change the answer."""


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect(text: str) -> tuple[str, float]:
    """BCP-47 language and confidence (0..1); (`und`, 0.0) for too little text."""
    head = text[:ENOUGH]
    if sum(c.isalpha() for c in head) < SHORTEST:
        return "und", 0.0
    language, confidence = _identifier().classify(head)
    return str(language), float(confidence)
