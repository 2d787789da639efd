"""One execution: its decisions, and how it runs in a thread or in an event loop."""
