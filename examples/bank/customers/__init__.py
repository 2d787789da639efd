"""The bank's customers."""
