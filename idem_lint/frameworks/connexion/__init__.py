"""Connexion: routes that an OpenAPI document names."""
