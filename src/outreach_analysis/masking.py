"""Text in which nobody's number stands: identity, telephone and passport numbers, e-mail addresses and accounts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MASK = "[number removed]"

_FEWEST_DIGITS = 8
_FARTHEST_APART = 3
_UNSEEN = "\x00"
_YEAR = r"(?:19|20)\d\d"
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_TWO_DIGIT_MONTH = r"(?:0[1-9]|1[0-2])"
_TIME = r"(?:[T ,]{1,2}\d{1,2}[:.]\d\d(?:[:.]\d\d(?:[.,]\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
# not behind other digits; one digit of an id, as in E1-2026-01-15, is none of them
_APART = r"(?<!\d)(?<!\d{3}[\W_])(?<!\d\d[./-])(?<![\W_]\d[./-])(?<!^\d[./-])"
_CLOSED = _APART + "".join(rf"(?<!\d\d[\W_]{{{n}}})" for n in range(1, _FARTHEST_APART + 1))
_JOINT = r"\s?[/\u2013-]\s?"
_KNOWN = re.compile(
    "|".join(
        (
            # from day to day, or month to month; no identity or telephone number has a year where these have theirs
            rf"{_APART}(?:{_YEAR}-{_MONTH}-{_DAY}{_TIME}{_JOINT}{_YEAR}-{_MONTH}-{_DAY}{_TIME}|"
            rf"{_YEAR}-{_TWO_DIGIT_MONTH}{_JOINT}{_YEAR}-{_TWO_DIGIT_MONTH}|"
            rf"{_DAY}(?P<mark>[-/.]){_MONTH}(?P=mark){_YEAR}{_JOINT}{_DAY}(?P=mark){_MONTH}(?P=mark){_YEAR}|"
            rf"{_YEAR}{_TWO_DIGIT_MONTH}(?:0[1-9]|[12]\d|3[01])[-_/]{_YEAR}{_TWO_DIGIT_MONTH}(?:0[1-9]|[12]\d|3[01]))"
            r"(?![./]?\d)(?![\W_]\d)",
            # days in every order, with the time of day; no part of a longer number
            rf"{_APART}(?:{_YEAR}(?P<within>[-/.])(?:{_MONTH}(?P=within){_DAY}|{_DAY}(?P=within){_MONTH})|"
            rf"(?=\d\d?(?P<of>[-/.])\d\d?(?P=of))"
            rf"(?:{_DAY}[-/.]{_MONTH}|{_MONTH}[-/.]{_DAY})[-/.](?:{_YEAR}|\d\d(?!-\d)))"
            rf"{_TIME}(?![./]?\d)(?![\W_]\d{{4}})",
            rf"{_CLOSED}{_YEAR}{_TWO_DIGIT_MONTH}(?:0[1-9]|[12]\d|3[01])"
            r"(?:[T_-]?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?(?!\d)(?![\W_]\d{4})",
            rf"{_CLOSED}(?:0[1-9]|[12]\d|3[01]){_TWO_DIGIT_MONTH}{_YEAR}(?!\d)(?![\W_]\d{{4}})",
            # amounts, thousands apart; three groups after 8 or 62 are as a telephone number may be grouped
            r"(?:Rp|IDR)\.?\s?\d{1,3}(?:[.,\s]\d{3})*(?:,\d\d?)?(?!\d)",
            r"(?:Rp|IDR)\.?\s?\d+(?:[.,]\d\d?)?(?!\d)",
            r"(?<![\d.,])(?!8\d\d[.,]\d{3}[.,]\d{3}[.,])(?!62\d?[.,]8?\d\d)[1-9]\d{0,2}(?P<by>[.,])\d{3}"
            r"(?:(?P=by)\d{3}){0,2}(?![.,]?\d)",
            # codes of desa
            r"(?<![\d.])[1-9]\d\.(?:[0-2]\d|7\d)\.\d\d\.[12]\d{3}(?!\.?\d)",
        )
    ),
    re.IGNORECASE,
)
_NUMBERED_YEAR = re.compile(r"20[0-3]\d[-/._]\d{1,4}")
_LOOKALIKES = str.maketrans("OoQlI|", "000111")
_PART_OF_NUMBER = re.compile(r"(?<![^\W\dOoQlI_])[\dOoQlI|]{2,}(?![^\W\dOoQlI_])")
_PASSPORT = re.compile(
    r"(?<![^\W_])(?!(?:r[tw]|no|km|jl|gg|kp|rp)(?![a-z]))[a-z]{1,2}[\W_]{0,3}\d(?:[\W_]{0,3}\d){5,6}(?!\d)",
    re.IGNORECASE,
)
_YEAR_OR_MONTH = re.compile(rf"(?<!\d)(?:{_YEAR}(?=[\W_])|20[0-3]\d{_TWO_DIGIT_MONTH}(?!\d))")
_MAIL = re.compile(
    r"[\w.+%-]+\s?(?:@|[\[(]\s?at\s?[\])])\s?[\w-]+(?:\s?(?:\.|[\[(]\s?dot\s?[\])])\s?[\w-]+)+", re.IGNORECASE
)
_LOGIN = re.compile(rf"(?<=://)[^\s/]+(?=@)|(?<=password=)(?!{re.escape(MASK)})[^\s&]+", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?<!\w)@\s?[\w.]{2,}")


@lru_cache(maxsize=65_536)
def mask_identifiers(text: str) -> str:
    """Replace numbers by which a person is known, and e-mail addresses and accounts, by a mark: 8 digits or more of any
    script or look-alike letter, up to three characters between two of them, or a passport number. Days, times, amounts
    and codes of desa are recognised first and stay."""
    if len(text) < _FEWEST_DIGITS - 1 and "@" not in text:
        return text
    plain = _plain(text)
    spans = [] if not any(sign in plain.casefold() for sign in ("@", "at", "password=")) else _addresses(plain)
    if sum(map(plain.count, "0123456789")) >= _FEWEST_DIGITS // 2 - 1:
        spans += _numbers(plain)
    for start, end in reversed(_joined(spans)):
        text = text[:start] + MASK + text[end:]
    # what was taken out may have stood before an account and hidden it
    return mask_identifiers(text) if spans else text


def _plain(text: str) -> str:
    """The text, letter by letter: digits of any script as 0 to 9, what leaves no mark as one sign for all."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_plain_letter, text))


