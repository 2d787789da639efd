"""Queue workers: a message whose original still runs is tried again later, and is not acknowledged."""
