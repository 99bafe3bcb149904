"""Where should the passport office's next pop-up go, and how sure are we?

`open` makes a `Study` of an office's folder, whose properties are the results. All is loaded on first use, so that
importing the package stays fast; what may be imported stands in `__init__.pyi`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
