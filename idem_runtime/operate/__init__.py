"""The command line of an operator: nothing else imports it."""
