"""Pyramid and Cornice."""
