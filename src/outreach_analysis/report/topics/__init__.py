"""One topic a module: its sentences, its tables, its figures and its section of the report."""
