"""What people read: words, tables, figures, the report, the brief and the notebooks' pages."""
