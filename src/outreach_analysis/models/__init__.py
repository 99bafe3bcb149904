"""What to expect: forecasts of turnout."""
