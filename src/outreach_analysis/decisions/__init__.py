"""What to do: increments and the ranking of candidate places."""
