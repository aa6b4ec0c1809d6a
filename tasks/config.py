"""The configuration: frozen, closed, and every fault told at once with the path of its key.

A file is TOML. Relative paths in it are taken from the file's own folder. Each stage reads its own section and nothing else, so that a
change of one setting recomputes one stage.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from tasks.errors import ConfigError

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""Ids become parts of rows and names of files, hence the narrow alphabet."""
Share = Annotated[float, Field(ge=0, le=1)]
Strings = Annotated[tuple[str, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)]


class Settings(BaseModel):
    """A frozen section; unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class ModelSpec(Settings):
    """A model, named so exactly that it can't be another one tomorrow.

    Attributes:
        kind: what it does.
        name: `embedded:minilm` (the PyPI package), `shipped:stance` (a folder of `models/`), `folder:/path`, or a hub's `owner/name`.
        revision: a hub's commit, 40 hex digits; only for hub names.
        digest: sha256 over the folder's files (`nightwire models verify` prints it); empty where a lock file or the package says it.
        dtype, engine: how it is run; `auto` is what was measured to be fastest among those that agree (docs/models.md).
        max_tokens: longest input in tokens; 0 is the model's own limit.
    """

    kind: Literal["encoder", "pair", "token", "seq2seq", "instruct"]
    name: str = Field(min_length=1)
    revision: str = Field(default="", pattern=r"^([0-9a-f]{40})?$")
    digest: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    dtype: Literal["auto", "float32", "bfloat16", "int8"] = "auto"
    engine: Literal["auto", "torch", "onnx-int8", "openvino"] = "auto"
    max_tokens: int = Field(default=0, ge=0)


_zones = functools.cache(available_timezones)  # 50 ms: it looks through the system's folders


class NightSettings(Settings):
    """The night as a whole.

    Attributes:
        timezone: IANA zone in which a date is a night: [00:00, 24:00) local time, half-open.
        root: folder of store and published data, from the config file's folder.
        published: `s3://bucket/prefix` where readers read from an object store (docs/published.md); empty: the folder `published`.
        shards: into how many parts a night's articles are split by the first hex digits of their id.
        workers: shards at work at once.
        reject_limit: share of documents that a stage may set aside before the night fails.
        step_seconds, document_seconds: of work that a step may take on a shard, and on each of its documents on top; then the document
            that takes it is looked for and set aside.
        memory_gb: that a night may hold, and each process in which such a document is looked for; 0 is three quarters of the machine's.
        log: how a run tells what it does: `lines` for a person, `json` for a machine (an object a line).
        cron: when the nightly run starts, in `timezone` (keep out of 01:00-03:30, where clocks change).
    """

    timezone: str = "UTC"
    root: str = "../data"
    published: str = Field(default="", pattern=r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._=-]+)*/?)?$")
    shards: int = Field(default=16, ge=1, le=256)
    workers: int = Field(default=2, ge=1, le=64)
    reject_limit: Share = 0.2
    step_seconds: float = Field(default=60.0, gt=0)
    document_seconds: float = Field(default=2.0, ge=0)
    memory_gb: float = Field(default=0.0, ge=0)
    log: Literal["lines", "json"] = "lines"
    cron: str = "30 4 * * *"
    look_back: int = Field(default=7, ge=0, le=366)
    keep_generations: int = Field(default=7, ge=1)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError(f"unknown time zone {value!r}; want an IANA name such as Europe/Berlin")
        return value


class Limits(Settings):
    """What one document or source may cost."""

    max_document_bytes: int = Field(default=10_000_000, ge=1000)
    max_record_bytes: int = Field(default=10_000_000, ge=1000)
    max_ratio: int = Field(default=100, ge=2)  # decoded to encoded bytes
    max_documents: int = Field(default=1_000_000, ge=1)  # a source
    max_seconds: float = Field(default=900.0, gt=0)  # a source
    document_seconds: float = Field(default=30.0, gt=0)  # to read one page or record; its process is ended then
    min_words: int = Field(default=20, ge=0)  # fewer: flagged too_short
    max_words: int = Field(default=200_000, ge=100)


class Source(Settings):
    """Where documents come from.

    Attributes:
        name: the source's id.
        kind: folder, feed or sitemap.
        path: folder: a path or fsspec URL; `{date}` stands for the night's date.
        url: feed, sitemap: the address.
        outlet: the outlet's id where the documents do not say it.
        select: folder: `all` that is there (with `{date}` in the path), or those `published` within the night.
        columns: for JSONL, CSV, Parquet: article field -> column of the file.
        language: BCP-47 of the source where it is known.
        follow: feed: fetch the article's page `always`, when the entry has only a teaser (`teaser`), or `never`.
        headers: feed, sitemap: sent with each request to the host of `url`; `${NAME}` in them and in `url` is an environment variable.
        hosts: hosts from which pages may be fetched; empty means the host of `url` and its subdomains.
        delay: seconds between two requests to one host.
        contact: goes into the User-Agent.
    """

    name: Identifier
    kind: Literal["folder", "feed", "sitemap"]
    path: str = ""
    url: str = ""
    outlet: str = ""
    select: Literal["all", "published"] = "all"
    columns: dict[str, str] = {}
    language: str = ""
    follow: Literal["always", "teaser", "never"] = "teaser"
    headers: dict[str, str] = {}
    hosts: Strings = ()
    delay: float = Field(default=1.0, ge=0)
    contact: str = ""
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _has_a_place(self) -> Source:
        if self.kind == "folder" and not self.path:
            raise ValueError("a folder source needs a path")
        if self.kind != "folder" and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"a {self.kind} source needs an url that starts with http:// or https://")
        return self


class Outlet(Settings):
    """Who publishes.

    Attributes:
        basis: on what the type rests (a law, a register, a study): state-controlled outlets are marked with it in the digest.
    """

    id: Identifier
    name: str
    type: Literal["state_controlled", "public_service", "private", "wire_agency", "party", "unknown"] = "unknown"
    basis: str = ""
    hosts: Strings = ()


class CopySettings(Settings):
    """Copies: docs/copies.md tells what each number does.

    Attributes:
        shingle: words per shingle.
        threshold: Jaccard of the shingle sets from which two texts are near copies.
        edited: share of the words, both ways, that stand in shared shingles from which long texts are near copies as well: changing one
            word takes five shingles away, so an edited copy loses Jaccard much faster than words.
        containment: share of one text's shingles from which it is an excerpt of the other.
        revision: the same for two texts from one address of one outlet, from which the later is a revision.
        min_shingles: a text with fewer different ones is compared exactly and nothing else.
        sample: one shingle in so many is a fingerprint (of short texts more): P(they meet) = 1 - (1 - 1 / sample)^(shared shingles).
        history: how many nights before are compared with.
        reuse: share of one text's words that stand in runs of three words of the other, in several places, from which it is said to
            reuse the other without being a copy; 0 leaves this out, 0.25 is what was measured.
        embedding: whether sentence embeddings propose candidates too, and verify paraphrases.
        encoder: the model for that; a multilingual one proposes translations.
        meaning: share of one text's sentences that have a counterpart in the other from which it is a paraphrase.
    """

    shingle: int = Field(default=5, ge=1, le=20)
    threshold: Share = 0.5
    edited: Share = 0.78
    containment: Share = 0.8
    revision: Share = 0.3
    min_shingles: int = Field(default=10, ge=1)
    sample: int = Field(default=8, ge=1, le=1024)
    history: int = Field(default=7, ge=0, le=366)
    reuse: Share = 0.0
    embedding: bool = False
    encoder: ModelSpec = ModelSpec(kind="encoder", name="embedded:minilm")
    meaning: Share = 0.5


class SummarySettings(Settings):
    """Summaries.

    Attributes:
        model: scores the article's sentences (extractive summaries) and finds what backs a sentence of a generator's.
        sentences, max_words: the longest summary.
        max_sentences: sentences of an article that are read; the rest is left out and the summary flagged `truncated_input`.
        generator: a seq2seq or instruct model that writes abstractive summaries; none means extractive ones.
        prefix: what a seq2seq model wants before the article (T5: `summarize: `).
        part_words: an article with more words is summarised in parts, and their summaries together once more.
        min_support: an abstractive summary with a sentence of less support falls back to the extractive one.
        languages: base languages that the model knows; in others the article's first sentences stand for it, and the status says so.
    """

    model: ModelSpec = ModelSpec(kind="encoder", name="embedded:minilm")
    sentences: int = Field(default=2, ge=1, le=20)
    max_words: int = Field(default=80, ge=10)
    max_sentences: int = Field(default=300, ge=10, le=5000)
    generator: ModelSpec | None = None
    prefix: str = ""
    part_words: int = Field(default=600, ge=50)
    min_support: Share = 0.5
    languages: Strings = ("en", "de", "fr", "es", "it", "nl", "pt", "ru", "uk", "tr")


class QuoteSettings(Settings):
    """Quotes and their speakers.

    Attributes:
        model: what marks sources, cues and contents in English; `model = "rules"` leaves it to rules alone.
        languages: base languages that are read; those other than English get direct quotations only, by rules.
    """

    model: ModelSpec | None = ModelSpec(kind="token", name="shipped:quotes", max_tokens=256)
    languages: Strings = ("en", "de", "fr", "es", "it", "nl", "pt", "ru", "uk", "tr")

    @field_validator("model", mode="before")
    @classmethod
    def _rules_alone(cls, value: Any) -> Any:
        return None if value == "rules" else value


class Target(Settings):
    """What people take sides on.

    Attributes:
        aliases: names that stand for it, in any language; the name itself need not stand here.
        favor, against: statements that somebody who is for (against) it would sign; the hypotheses of NLI models.
    """

    id: Identifier
    name: str = Field(min_length=1)
    type: Literal["entity", "event", "policy", "claim"] = "entity"
    aliases: Strings = ()
    favor: str = ""
    against: str = ""


class StanceSettings(Settings):
    """Stances.

    Attributes:
        model: a model with the labels favor, against, neutral, none, or an NLI model that is asked the targets' statements.
        unclear_below: calibrated probability of the best label below which the row says `unclear`; left out, it is what the model's own
            risk-coverage curve gave (`calibration.json` beside the weights).
        languages: those that the model reads; articles in others get no stances.
        outlet_articles: from how many articles on an outlet's aggregate has a label.
    """

    model: ModelSpec = ModelSpec(kind="pair", name="shipped:stance")
    unclear_below: Share | None = None
    languages: Strings = ("en",)
    outlet_articles: int = Field(default=3, ge=1)


class DigestSettings(Settings):
    """The morning page."""

    title: str = "News digest"
    stories: int = Field(default=10, ge=1, le=100)
    quotes: int = Field(default=12, ge=1, le=200)


class Config(Settings):
    """A whole configuration."""

    name: Identifier
    night: NightSettings = NightSettings()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    outlets: tuple[Outlet, ...] = ()
    copies: CopySettings = CopySettings()
    summaries: SummarySettings = SummarySettings()
    quotes: QuoteSettings = QuoteSettings()
    stances: StanceSettings = StanceSettings()
    targets: tuple[Target, ...] = ()
    digest: DigestSettings = DigestSettings()

    @model_validator(mode="after")
    def _ids_once(self) -> Config:
        for what, ids in (
            ("sources", [s.name for s in self.sources]),
            ("outlets", [o.id for o in self.outlets]),
            ("targets", [t.id for t in self.targets]),
        ):
            twice = [name for name, count in Counter(ids).items() if count > 1]
            if twice:
                raise ValueError(f"{what}: {', '.join(twice)} stands more than once; ids must differ")
        return self

    def digest_hex(self) -> str:
        """sha256 of the configuration as canonical JSON, 64 hex digits."""
        return digest_of(self.model_dump(mode="json"))


def digest_of(value: Any) -> str:
    """sha256 of a JSON value in canonical form (sorted keys, no blanks), 64 hex digits."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def parse(text: str, where: str) -> Config:
    """A configuration of its TOML text.

    Raises:
        ConfigError: no TOML, or any number of faults, all named with their keys.
    """
    try:
        return Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"not TOML: {error}"], where) from error
    except ValidationError as error:
        raise ConfigError([_fault(dict(e)) for e in error.errors()], where) from error


def _fault(error: dict[str, Any]) -> str:
    path = ""
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "unknown key; remove it, or see configs/nightly.toml for the keys there are"
    elif error["type"] == "missing":
        message = "missing; configs/nightly.toml shows it"
    else:
        message += f" (have {error['input']!r:.80})"
    return f"{path or 'config'}: {message}"


def load(path: Path) -> Config:
    """A configuration of a TOML file.

    Raises:
        ConfigError: the file is not there, can't be read, or has faults.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError([f"no such file: {path}; configs/demo.toml is one to begin with"], path.name) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"can't be read: {error}"], path.name) from error
    return parse(text, path.name)


def interval(date: dt.date, zone: str) -> tuple[dt.datetime, dt.datetime]:
    """The half-open interval [start, end) of a night, in UTC: local midnight to local midnight, across clock changes."""
    start = dt.datetime.combine(date, dt.time(), ZoneInfo(zone))
    end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), ZoneInfo(zone))
    return start.astimezone(dt.UTC), end.astimezone(dt.UTC)
