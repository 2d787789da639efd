"""One file per framework, each a thin seam; they do not know each other."""
