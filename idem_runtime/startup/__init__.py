"""What is checked before an application serves: a file for each subject, and ``route_checks.py`` asks them in order."""
