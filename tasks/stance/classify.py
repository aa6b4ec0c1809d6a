"""One way to ask any model where a holder stands: ours with holder and target marked, or an NLI model with statements as hypotheses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tasks.config import ModelSpec, StanceSettings, Target
from tasks.errors import Unusable
from tasks.models import Output, load_pair, verify
from tasks.stance.calibrate import Calibration, read_calibration
from tasks.stance.inputs import AUTHOR, question
from tasks.stance.questions import Question
from tasks.tables import CLASSES

Floats = NDArray[np.float64]


class Classifier(Protocol):
    """What answers questions."""

    @property
    def name(self) -> str:
        """What the column `model` says."""

    def ask(self, questions: Sequence[tuple[str, Question]]) -> Output[Floats]:
        """Questions on article texts -> n x 4 probabilities over CLASSES, in the same order."""


def classifier(spec: ModelSpec) -> Classifier:
    """The classifier of a model, by the labels that it has.

    Raises:
        Unusable: the model can't be used, or its labels are neither CLASSES nor those of an NLI model.
    """
    pair = load_pair(spec)
    labels = tuple(label.lower() for label in pair.labels)
    if "entailment" in labels:
        return Entailment(spec, pair, labels)
    if missing := set(CLASSES) - set(labels):
        raise Unusable(
            f"model {spec.name!r} has the labels {', '.join(labels)}; a stance model wants {', '.join(CLASSES)} "
            f"(missing: {', '.join(sorted(missing))}) or those of an NLI model, entailment among them"
        )
    return Marked(spec, pair, labels, read_calibration(verify(spec).path))


def of_segments(model: Classifier) -> Callable[[Sequence[tuple[str, str]]], Floats]:
    """The classifier asked by the two segments that `tasks.stance.inputs.question` builds, as evaluations ask.

    The segments are taken apart again, so that an NLI model is asked its hypotheses about the bare text.
    """
    return lambda pairs: model.ask([_unmarked(*pair) for pair in pairs]).values


def _unmarked(described: str, marked: str) -> tuple[str, Question]:
    holder, _, name = f" {described}".rpartition(" toward ")
    text = " ".join(marked.translate(_MARKS).split())
    whole, mention = (0, len(text)), "explicit" if "«" in marked else "not_mentioned"
    target = Target(id="asked", name=name or "it")
    return text, Question(target, "quoted_speaker", "", holder.strip() or None, (), mention, whole, whole, (), ())


_MARKS = str.maketrans("«»†", "   ")


def threshold(settings: StanceSettings) -> float:
    """The calibrated probability below which a stance is `unclear`: the configuration's, else the model's own."""
    if settings.unclear_below is not None:
        return settings.unclear_below
    return read_calibration(verify(settings.model).path).unclear_below


@dataclass(frozen=True)
class Marked:
    """Our own model: (holder toward target, text with both marked)."""

    spec: ModelSpec
    pair: Any
    labels: tuple[str, ...]
    calibration: Calibration

    @property
    def name(self) -> str:
        """The model's name in the configuration."""
        return self.spec.name

    def ask(self, questions: Sequence[tuple[str, Question]]) -> Output[Floats]:
        """Questions on article texts -> n x 4 calibrated probabilities over CLASSES."""
        answers = self.pair.classify([_segments(text, asked) for text, asked in questions])
        order = [self.labels.index(name) for name in CLASSES]
        values = self.calibration.apply(np.asarray(answers.values, dtype=np.float64)[:, order])
        return Output(values, answers.truncated, answers.failed)


def _segments(text: str, asked: Question) -> tuple[str, str]:
    start, end = asked.context
    inside = [[(a - start, b - start) for a, b in spans] for spans in (asked.holder_spans, asked.target_spans)]
    return question(asked.holder, asked.target.name, text[start:end], inside[0], inside[1])


@dataclass(frozen=True)
class Entailment:
    """An NLI model: how far do the words entail that the holder is for, or against, the target?"""

    spec: ModelSpec
    pair: Any
    labels: tuple[str, ...]

    @property
    def name(self) -> str:
        """The model's name in the configuration."""
        return self.spec.name

    def ask(self, questions: Sequence[tuple[str, Question]]) -> Output[Floats]:
        """Questions on article texts -> n x 4 probabilities over CLASSES.

        Each question is two hypotheses. What neither explains goes to `neutral` where the target is named in the words, else to `none`.
        """
        pairs = [pair for text, asked in questions for pair in _hypotheses(text, asked)]
        answers = self.pair.classify(pairs)
        entailed = np.asarray(answers.values, dtype=np.float64)[:, self.labels.index("entailment")].reshape(-1, 2)
        spare = np.prod(1 - entailed, axis=1)
        values = np.zeros((len(questions), len(CLASSES)))
        values[:, :2] = entailed * (1 - entailed[:, ::-1])  # one side and not the other
        named = np.array([asked.mention == "explicit" for _, asked in questions])
        values[named, 2], values[~named, 3] = spare[named], spare[~named]
        values /= np.maximum(values.sum(axis=1, keepdims=True), 1e-9)
        truncated = frozenset(number // 2 for number in answers.truncated)
        return Output(values, truncated, {number // 2: fault for number, fault in answers.failed.items()})


def _hypotheses(text: str, asked: Question) -> list[tuple[str, str]]:
    start, end = asked.context
    holder = "The author" if asked.holder in (AUTHOR, None) else asked.holder
    favor = asked.target.favor or f"{holder} supports {asked.target.name}."
    against = asked.target.against or f"{holder} opposes {asked.target.name}."
    return [(text[start:end], favor), (text[start:end], against)]
