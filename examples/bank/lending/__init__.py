"""The bank's lending."""
