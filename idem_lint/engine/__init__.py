"""What the source of a project says: facts of each module, and what its expressions come to. Nothing is run."""
