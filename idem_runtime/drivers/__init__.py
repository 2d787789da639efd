"""Drivers run the protocol's statements on a database connection. Only here is psycopg imported."""
