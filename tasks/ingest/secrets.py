"""Secrets of a source: `${NAME}` in its address or headers stands for an environment variable, and is filled in on the wire alone.

Everywhere else, in manifests, keys, rows, logs and messages, the placeholder stands. What a host sends back with a secret in it (a
redirect, a feed's own link) has the placeholder in its place.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

from tasks.config import Source

PLACEHOLDER = re.compile(r"\$\{([A-Z][A-Z0-9_]{0,63})\}")
SHORTEST = 8
"""Characters of a secret: shorter ones could not be told from other text."""
_TELLING = re.compile(r"authorization|cookie|token|secret|password|passwd|api-?_?key|access-?_?key", re.IGNORECASE)


@dataclass(frozen=True)
class Secrets:
    """The secrets of one source, and where they may go.

    Attributes:
        values: name -> value, of the placeholders in the source's declaration alone.
        origin: scheme and host of the source's address: the only place that is sent a secret.
        headers: of requests to that place, with placeholders.
    """

    values: Mapping[str, str]
    origin: tuple[str, str]
    headers: Mapping[str, str]

    @classmethod
    def of(cls, source: Source, environment: Mapping[str, str]) -> Secrets:
        """The secrets of a source."""
        parts = urlsplit(source.url)
        values = {name: environment[name] for name in _names(source) if environment.get(name)}
        return cls(values, (parts.scheme, parts.netloc), source.headers)

    def address(self, url: str) -> str:
        """The address as it goes onto the wire."""
        return self._filled(url, quoted=True) if self._is_ours(url) else url

    def sent(self, url: str) -> dict[str, str]:
        """The source's own headers for a request, as they go onto the wire; none for another host."""
        return {name: self._filled(value, quoted=False) for name, value in self.headers.items()} if self._is_ours(url) else {}

    def _is_ours(self, url: str) -> bool:
        parts = urlsplit(url)
        return (parts.scheme, parts.netloc) == self.origin

    def _filled(self, text: str, *, quoted: bool) -> str:
        def fill(found: re.Match[str]) -> str:
            value = self.values.get(found[1])
            return found[0] if value is None else quote(value, safe="") if quoted else value

        return PLACEHOLDER.sub(fill, text)

    def masked(self, text: str) -> str:
        """The text with placeholders where secrets stood: as they are, percent-encoded, or escaped for HTML or JSON."""
        for name, value in self.values.items():
            for form in _forms(value):
                text = text.replace(form, f"${{{name}}}")
        return text

    def masked_bytes(self, body: bytes) -> bytes:
        """The same for an answer's body."""
        for name, value in self.values.items():
            for form in _forms(value):
                body = body.replace(form.encode(), f"${{{name}}}".encode())
        return body


def _forms(value: str) -> tuple[str, ...]:
    return value, quote(value, safe=""), quote(value), html.escape(value), html.escape(value, quote=False), json.dumps(value)[1:-1]


NOTHING = Secrets({}, ("", ""), {})


def _names(source: Source) -> list[str]:
    return sorted({name for text in (source.url, *source.headers.values()) for name in PLACEHOLDER.findall(text)})


def check(source: Source, number: int, environment: Mapping[str, str]) -> list[str]:
    """Faults of a source's secrets that are seen before a night: one that is not set, or one that stands in the file itself."""
    where, faults = f"sources[{number}]", []
    for name in _names(source):
        if len(environment.get(name, "")) < SHORTEST:
            have = "is too short" if environment.get(name) else "is not set"
            faults.append(f"{where}: the environment variable {name} {have}; want {SHORTEST} characters or more")
    parts = urlsplit(source.url)
    if PLACEHOLDER.search(parts.netloc):
        faults.append(f"{where}.url: a placeholder in the host; put the secret into a header or the query")
    open_ = [name for name, value in source.headers.items() if _TELLING.search(name) and not PLACEHOLDER.search(value)]
    open_ += [name for name, value in parse_qsl(parts.query) if _TELLING.search(name) and not PLACEHOLDER.search(value)]
    open_ += ["user and password"] if "@" in parts.netloc else []
    for name in open_:
        faults.append(
            f"{where}: {name} holds a secret in plain text, which would stand in every manifest; "
            "put it into the environment and write ${NAME} in its place (docs/sources.md)"
        )
    return faults
