"""How place names are written, and the rules that make their spellings alike.

The rules are those of the language and of Indonesian addresses, not of one province.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources

from rapidfuzz.distance import OSA

KABUPATEN, KECAMATAN, DESA, PROVINCE = "kabupaten", "kecamatan", "desa", "province"
TOWN, VILLAGE = "town", "village"
"""Levels as loosely said: 'Kota' of a kabupaten or its chief kecamatan, 'Kampung' of a desa or a part of one."""
BREAK = "/"
"""Stands between words that need not belong to one name: a dash, a slash, a bracket, a part taken out."""


Words = Mapping[str, tuple[str, ...]]


@cache
def words_of(room: str) -> Mapping[str, Words]:
    """What `words.toml` of a room lists, by section and key: the words of people are data, not code."""
    text = (resources.files("outreach_analysis") / room / "words.toml").read_text(encoding="utf-8")
    return {
        section: {key: tuple(said.split() if isinstance(said, str) else said) for key, said in listed.items()}
        for section, listed in tomllib.loads(text).items()
    }


_LEVELS = words_of("geocoding")["levels"]
LEVEL_WORDS: Mapping[str, str] = {
    word: level for level in (PROVINCE, KABUPATEN, KECAMATAN, DESA) for word in _LEVELS[level]
}
"""Words that say of what level the name after them is."""
TOWN_WORDS = frozenset(_LEVELS[TOWN])
"""Said of a kota and of any town; the first or last word of some names too."""
VILLAGE_WORDS = frozenset(_LEVELS[VILLAGE])
"""Said of a desa, of its parts, and the first word of many a name."""
SURE_LEVEL_WORDS = frozenset(LEVEL_WORDS) - {"desa", "ds"}

_LONG_LEVEL_WORD = 7

_WORD_FOR = {short: word for word, shorts in words_of("geocoding")["short_forms"].items() for short in shorts}
NUMERALS: Mapping[str, str] = {short: word for short, word in _WORD_FOR.items() if word.isdigit()}
"""Roman numerals and number words, with the digit that stands for them in names."""
DIRECTIONS: Mapping[str, str] = {said: word for said, (word,) in words_of("geocoding")["directions"].items()}
"""English words that stand before a name, with the Indonesian ones that stand behind it: East Kutai, Kutai Timur."""
_AMBIGUOUS_SHORT_FORMS = {"bt": ("batu", "bukit"), "kr": ("karang", "krueng"), "tg": ("tanjung", "tenggarong")}

_APOSTROPHES = re.compile("[\u0027\u0060\u00b4\u2018\u2019\u201b\u02bb\u02bc\u02b9\u2032\uff07]")
_HARD_BREAK = re.compile(r"[,;|\n\r\t\v\f\u0085\u2028\u2029\u3001]+")
_SOFT_BREAK = re.compile(r"\s+[-\u2010-\u2015]+\s+|[/\\()\[\]{}<>\"]+|\s+[-\u2010-\u2015]+|[-\u2010-\u2015]+\s+")
_BLANKS = re.compile(r"[^\S\n\t\r\v\f\u0085\u2028\u2029]+")
_WORD = re.compile(r"[^\W\d_]+|\d+|/")
_PLUS_CODE = re.compile(r"\b[23456789cfghjmpqrvwx]{4,8}\+[23456789cfghjmpqrvwx]{0,3}(?!\w)")
_LONG_DIGITS = re.compile(r"\+?\d[\d .\-]{5,}\d")
_OLD_SPELLINGS = (("oe", "u"), ("dj", "j"), ("tj", "c"), ("sj", "s"), ("sy", "s"), ("kh", "k"))
_LETTERS = str.maketrans({"q": "k", "y": "i", "v": "p", "f": "p", "z": "j"})
_DOUBLED = re.compile(r"(.)\1+")
_SCHWA = re.compile(r"(?<=[bcdgjkpst])e(?=[rl][aiou])")


@lru_cache(maxsize=4096)
def level_said(word: str) -> str:
    """The level that a word says the next name is of, '' for other words; a slip in a long one is no matter."""
    if word in TOWN_WORDS:
        return TOWN
    if word in VILLAGE_WORDS:
        return VILLAGE
    if word in LEVEL_WORDS or len(word) < _LONG_LEVEL_WORD:
        return LEVEL_WORDS.get(word, "")
    long = ((known, level) for known, level in LEVEL_WORDS.items() if len(known) > _LONG_LEVEL_WORD)
    return next((level for known, level in long if OSA.distance(word, known, score_cutoff=1) <= 1), "")


def fold(text: str) -> str:
    """Lower-case text without accents, apostrophes, invisible characters or full-width forms."""
    text = _APOSTROPHES.sub("", text)
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
        text = "".join(letter for letter in letters if unicodedata.category(letter) not in ("Mn", "Cf", "Cs"))
    return _BLANKS.sub(" ", text.casefold()).strip()


def split_parts(folded: str) -> list[list[str]]:
    """Words of each part between commas and line breaks; a `BREAK` where a dash, slash or bracket stood. Long numbers
    (telephone, identity card) and plus codes ('6ph5+x9') are left out; letters and digits written together come
    apart."""
    parts = (
        _SOFT_BREAK.sub(" / ", part) for part in _HARD_BREAK.split(_LONG_DIGITS.sub(" ", _PLUS_CODE.sub(", ", folded)))
    )
    words = (_WORD.findall(part) for part in parts)
    return [part for part in words if any(word != BREAK for word in part)]


def standard_word(word: str) -> str:
    """The full word for a usual short form, an Arabic numeral for a Roman one; other words as they are."""
    return _WORD_FOR.get(word, word)


def readings(word: str) -> tuple[str, ...]:
    """Every full word that a usual short form can stand for, the likeliest first."""
    return _AMBIGUOUS_SHORT_FORMS.get(word, (standard_word(word),))


def name_words(name: str) -> list[str]:
    """Standard words of one place name, without breaks between them."""
    return list(_name_words(name))


@lru_cache(maxsize=16_384)
def _name_words(name: str) -> tuple[str, ...]:
    return tuple(standard_word(word) for part in split_parts(fold(name)) for word in part if word != BREAK)


def without_title(words: list[str], level: str) -> list[str]:
    """Words of a name without the leading word for its level: 'Kabupaten Paser' is known as 'Paser'."""
    titles = LEVEL_WORDS.keys() | (TOWN_WORDS | {"administrasi"} if level == KABUPATEN else set())
    while len(words) > 1 and words[0] in titles:
        words = words[1:]
    return words


@lru_cache(maxsize=16_384)
def spelling_key(compact: str) -> str:
    """What is left of a name when the usual variants of Indonesian spelling are made alike. Old spellings (oe, dj, tj),
    q for k, f and v for p, y for i, an h that is not the first letter, doubled letters, and the e that is not heard
    before r or l. A Roman numeral at the end stays."""
    for old, new in _OLD_SPELLINGS:
        compact = compact.replace(old, new)
    compact = compact[:1] + compact[1:].replace("h", "")
    compact = compact.translate(_LETTERS)
    letters = compact.rstrip("i") if compact.endswith("ii") else compact
    return _SCHWA.sub("", _DOUBLED.sub(r"\1", letters)) + compact[len(letters) :]
