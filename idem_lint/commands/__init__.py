"""What each command of ``idem-lint`` does: it asks ``running``, prints what comes of it, and returns the exit code."""
