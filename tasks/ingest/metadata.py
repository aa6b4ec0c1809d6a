"""What a page says of itself in its head: JSON-LD (schema.org), Open Graph and other meta elements, `<time>`, `<link>`.

trafilatura reads the same things, but its date search (htmldate) alone costs as much as finding the body; here htmldate is asked
only when the page's own words are silent. Measured in docs/log/ingest.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from lxml import html

from tasks.ingest.paragraphs import clean, squeeze

ARTICLE_TYPES = ("Article", "BlogPosting", "SocialMediaPosting", "LiveBlogPosting", "Report", "TechArticle")
"""schema.org types of an article, each also as the end of another name (NewsArticle, ReportageNewsArticle)."""
LONGEST_SCRIPT = 2_000_000
MOST_NODES = 2000
"""Nodes of a page's JSON-LD that are looked at."""
SHORTEST_TITLE = 12
"""Characters under which a candidate is a section's name, not a headline."""
_CONTROLS = re.compile(r"[\x00-\x1f]")


@dataclass
class Head:
    """What the page says; meta elements under their name or property, the first of each."""

    metas: dict[str, str] = field(default_factory=dict)
    article: Mapping[str, Any] = field(default_factory=dict)
    canonical: str = ""
    title: str = ""
    headings: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)


def read(tree: html.HtmlElement) -> Head:
    """The head's facts; nothing in it is trusted to be well-formed."""
    head = Head()
    for element in tree.iter("meta", "link", "title", "script", "h1", "time"):
        _take(element, head)
    return head


def _take(element: html.HtmlElement, head: Head) -> None:
    match element.tag:
        case "meta":
            name = (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
            if name and (content := (element.get("content") or "").strip()):
                head.metas.setdefault(name, content)
        case "link" if (element.get("rel") or "").lower() == "canonical":
            head.canonical = head.canonical or (element.get("href") or "").strip()
        case "title":
            head.title = head.title or line(element.text_content())
        case "script" if (element.get("type") or "").strip().lower().startswith("application/ld+json") and not head.article:
            head.article = _article(element.text or "")
        case "h1":
            head.headings.append(line(element.text_content()))
        case "time" if element.get("datetime"):
            head.times.append(element.get("datetime").strip())


def line(text: str) -> str:
    """One clean line."""
    return squeeze(clean(text))


def _article(script: str) -> Mapping[str, Any]:
    if len(script) > LONGEST_SCRIPT:
        return {}
    try:
        value = json.loads(_CONTROLS.sub(" ", script).strip().removesuffix(";"))
    except (ValueError, RecursionError):
        return {}
    return next((node for node in _nodes(value) if _is_article(node)), {})


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Objects of a JSON value, the outer before the inner."""
    queue = [value]
    for _ in range(MOST_NODES):
        if not queue:
            return
        node = queue.pop(0)
        if isinstance(node, dict):
            yield node
            queue.extend(v for v in node.values() if isinstance(v, dict | list))
        elif isinstance(node, list):
            queue.extend(node)


def _is_article(node: Mapping[str, Any]) -> bool:
    kinds = node.get("@type")
    return any(isinstance(k, str) and k.endswith(ARTICLE_TYPES) for k in (kinds if isinstance(kinds, list) else [kinds]))


_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "article:published",
    "parsely-pub-date",
    "sailthru.date",
    "publish-date",
    "publishdate",
    "pubdate",
    "cxenseparse:recs:publishtime",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.date",
    "dc.date",
    "article.published",
    "date",
)
"""Meta elements that hold a publication time, the most reliable first (names: htmldate's and newspaper4k's lists)."""
_URL_DAY = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)")
_SEPARATORS = " |-–—:·•*»«｜：/"
_SITE = re.compile(r"\s?[|–—·•*»«｜：]|\s[-:/]|[-:/]\s")


def published(head: Head, url: str) -> list[tuple[str, str]]:
    """(method, string) candidates for the publication time, the most trusted first."""
    found = [("json_ld", line(str(head.article.get(key) or ""))) for key in ("datePublished", "dateCreated")]
    found += [("meta", line(head.metas[name])) for name in _PUBLISHED if name in head.metas]
    found += [("time", line(at)) for at in head.times[:1]]
    if match := _URL_DAY.search(url):
        found.append(("url", "-".join(match.groups())))
    return [(method, raw) for method, raw in found if raw]


def title(head: Head) -> str:
    """The headline of JSON-LD, else `og:title`, `<h1>`, `<title>`, without the site's name at its end."""
    candidates = titles(head)
    return _without_site(candidates, line(head.metas.get("og:site_name", ""))) if candidates else ""


def titles(head: Head) -> list[str]:
    """Every headline that the page gives itself, the most trusted first."""
    said = (head.article.get("headline"), head.metas.get("og:title"), next(iter(head.headings), ""), head.title)
    return [text for text in (line(unescape(unescape(s))) for s in said if isinstance(s, str)) if text]


def _without_site(candidates: list[str], site: str) -> str:
    best = candidates[0]
    shorter = [c for c in candidates[1:] if len(c) > SHORTEST_TITLE and best.startswith(c) and _SITE.match(best[len(c) :])]
    if shorter:
        return min(shorter, key=len)
    if site and best.endswith(site) and len(best) > len(site) + SHORTEST_TITLE and _SITE.match(best[: -len(site)][-2:]):
        return best[: -len(site)].rstrip(_SEPARATORS)
    return best


def body(head: Head) -> str:
    """The article's text as JSON-LD claims it, line feeds between paragraphs where they are kept; "" where it has none."""
    text = head.article.get("articleBody")
    return clean(unescape(text)) if isinstance(text, str) and "<p" not in text else ""


def byline(head: Head) -> str:
    """The authors' names, joined by a comma; "" where the page names none."""
    authors = head.article.get("author")
    names = [_name(author) for author in (authors if isinstance(authors, list) else [authors])]
    names = [name for name in names if name] or [line(unescape(head.metas.get("author", "")))]
    return ", ".join(dict.fromkeys(name for name in names if name and not name.startswith(("http:", "https:"))))


def _name(author: Any) -> str:
    name = author.get("name") if isinstance(author, dict) else author
    return line(unescape(name)) if isinstance(name, str) else ""
