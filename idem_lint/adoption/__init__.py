"""What makes it possible to begin with old code: a baseline, a lock of the handlers, the routes of a running application."""
