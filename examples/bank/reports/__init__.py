"""The bank's reports."""
