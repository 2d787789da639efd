"""For those who call: transports that set an idempotency key per intent, and keep it over retries."""
