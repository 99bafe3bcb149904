"""Where? Areas, their indicative cells, travel between them, and the days a place can be served."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
