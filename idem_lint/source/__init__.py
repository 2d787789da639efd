"""Files: which there are, their bytes, their comments, their syntax."""
