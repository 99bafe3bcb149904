"""The errors that the product foresees: each says what is wrong and what to do, and nothing about a person."""

from __future__ import annotations


class OutreachError(Exception):
    """Something foreseen went wrong: its text says what and what to do, and holds no row, name or number of a person.

    Every error that a caller is meant to catch is one of these; anything else is a fault of the program.

    Examples
    --------
    >>> from outreach_analysis.contracts import ContractError
    >>> issubclass(ContractError, OutreachError)
    True
    """


class RequestError(OutreachError, ValueError):
    """What was asked for cannot be done with these data or these options; the text says why.

    Examples
    --------
    >>> raise RequestError("no pop-up is called E9; events.csv names E1 and E2")
    Traceback (most recent call last):
    ...
    outreach_analysis.errors.RequestError: no pop-up is called E9; events.csv names E1 and E2
    """
