"""The bank's wallet."""
