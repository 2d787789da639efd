"""From registrations to verdicts: handlers with their marks, and what is reported of them."""
