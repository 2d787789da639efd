"""What starts code besides a handler of POST: tasks, consumers, commands, receivers, schedules, scripts."""
