-- The table of the records: six columns of the original rule, and what idem_runtime adds (docs/decisions.md#the-table).
-- {table}, {audit}, {index} and {in_progress} are identifiers; run by `idem-runtime migrate`, safe to run twice.

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
){partitioning};
CREATE INDEX IF NOT EXISTS {index} ON {table} (expiry_time);
-- what is in progress or unknown is a handful of rows among millions: list and the metrics ask for them again and again
CREATE INDEX IF NOT EXISTS {in_progress} ON {table} (created_at) WHERE status = 'INPROGRESS';
CREATE TABLE IF NOT EXISTS {audit} (
    scope           text        NOT NULL,
    idempotency_key text        NOT NULL,
    attempt         uuid,
    verdict         text        NOT NULL,
    decided_by      text        NOT NULL,
    reason          text        NOT NULL,
    decided_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE {table} IS 'idem-runtime schema 2'

-- name: partition
-- One of several, by a hash of the key alone: whatever scopes a key has (earlier ones, too), its records are in one partition.
CREATE TABLE IF NOT EXISTS {partition} PARTITION OF {table} FOR VALUES WITH (MODULUS {modulus}, REMAINDER {remainder})

-- name: upgrade_1
-- From schema 1, while the application runs, whichever version of the library it has: an index, built without a lock that
-- writers would wait for. Each statement is a transaction of its own; one that was cut off may be run again.
DROP INDEX CONCURRENTLY IF EXISTS {in_progress};
CREATE INDEX CONCURRENTLY IF NOT EXISTS {in_progress} ON {table} (created_at) WHERE status = 'INPROGRESS';
COMMENT ON TABLE {table} IS 'idem-runtime schema 2'
