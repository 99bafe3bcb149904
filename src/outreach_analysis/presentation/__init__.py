"""How to tell it: maps, charts, tables and words."""
