"""The sections of the report: what each shows, in one language."""
