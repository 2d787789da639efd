"""What is checked before an application serves."""
