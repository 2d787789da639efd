"""The console: what needs an operator, in a browser. Server-rendered, without a script, and without any payload."""
