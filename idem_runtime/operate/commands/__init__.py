"""The commands of ``idem-runtime``: a file each, with its options, their defaults, its examples and what it prints."""
