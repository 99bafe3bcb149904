"""The machine that a test runs on, as it may be elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

ZONES = ("UTC", "Asia/Makassar", "America/New_York", "Pacific/Kiritimati")


@contextmanager
def machine_in(zone: str) -> Iterator[None]:
    """The machine's clock in that zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()
