"""Asking a server politely: time-outs, a limited number of attempts, and the pause that it asks for."""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import NamedTuple

from outreach_analysis.errors import OutreachError

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 120.0
_TOO_MANY, _UNAVAILABLE = 429, 503
_TRY_AGAIN = (408, _TOO_MANY, 500, 502, _UNAVAILABLE, 504)


class TravelServerError(OutreachError, RuntimeError):
    """The travel server gave no usable answer: the text says why, and how to go on without it."""


class Answer(NamedTuple):
    """What a server said: the HTTP status, its words, and how often it had to be asked again."""

    status: int
    body: bytes
    repeats: int


def ask(
    url: str,
    *,
    body: bytes | None = None,
    timeout_s: float,
    attempts: int,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """Ask a server, again where it is slow, busy or not there, with pauses that double.

    A pause that the server asks for (`Retry-After`, seconds or a date) is kept, and stands in for ours.

    Parameters
    ----------
    url
        An http or https address.
    body
        JSON to post; None asks by GET.
    timeout_s
        Seconds until an attempt counts as failed.
    attempts
        Attempts in all, >= 1.
    sleep
        Waits that many seconds.

    Returns
    -------
    Answer
        Also of a refusal that asking again would not change (status 400 and the like).

    Raises
    ------
    TravelServerError
        Where no attempt was answered, the address is not http, or the server asks for a pause of over 120 s.
    """
    if not url.startswith(("http://", "https://")):
        raise TravelServerError(f"'{url}' is no http or https address")
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=body, headers=headers)
    why = ""
    for attempt in range(attempts):
        pause = FIRST_PAUSE_S * 2**attempt
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as reply:
                return Answer(reply.status, reply.read(), attempt)
        except urllib.error.HTTPError as error:
            with error:
                if error.code not in _TRY_AGAIN:
                    return Answer(error.code, error.read(), attempt)
                why = f"HTTP {error.code} {error.reason}"
                pause = max(pause, _asked_pause(error.headers.get("Retry-After")))
        except (OSError, http.client.HTTPException) as error:
            why = _reason(error, timeout_s)
        if pause > LONGEST_PAUSE_S:
            raise TravelServerError(f"{why}; it asks to wait {pause:.0f} s")
        if attempt + 1 < attempts:
            sleep(pause)
    raise TravelServerError(f"{why}, {attempts} attempts")


def _reason(error: OSError | http.client.HTTPException, timeout_s: float) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    return str(cause) or type(cause).__name__


def _asked_pause(header: str | None) -> float:
    """Seconds that a `Retry-After` header asks for; 0 where it says nothing that can be read."""
    if not header:
        return 0.0
    if header.strip().isdigit():
        return float(header)
    try:
        until = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return max((until - dt.datetime.now(dt.UTC)).total_seconds(), 0.0)
