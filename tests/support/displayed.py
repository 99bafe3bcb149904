"""What a notebook shows of a value, as text."""

from typing import Any


def as_displayed(value: Any) -> str:
    """A figure as JSON, a widget as what stands in its place on a page, anything else as its HTML."""
    if hasattr(value, "to_json"):
        return str(value.to_json())
    if hasattr(value, "_repr_html_"):
        return str(value._repr_html_())
    if hasattr(value, "_repr_mimebundle_"):
        bundle = value._repr_mimebundle_()
        return str({kind: shown for kind, shown in bundle.items() if kind != "text/plain" and "widget" not in kind})
    return str(value)
