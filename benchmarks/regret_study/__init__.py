"""Invented offices whose truth is known, and what every way of choosing pop-ups is worth in them."""
