"""One dictionary of keywords as a request and what is left of it, for tests that vary both."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

Request = TypeVar("Request")


def asked_of(kind: type[Request], given: Mapping[str, Any]) -> tuple[Request, dict[str, Any]]:
    """A request made of the keywords that it has, and the others."""
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    own = {name: value for name, value in given.items() if name in names}
    return kind(**own), {name: value for name, value in given.items() if name not in names}