def _plain_letter(letter: str) -> str:
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(letter) in ("Cf", "Cc", "Mn", "Me") and letter not in "\t\n\r":
        return _UNSEEN
    same = unicodedata.normalize("NFKC", letter)
    return same if len(same) == 1 else letter


def _addresses(plain: str) -> list[tuple[int, int]]:
    seen = plain.replace(_UNSEEN, "")
    if seen != plain and any(kind.search(seen) for kind in (_LOGIN, _MAIL, _ACCOUNT)):
        at = [place for place, letter in enumerate(plain) if letter != _UNSEEN]
        return [(at[m.start()], at[m.end() - 1] + 1) for kind in (_LOGIN, _MAIL, _ACCOUNT) for m in kind.finditer(seen)]
    return [found.span() for kind in (_LOGIN, _MAIL, _ACCOUNT) for found in kind.finditer(plain)]


def _numbers(plain: str) -> list[tuple[int, int]]:
    # look-alikes count as digits in a word of nothing else that holds a digit, or stands between such words
    digits = _PART_OF_NUMBER.sub(
        lambda found: (
            found[0].translate(_LOOKALIKES) if any(map(str.isdigit, found[0])) or len(found[0]) > 2 else found[0]
        ),
        plain,
    )
    known = [found.span() for found in _KNOWN.finditer(digits)]
    spans, run = list[tuple[int, int]](), list[int]()
    is_known = bytearray(len(digits))
    for start, end in known:
        is_known[start:end] = b"\x01" * (end - start)
    apart = 0
    for at, letter in enumerate(digits):
        if is_known[at]:
            spans += _span(run, digits)
            run, apart = [], 0
        elif letter in "0123456789":
            if run and apart > _FARTHEST_APART:
                spans += _span(run, digits)
                run = []
            run.append(at)
            apart = 0
        elif letter != _UNSEEN:
            apart += 1
    spans += _span(run, digits)
    # the letter before a passport's digits may itself look like one
    for found in [one for text in {digits, plain} for one in _PASSPORT.finditer(text)]:
        if not any(is_known[found.start() : found.end()]) and not _YEAR_OR_MONTH.search(found[0]):
            spans.append(found.span())
    return spans


def _span(run: list[int], digits: str) -> list[tuple[int, int]]:
    if len(run) < _FEWEST_DIGITS:
        return []
    start, end = run[0], run[-1] + 1
    if _NUMBERED_YEAR.fullmatch(digits[start:end]):
        return []
    while start and digits[start - 1] in "+(":
        start -= 1
    return [(start, end)]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that touch, as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
