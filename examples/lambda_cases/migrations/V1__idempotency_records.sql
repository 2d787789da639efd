CREATE TABLE IF NOT EXISTS aml.idempotency_records (
idempotency_key TEXT PRIMARY KEY,
status TEXT NOT NULL, -- INPROGRESS | COMPLETED | EXPIRED
response_data JSONB,
expiry_time TIMESTAMPTZ NOT NULL,
in_progress_expiry TIMESTAMPTZ,
payload_hash TEXT
);
CREATE INDEX ON aml.idempotency_records (expiry_time)
WHERE status != 'EXPIRED';
