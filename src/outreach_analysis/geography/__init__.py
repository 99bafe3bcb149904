"""Where? Areas, their indicative cells, travel between them, and the days a place can be served."""
