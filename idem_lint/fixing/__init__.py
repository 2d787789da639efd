"""How a source file is changed: marks put in their places, everything else left as it is, byte for byte."""
