"""How `make docs` builds the documentation: Sphinx over the pages of this folder, offline."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from pathlib import Path
from types import GenericAlias

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "outreach_analysis"
author = "The outreach_analysis engineers"
version = release = version_of("outreach-analysis")
extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["_build", "examples"]
nitpicky = False

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autosummary_generate = True
autosummary_ignore_module_all = False
numpydoc_show_class_members = False
templates_path = ["_templates"]

html_theme = "pydata_sphinx_theme"
html_title = "outreach_analysis"
html_show_sourcelink = False
html_copy_source = False
html_extra_path = ["_build/pages"]
html_theme_options = {"navbar_align": "left", "show_prev_next": False, "secondary_sidebar_items": ["page-toc"]}

_ROOM = Path(__file__).parent
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\[\]]*)\]\((?P<target>[^)\s:]+)\)")
_OF_REPOSITORY = {"contributing": "CONTRIBUTING.md", "changelog": "CHANGELOG.md"}  # pages that are files outside `docs`


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    """Pages that stand outside this folder; and links to files that are no page, which are named instead."""
    origin = _ROOM / page
    if page in _OF_REPOSITORY:
        origin = _ROOM.parent / _OF_REPOSITORY[page]
        source[0] = origin.read_text(encoding="utf-8")

    def leading(found: re.Match[str]) -> str:
        target, _, anchor = found["target"].partition("#")
        path = origin.parent.joinpath(target).resolve()
        if not target or not path.is_relative_to(_ROOM.parent):
            return found[0]
        name = path.relative_to(_ROOM.parent).as_posix()
        inside = {f"docs/{known}.md": known for known in app.env.found_docs}
        inside |= {file: known for known, file in _OF_REPOSITORY.items()} | {"docs/decisions": "decisions/index"}
        if name in inside:
            return f"[{found['text']}](/{inside[name]}.md{'#' + anchor if anchor else ''})"
        return found[0] if path.suffix == ".rst" else f"{found['text']} (`{name}`)"

    if app.env.doc2path(page).suffix == ".md":
        source[0] = _LINK.sub(leading, source[0])


def _skip(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object) -> bool | None:
    """Names of types are no members to explain: their docstring is that of the type."""
    return True if what == "module" and isinstance(obj, GenericAlias) else None


def setup(app: Sphinx) -> None:
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", _read)
    app.connect("autodoc-skip-member", _skip)
