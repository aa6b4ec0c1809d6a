"""Sentences that speak to a language model instead of to a reader."""

from __future__ import annotations

import re
import unicodedata

_RULES = r"(?:instructions?|prompts?|directions?|directives?|guidelines)"
_OUTPUT = r"(?:your|the) (?:summary|response|answer|output|reply)"
_WRITE = r"(?:write|say|include|mention|add|state|insert|put|append|print|output|use)"
_MACHINE = r"(?:ais?|a\.i\.|llms?|(?:large )?language models?|chatbots?|chatgpt|summari[sz]ers?|assistants?|models?)"
_PRODUCT = r"(?:summar(?:y|ies)|response|answer|output|reply|text)"
_LABELS = r"(?:labels?|labelled|labeled|stance|sentiment|classification)"
_SAY = r"(?:write|print|output|respond|reply|answer|say|repeat|return|emit|type)"
_ODD = r"(?-i:[A-Z]{3,}[-_]?\d{2,}|[A-Z]{3,}_[A-Z]{2,}\w*)"
"""A word as no report has it: capitals with digits behind them."""
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
    r"\b(?:label|classify|tag|mark|rate)\s+(?:everything|this (?:article"
    r"|text|document|report)|all (?:targets|articles|texts|speakers))\b",
    rf"\b{_LABELS}\s*[\"']?\s*[:=]\s*[\"']?(?:favou?r|against|neutral|positive|negative)\b",
    r"\b(?:assign|set|give|output|choose|use"
    rf"|return)\b[^.!?]{{0,40}}\b{_LABELS}\b[^.!?]{{0,30}}\b(?:favou?r|against|neutral|positive|negative)\b",
    rf"\b{_LABELS}\b[^.!?]{{0,30}}\bmust be\b[^.!?]{{0,20}}\b(?:favou?r|against|neutral|positive|negative)\b",
    # an end of the text that is none, roles, markup of prompts
    r"</?\s*(?:article|document|system|instructions?|user|prompt|context|text|input|data)\s*>|<!--|\[(?:system|user|assistant)\]",
    r"[\"'](?:role|label|stance)[\"']\s*:|^\W*(?:human|user|ai|bot|chatgpt)\s*:\s",
    r"^\W*(?:this is the )?(?:end|begin(?:ning)?|start) (?:of )?(?:the "
    r"|this )?(?:article|document|context|input|prompt|data|system|untrusted)\b",
    r"\b(?:developer|debug|admin|god|jailbreak) mode\b[^.!?]{0,20}\b(?:enabled|activated|on)\b",
    # somebody who reads texts by trade is spoken to
    rf"\bif you(?: are|['’]re) (?:an?|the) {_MACHINE}\b|\bas (?:an?"
    rf"|the) {_MACHINE},? you\b|\bfor (?:any |all |the )?{_MACHINE}(?: readers?)?\s*[:,]",
    rf"^\W*(?:attention|dear|hello|hey|note (?:to|for)|message (?:to|for))\b[^.!?:]{{0,20}}\b(?:bots?|{_MACHINE})\b",
    r"^\W*(?:when|while|before|after|if) (?:you )?(?:are )?summari[sz](?:e|ing)\b|\bdo(?:n['’]t| not) summari[sz]e\b",
    r"\b(?:system|developer|hidden|initial|original|your) prompt\b",
    r"\byour (?:new |next |only |real |actual |true )?(?:task|job|goal) (?:is"
    r"|was|now|has)\b|\b(?:new|next|real) (?:task|command|order)\s*:",
    r"\bfrom now on,? (?:you (?:will|must|are|shall)|answer|respond|reply|write|say)\b",
    rf"\b(?:begin|start|end|finish|conclude|close|open|preface|sign|replace)\b[^.!?]{{0,20}}\b(?:your|the|this|every|any) {_PRODUCT}\b",
    r"\b(?:only|correct|right|true|expected|required) (?:valid |acceptable |correct )?(?:summary|output)\b",
    rf"\bmust (?:appear|be) (?:in|at) [^.!?]{{0,20}}\b{_PRODUCT}\b",
    r"\b(?:include|insert|add|use|append|mention|put|print|say)\b[^.!?]{0,20}\b(?:code ?word"
    r"|token|keyword|passphrase|(?:secret|magic) word|the code)\b",
    # an order to write something else, or something odd
    rf"(?:^\W*|[.:;,!?>\]]\s*|\b(?:and|then|please)\s+){_SAY}\b[^.!?]{{0,60}}\binstead\b|\binstead,? {_SAY}\b",
    rf"\b(?:ignore|disregard|forget|skip)\b[^!?]{{0,80}}?(?:[,;.]|\band|\bthen|\binstead)"
    rf"\s+(?:now |just |please |only |instead )?{_SAY}\b",
    rf"(?:^\W*|[.:;,!?>\]]\s*|\b(?:and|then|please|now|just|must|to|always|only)\s+)(?:{_SAY}|act|roleplay|pretend|imagine|begin|start)\b"
    rf"[^.!?]{{0,30}}(?<!\w){_ODD}[\"'”’]?(?:\W*$|\s+(?:instead|and nothing|only|verbatim|END\b|(?:in|at|to) (?:the|your)\b))",
)
_DROP = {  # language -> (orders to drop what came before, what is to be dropped)
    "de": (
        r"(?:ignorier|missacht|vergiss|vergesst|vergessen sie)\w*",
        r"(?:anweisung|anleitung|instruktion|vorgabe|obig|vorherig|bisherig)\w*",
    ),
    "fr": (
        r"(?:ignore|oublie|néglige|ne tiens? pas compte|ne tenez pas compte)\w*",
        r"(?:instructions?|consignes?|directives?|ci-dessus|qui précède)",
    ),
    "es": (r"(?:ignor|olvid|descart)\w+", r"(?:instruccion(?:es)?|indicacion(?:es)?|órdenes|lo anterior|todo lo anterior)"),
    "it": (r"(?:ignora|dimentica|scarta)\w*", r"(?:istruzion[ie]|indicazion[ie]|direttive|quanto sopra)"),
    "pt": (r"(?:ignor|esqueç|desconsider)\w+", r"(?:instruç(?:ões|ão)|indicações|orientações|o que está acima|tudo acima)"),
    "nl": (r"(?:negeer|vergeet)\w*", r"(?:instructies?|aanwijzing(?:en)?|opdracht(?:en)?|bovenstaande)"),
    "ru": (r"(?:игнорир|проигнорир|забуд)\w*", r"(?:инструкци|указани|предписани|предыдущ|вышесказанн|вышеизложенн)\w*"),
    "uk": (r"(?:ігнору|проігнору|забуд)\w*", r"(?:інструкці|вказівк|настанов|попередн|вищесказан)\w*"),
    "tr": (r"(?:yok say|görmezden gel|unut)\w*", r"(?:talimat|yönerge|yukarıdaki)\w*"),
}
_WRITE_ALONE = (  # `write only …` as an order, in the same languages
    r"(?:^\W*|[,;:]\s*|\b(?:bitte|dann|nun|jetzt|und)\s+)(?:schreib|antwort|gib|sag|wiederhol)(?:e"
    r"|en sie|est du|et)?\b[^.!?]{0,25}\b(?:nur|ausschließlich|nichts anderes|das wort|den text)\b",
    r"(?:^\W*|[,;:]\s*|\b(?:puis|ensuite|et|maintenant)\s+)(?:écri[st]|écrivez|répond"
    r"|répète|affiche)\w*\b[^.!?]{0,25}\b(?:seulement|uniquement|rien d['’]autre|le mot)",
    r"(?:^\W*|[,;:]\s*|\b(?:luego|ahora|y|después|adelante)\s+)(?:escrib[ea]|respond[ea]|repit[ea]"
    r"|imprim[ea])\b[^.!?]{0,25}\b(?:solo|sólo|solamente|únicamente|nada más|la palabra)\b",
    r"^\W*(?:(?:poi|ora|e) )*(?:scrivi|rispond|ripet|stamp)\w*\b[^.!?]{0,25}\b(?:solo|soltanto|nient['’]altro|la parola)\b",
    r"^\W*(?:(?:depois|agora|e) )*(?:escrev|respond|repit|imprim)\w+\b[^.!?]{0,25}\b(?:apenas|somente|nada mais|a palavra)\b",
    r"^\W*(?:(?:dan|nu|en) )*(?:schrijf|antwoord|herhaal|zeg)\w*\b[^.!?]{0,25}\b(?:alleen|uitsluitend|niets anders|het woord)\b",
    r"^\W*(?:(?:затем|теперь|и) )*(?:напиши|ответь|выведи|повтори)\w*\b",
    r"^\W*(?:(?:потім|тепер|і) )*(?:напиши|відповідай|виведи|повтори)\w*\b",
    r"\b(?:sadece|yalnızca)\b[^.!?]{0,40}\b(?:yaz|yanıtla|cevapla)\b",
)
_ELSEWHERE = tuple(rf"\b{verb}\b[^.!?]{{0,60}}\b{what}\b|\b{what}\b[^.!?]{{0,40}}\b{verb}\b" for verb, what in _DROP.values())
_PATTERN = re.compile("|".join((*_FORMS, *_ELSEWHERE, *_WRITE_ALONE)), re.IGNORECASE)
"""Forms that published collections of injections share. A reader of news loses little when such a sentence is left out; what slips
through is still held by the support check."""

_SHOWN = 4000
"""Characters of a sentence that are looked at; longer ones are no sentences."""


def speaks_to_a_machine(text: str) -> bool:
    """Whether the text has the form of an instruction to a model; signs that nobody sees and wide forms hide none."""
    shown = text[:_SHOWN]
    if not shown.isascii():
        shown = "".join(c for c in unicodedata.normalize("NFKC", shown) if unicodedata.category(c) != "Cf")
    return bool(_PATTERN.search(shown))
