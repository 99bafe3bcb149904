"""Notebook 07 in a real JupyterLab: its folder stands in the list of files, and what is edited there is read again."""

from __future__ import annotations

import pytest
from jupyterlab_watched import SCROLL, Lab, WayOut, nothing_left, opened, run_cell
from playwright.sync_api import BrowserContext, expect

NOTEBOOK = "07_your_own_office"

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_the_folder_is_seen_edited_and_read_again(
    context: BrowserContext, lab: Lab, asked: list[str], way_out: WayOut
) -> None:
    page = opened(context, lab, NOTEBOOK)
    for cell in ("answer", "parameters", "load", "change"):
        run_cell(page, cell)
    page.evaluate("window.jupyterapp.commands.execute('filebrowser:refresh')")
    page.locator(".jp-DirListing-item", has_text="practice-office").dblclick()
    page.locator(".jp-DirListing-item", has_text="outreach.toml").dblclick()
    editor = page.locator(".jp-FileEditor .cm-content")
    expect(editor).to_contain_text("[interest]")
    text = page.evaluate("window.jupyterapp.shell.currentWidget.context.model.sharedModel.getSource()")
    assert "threshold_people = 20" in text
    page.evaluate(
        """async text => {
            const context = window.jupyterapp.shell.currentWidget.context;
            context.model.sharedModel.setSource(text);
            await context.save();
        }""",
        text.replace("threshold_people = 20", "threshold_people = 33"),
    )
    page.locator(".lm-TabBar-tab", has_text=NOTEBOOK).click()
    before = page.evaluate(SHOWN, "change")
    run_cell(page, "change")
    page.evaluate(SCROLL, "change")
    after = page.evaluate(SHOWN, "change")
    assert ">20<" in before
    assert ">33<" in after
    nothing_left(page, asked, way_out)


SHOWN = """id => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    const outputs = cells.find(cell => cell.model.id === id).model.sharedModel.outputs;
    return [outputs[0].data['text/html']].flat().join('');
}"""
