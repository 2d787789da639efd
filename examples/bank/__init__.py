"""A small bank's HTTP service. Some of its handlers are wrong on purpose: each says so in its docstring."""
