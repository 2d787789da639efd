"""What every HTTP adapter does, whatever its framework."""
