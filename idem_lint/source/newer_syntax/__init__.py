"""Syntax that is newer than the running interpreter."""
