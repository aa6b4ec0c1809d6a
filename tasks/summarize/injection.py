"""Sentences that speak to a language model instead of to a reader."""

from __future__ import annotations

import re

_RULES = r"(?:instructions?|prompts?|directions?|directives?|guidelines)"
_OUTPUT = r"(?:your|the) (?:summary|response|answer|output|reply)"
_WRITE = r"(?:write|say|include|mention|add|state|insert|put|append|print|output|use)"
_MACHINE = r"(?:ais?|a\.i\.|llms?|(?:large )?language models?|chatbots?|chatgpt|summari[sz]ers?|assistants?|models?)"
_FORMS = (
    # orders to drop what came before
    rf"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?]{{0,50}}\b{_RULES}\b",
    r"\b(?:ignore|disregard|forget)\s+(?:everything|all(?: of)?|the|what(?:ever)?)\s+(?:that )?(?:\w+ )?"
    r"(?:above|before|previous(?:ly)?|preceding|prior)\b",
    r"\b(?:ignore|disregard|forget) (?:the )?(?:above|(?:previous|preceding|prior) (?:text|messages?|context|article))\b",
    # another role
    rf"\byou are (?:now|no longer)\b[^.!?]{{0,40}}\b{_MACHINE}\b",
    rf"(?:^|[\n.:;]\s*)(?:as|you are) an? {_MACHINE}\b",
    rf"\b(?:dear|attention|note to|hey|hello|instructions? (?:to|for))\s+(?:the |all |any |every )?{_MACHINE}\b",
    # role markers
    r"<\|?/?(?:im_start|im_end|system|assistant|user|inst|endoftext|eot_id|start_header_id)\b|\[/?inst\]|<<\s*/?sys\s*>>",
    r"(?:^|\n|#)\s*(?:system|assistant|developer)\s*(?:prompt|message|override|note|instructions?)?\s*:",
    r"#{2,}\s*(?:instructions?|system|response)",
    rf"\b(?:new|updated|real|actual|hidden|secret|important|following) {_RULES}(?:\s*:|\s+follows?\s*[:,.])",
    # orders about the output
    rf"\b{_WRITE}\b[^.!?]{{0,60}}\b(?:in|to|into|at the (?:end|start) of|instead of) {_OUTPUT}\b",
    rf"\b(?:in|for) {_OUTPUT}\b[^.!?]{{0,60}}\b{_WRITE}\b",
    rf"\b{_OUTPUT} (?:must|should|has to|shall)\b",
    r"(?:^|[,;:.]\s*|\b(?:and|then|instead|please|now|just|must|to)\s+)(?:respond|reply|answer|output|print|repeat)\b"
    r"[^.!?]{0,30}\b(?:only|exactly|verbatim|nothing but|nothing else|(?:with )?the (?:word|string|phrase|token|following))\b",
    # a sentence that is an order to write something, as no report begins
    r"^\W*(?:(?:please|now|then|and|so|instead|just|first|stop [^.!?]{1,30}\band)[ ,]+)*"
    r"(?:(?:ignore|disregard|pretend|translate|summari[sz]e)\s+(?:that|this|the|you|all|any|every)\b"
    r"|(?:write|print|output|respond|reply|answer|repeat|say|append|insert|include|mention|execute|reveal)\s+"
    r"(?:with\b|only\b|exactly\b|verbatim\b|this\b|the (?:word|string|phrase|text|following)\b|your\b|[\"'“‘]|(?-i:[A-Z]{3,})))",
    r"\b(?:instead of|rather than) (?:summari[sz]ing|a summary)\b|\bdo not summari[sz]e\b",
    # fake labels
    r"\b(?:label|classify|tag|mark|rate)\s+(?:everything|this (?:article|text|document)|all (?:targets|articles|texts|speakers))\b",
    r"\b(?:label|stance|sentiment|classification)\s*[:=]\s*[\"']?(?:favou?r|against|neutral|positive|negative)\b",
)
_PATTERN = re.compile("|".join(_FORMS), re.IGNORECASE)
"""Forms that published collections of injections share. A reader of news loses little when such a sentence is left out; what slips
through is still held by the support check."""

_SHOWN = 4000
"""Characters of a sentence that are looked at; longer ones are no sentences."""


def speaks_to_a_machine(text: str) -> bool:
    """Whether the text has the form of an instruction to a model."""
    return bool(_PATTERN.search(text[:_SHOWN]))
