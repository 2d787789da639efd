-- The table of the records: six columns of the original rule, and what idem_runtime adds (docs/decisions.md#the-table).
-- {table} and {audit} are identifiers; run by `idem-runtime migrate`, safe to run twice.

-- name: create
CREATE TABLE IF NOT EXISTS {table} (
    -- who asks and what for: length-prefixed parts, so that no two pairs share one text
    scope              text        NOT NULL,
    idempotency_key    text        NOT NULL,
    -- INPROGRESS | COMPLETED; EXPIRED and UNKNOWN are computed, never stored
    status             text        NOT NULL,
    payload_hash       text,
    -- {"status": 201, "headers": [["content-type", "application/json"]]}
    response_data      jsonb,
    -- the exact bytes: jsonb refuses \u0000 and NaN and rewrites 1E2
    response_body      bytea,
    expiry_time        timestamptz NOT NULL,
    in_progress_expiry timestamptz,
    -- fencing token: only the attempt that holds it may complete or release
    attempt            uuid,
    -- NOT NULL is what refuses the record of a handler that ended its transaction: see `seal`
    created_at         timestamptz NOT NULL,
    completed_at       timestamptz,
    PRIMARY KEY (scope, idempotency_key)
);
CREATE INDEX IF NOT EXISTS {index} ON {table} (expiry_time);
CREATE TABLE IF NOT EXISTS {audit} (
    scope           text        NOT NULL,
    idempotency_key text        NOT NULL,
    attempt         uuid,
    verdict         text        NOT NULL,
    decided_by      text        NOT NULL,
    reason          text        NOT NULL,
    decided_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE {table} IS 'idem-runtime schema 1'
