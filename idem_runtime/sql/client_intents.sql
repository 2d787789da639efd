-- The keys of named intents of a client (idem_runtime.client.PostgresIntents). {table} is an identifier.

-- name: create
CREATE TABLE IF NOT EXISTS {table} (
    -- the caller's own, such as invoice-2231
    name            text        PRIMARY KEY,
    idempotency_key uuid        NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: read_committed
-- at a higher level the entry of a process that was first could not be seen
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;

-- name: durable
-- a key that a crash of the server takes back is another key after it
SELECT set_config('synchronous_commit', 'local', true) WHERE current_setting('synchronous_commit') = 'off';

-- name: keep
INSERT INTO {table} (name, idempotency_key) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING;

-- name: find
SELECT idempotency_key::text, extract(epoch FROM clock_timestamp() - created_at)::float8 FROM {table} WHERE name = %s;

-- name: forget
DELETE FROM {table} WHERE name = %s;

-- name: purge
DELETE FROM {table} WHERE created_at < clock_timestamp() - %s;
