"""How often a property is tried: a few times in `make test`, in full in `make slow`."""

from hypothesis import settings

FULL = "full"
"""The profile of `make slow` (`--hypothesis-profile=full`), in which every property is slow."""
settings.register_profile(FULL, settings())


def tries(full: int, quick: int) -> int:
    """The examples of a property whose every example reads a folder or fits a model."""
    return full if settings.get_current_profile_name() == FULL else quick
