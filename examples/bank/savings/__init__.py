"""The bank's savings."""
