"""What numbers, months and weekdays are called in the languages that are summarised, other than English.

A word counts by its beginning, because these languages inflect (`zwölften`, `понедельника`, `Ocak'ta`). A word that means something
else now and then (French `neuf`, German `acht`) is taken for a number too: it costs at worst an abstractive summary, and only where
the article does not have the same word. `1` is an article's word in most of them and never a claim.
"""

from __future__ import annotations

from functools import cache

from babel.dates import get_day_names, get_month_names

_VALUES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 30, 40, 50, 60, 70, 80, 90, 100, 1000, 10**6, 10**9)
_NAMES = {
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"
    " zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert tausend million milliarde",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
    " vingt trente quarante cinquante soixante soixante-dix quatre-vingt quatre-vingt-dix cent mille million milliard",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve"
    " veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien mil millón -",
    "it": "due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto"
    " diciannove venti trenta quaranta cinquanta sessanta settanta ottanta novanta cento mille milion miliard",
    "nl": "twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien"
    " twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd duizend miljoen miljard",
    "pt": "dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezasseis dezassete dezoito dezanove"
    " vinte trinta quarenta cinquenta sessenta setenta oitenta noventa cem mil milh -",
    "ru": "дв тр четыр пят шест сем восем девят десят одиннадцат двенадцат тринадцат четырнадцат пятнадцат шестнадцат семнадцат"
    " восемнадцат девятнадцат двадцат тридцат сорок пятьдесят шестьдесят семьдесят восемьдесят девяност сто тысяч миллион миллиард",
    "uk": "дв тр чотир п’ят шіст сім вісім дев’ят десят одинадцят дванадцят тринадцят чотирнадцят п’ятнадцят шістнадцят сімнадцят"
    " вісімнадцят дев’ятнадцят двадцят тридцят сорок п’ятдесят шістдесят сімдесят вісімдесят дев’яност сто тисяч мільйон мільярд",
    "tr": "iki üç dört beş altı yedi sekiz dokuz on - - - - - - - - - yirmi otuz kırk elli altmış yetmiş seksen doksan yüz bin milyon"
    " milyar",
}
LANGUAGES = frozenset(_NAMES)
"""Base languages whose words are known here."""

_MORE: dict[str, dict[str, float]] = {
    "de": {"dutzend": 12, "zweit": 2, "dritt": 3, "siebt": 7},
    "fr": {"deuxième": 2, "douzaine": 12, "cinqu": 5, "sixième": 6, "dixième": 10, "vingtaine": 20, "centaine": 100, "millier": 1000},
    "es": {"segundo": 2, "segunda": 2, "tercer": 3, "cuart": 4, "quint": 5, "docena": 12, "ciento": 100, "millones": 10**6},
    "it": {"second": 2, "terz": 3, "quart": 4, "quint": 5, "mila": 1000, "dozzin": 12, "centinaia": 100},
    "nl": {"derde": 3, "dozijn": 12},
    "pt": {
        "duas": 2,
        "segundo": 2,
        "segunda": 2,
        "terceir": 3,
        "quart": 4,
        "quint": 5,
        "dezesseis": 16,
        "dezessete": 17,
        "dezenove": 19,
        "cento": 100,
        "milhões": 10**6,
        "milhares": 1000,
        "bilh": 10**9,
        "dúzia": 12,
    },
    "ru": {"двое": 2, "трое": 3, "втор": 2, "трет": 3, "седьм": 7, "восьм": 8, "полтор": 1.5},
    "uk": {"двоє": 2, "троє": 3, "друг": 2, "трет": 3, "сьом": 7, "восьм": 8, "шост": 6, "п'ят": 5},
    "tr": {},
}
_SHORT = 4
"""Beginnings of fewer letters (`on`, `сем`, `tre`) count with at most as many letters of an ending as `_ENDING`."""
_ENDING = {"ru": 3, "uk": 3, "tr": 0}
_LONG_ENDING = 6


def named(word: str, language: str) -> frozenset[str]:
    """What a word says of numbers and dates, as elements that are equal where two words say the same.

    A number is its value in digits, and so is a month or weekday its English name in lower case; a number made of several words
    (`zweihundert`, `einundzwanzig`) is itself.

    Args:
        word: lower case.
        language: base language; English and unknown ones have nothing here.
    """
    if language not in _NAMES:
        return frozenset()
    bare = word.split("'", maxsplit=1)[0].split("’", maxsplit=1)[0] if language == "tr" else word.replace("'", "’")
    stem, value = max(
        ((s, v) for s, v in _stems(language).items() if bare.startswith(s)), key=lambda pair: len(pair[0]), default=("", "")
    )
    if any(bare.endswith(tens) and len(bare) > len(tens) + 1 and tens != stem for tens in _compounding(language)):
        return frozenset({bare})
    allowed = _ENDING.get(language, 1) if len(stem) < _SHORT else _LONG_ENDING
    return frozenset({value}) if stem and len(bare) - len(stem) <= allowed else frozenset()


@cache
def _stems(language: str) -> dict[str, str]:
    """Beginning of a word -> its element."""
    names: dict[str, float] = {**dict(zip(_NAMES[language].split(), _VALUES, strict=True)), **_MORE[language]}
    found = {name: f"{value:.10g}" if value < 10**9 else f"{value:.0f}" for name, value in names.items() if name != "-"}
    for form in ("format", "stand-alone"):
        for number, name in get_month_names("wide", form, language).items():
            found[_stem(name)] = _MONTHS[number - 1]
        for number, name in get_day_names("wide", form, language).items():
            found[_stem(name)] = _DAYS[number]
    return found


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")


def _stem(name: str) -> str:
    """A month's or weekday's name without the ending that its cases change."""
    plain = name.lower().split("-")[0].replace("'", "’").removesuffix("ок")  # понеділок, понеділка
    return plain[:-1] if plain[-1] in "ьйаяуюок" and len(plain) > 4 else plain


@cache
def _compounding(language: str) -> tuple[str, ...]:
    """Words of tens and more that end another number's word."""
    if language not in ("de", "nl", "it", "es", "pt", "ru", "uk"):
        return ()
    hundreds = {
        "es": ("cientos", "cientas"),
        "pt": ("centos", "centas", "zentos", "zentas"),
        "ru": ("сот", "ста", "сти"),
        "uk": ("сот", "ста", "сті"),
    }
    return hundreds.get(language) or tuple(_NAMES[language].split()[18:28])
