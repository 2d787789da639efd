"""``idem-lint server``: the linter as a language server (LSP 3.17). pygls is imported here and nowhere else.

The process that an editor starts only speaks the protocol; what takes time happens in two workers, processes of their own:
one judges the open file while somebody types, the other the whole project once they pause.
"""
