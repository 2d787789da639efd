"""Flask, Quart and what is built on Flask."""
