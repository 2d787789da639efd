"""What a run does: the command line's options, a whole project, one file for flake8."""
