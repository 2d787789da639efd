"""What each framework's names mean: a file or folder each."""
