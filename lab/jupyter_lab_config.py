"""JupyterLab as `make lab` starts it: it asks for no news, no newer version and no list of extensions."""

c = get_config()  # noqa: F821 - JupyterLab defines it

c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
