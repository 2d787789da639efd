"""What the configuration says: options, domains, globs."""
