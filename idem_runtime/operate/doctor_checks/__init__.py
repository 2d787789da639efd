"""What ``idem-runtime doctor`` looks at: a file for each subject."""
