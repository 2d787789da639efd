"""From modules to registrations, whatever the framework: decorators, calls, registrars, class views."""
