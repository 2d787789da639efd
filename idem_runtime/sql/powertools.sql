-- The statements of the Powertools persistence layer, as queries.sql. `own` is the table of schema.sql, in which the layer
-- has a scope of its own; `six` is the table of six columns that other programs write, too. Times come in as seconds from
-- now and go out as seconds that are left: only the database's clock counts.

-- name: layer_columns
-- What the table is, in the catalog's own words: information_schema hides what this role may not use.
SELECT class.relkind AS kind, class.relpersistence AS persistence, space.nspname AS schema,
       (SELECT json_object_agg(attname, format_type(atttypid, atttypmod))::text
          FROM pg_attribute WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped) AS types,
       (SELECT string_agg(attname, ',' ORDER BY attname)
          FROM pg_attribute
         WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attnotnull AND NOT atthasdef
           AND attidentity = '' AND attgenerated = '') AS required,
       (SELECT string_agg(keys.columns, ';')
          FROM (SELECT (SELECT string_agg(attname, ',' ORDER BY attname)
                          FROM pg_attribute WHERE attrelid = class.oid AND attnum = ANY(index.indkey)) AS columns
                  FROM pg_index AS index
                 WHERE index.indrelid = class.oid AND index.indisunique AND index.indisvalid AND index.indimmediate
                   AND index.indpred IS NULL AND index.indexprs IS NULL) AS keys) AS unique_keys
  FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
 WHERE class.oid = to_regclass(%(table)s)

-- name: layer_transaction
-- Which transaction is open, if it has written anything.
SELECT pg_current_xact_id_if_assigned()::text AS transaction

-- name: layer_six_put
-- The claim, or what is in its way. The second SELECT has the snapshot of before the INSERT waited: it may show a row as it
-- was, or none at all, so only a live COMPLETED is taken from it; everything else is read again by layer_six_read.
WITH put AS (
    INSERT INTO {table} AS record (idempotency_key, status, response_data, expiry_time, in_progress_expiry, payload_hash)
    VALUES (%(key)s, 'INPROGRESS', jsonb_build_object('idem_guard_attempt', %(attempt)s::text),
            clock_timestamp() + make_interval(secs => %(retention)s),
            clock_timestamp() + make_interval(secs => %(remaining)s), %(payload_hash)s)
    ON CONFLICT (idempotency_key) DO UPDATE
       SET status = 'INPROGRESS', response_data = excluded.response_data, expiry_time = excluded.expiry_time,
           in_progress_expiry = excluded.in_progress_expiry, payload_hash = excluded.payload_hash
     WHERE record.status = 'EXPIRED' OR record.expiry_time <= clock_timestamp()
        OR record.status = 'INPROGRESS' AND record.in_progress_expiry <= clock_timestamp()
 RETURNING xmin::text AS fence, pg_current_xact_id_if_assigned()::text AS transaction)
SELECT true AS put, fence, transaction, NULL::text AS attempt, NULL::text AS status, NULL::text AS response, NULL::text AS payload_hash,
       NULL::float8 AS expires, NULL::float8 AS in_progress
  FROM put
UNION ALL
SELECT false, xmin::text, NULL, CASE WHEN status = 'INPROGRESS' THEN response_data->>'idem_guard_attempt' END, status,
       CASE WHEN status <> 'INPROGRESS' THEN response_data::text END, payload_hash,
       extract(epoch FROM expiry_time - clock_timestamp())::float8,
       extract(epoch FROM in_progress_expiry - clock_timestamp())::float8
  FROM {table} WHERE idempotency_key = %(key)s AND NOT EXISTS (SELECT FROM put)

-- name: layer_six_read
SELECT false AS put, xmin::text AS fence,
       CASE WHEN status = 'INPROGRESS' THEN response_data->>'idem_guard_attempt' END AS attempt, status,
       CASE WHEN status <> 'INPROGRESS' THEN response_data::text END AS response, payload_hash,
       extract(epoch FROM expiry_time - clock_timestamp())::float8 AS expires,
       extract(epoch FROM in_progress_expiry - clock_timestamp())::float8 AS in_progress
  FROM {table} WHERE idempotency_key = %(key)s

-- name: layer_six_update
-- xmin: another program's takeover need not touch the token, but always writes the row. The token: two claims in one
-- transaction have one xmin.
UPDATE {table}
   SET status = 'COMPLETED', response_data = %(response)s::jsonb,
       expiry_time = clock_timestamp() + make_interval(secs => %(retention)s),
       payload_hash = coalesce(%(payload_hash)s, payload_hash)
 WHERE idempotency_key = %(key)s AND status = 'INPROGRESS' AND xmin::text = %(fence)s
   AND response_data->>'idem_guard_attempt' IS NOT DISTINCT FROM %(attempt)s
RETURNING true AS done

-- name: layer_six_completed
-- After a lost answer: whether the record says already what was to be said.
SELECT true AS done FROM {table}
 WHERE idempotency_key = %(key)s AND status = 'COMPLETED' AND response_data = %(response)s::jsonb

-- name: layer_six_delete
-- No fence where the claim's answer never came: the token is ours alone.
DELETE FROM {table}
 WHERE idempotency_key = %(key)s AND status = 'INPROGRESS' AND (%(fence)s::text IS NULL OR xmin::text = %(fence)s)
   AND response_data->>'idem_guard_attempt' IS NOT DISTINCT FROM %(attempt)s
RETURNING true AS done

-- name: layer_six_remove
-- Somebody asked for it who claims nothing: what is done is forgotten, what runs is not touched.
DELETE FROM {table} WHERE idempotency_key = %(key)s AND status <> 'INPROGRESS' RETURNING true AS done

-- name: layer_six_purge
-- The condition on EXPIRED is the index's own. What runs is left, and so is a row that somebody has locked. What is chosen is
-- chosen once: as a subquery it may be asked again for each row, and each time there are others.
WITH expired AS MATERIALIZED (
    SELECT idempotency_key FROM {table}
     WHERE status <> 'EXPIRED' AND expiry_time <= statement_timestamp()
       AND (status <> 'INPROGRESS' OR (in_progress_expiry > statement_timestamp()) IS NOT TRUE)
     ORDER BY expiry_time LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
DELETE FROM {table} AS record USING expired WHERE record.idempotency_key = expired.idempotency_key

-- name: layer_six_purge_marked
-- Another program's clean-up may have marked rows EXPIRED, and left them.
WITH expired AS MATERIALIZED (
    SELECT idempotency_key FROM {table} WHERE status = 'EXPIRED' LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
DELETE FROM {table} AS record USING expired WHERE record.idempotency_key = expired.idempotency_key

-- name: layer_own_put
-- As layer_six_put. No body where it is COMPLETED: the response was lost.
WITH put AS (
    INSERT INTO {table} AS record (scope, idempotency_key, status, payload_hash, expiry_time, in_progress_expiry, attempt, created_at)
    VALUES (%(scope)s, %(key)s, 'INPROGRESS', %(payload_hash)s, clock_timestamp() + make_interval(secs => %(retention)s),
            clock_timestamp() + make_interval(secs => %(remaining)s), %(attempt)s::uuid, clock_timestamp())
    ON CONFLICT (scope, idempotency_key) DO UPDATE
       SET status = 'INPROGRESS', payload_hash = excluded.payload_hash, response_data = NULL, response_body = NULL,
           expiry_time = excluded.expiry_time, in_progress_expiry = excluded.in_progress_expiry,
           attempt = excluded.attempt, created_at = excluded.created_at, completed_at = NULL
     WHERE record.expiry_time <= clock_timestamp()
        OR record.status = 'INPROGRESS' AND record.in_progress_expiry <= clock_timestamp()
 RETURNING attempt::text AS fence, pg_current_xact_id_if_assigned()::text AS transaction)
SELECT true AS put, fence, transaction, NULL::text AS attempt, NULL::text AS status, NULL::bytea AS response,
       NULL::text AS payload_hash, NULL::float8 AS expires, NULL::float8 AS in_progress
  FROM put
UNION ALL
SELECT false, attempt::text, NULL, attempt::text, status, response_body, payload_hash,
       extract(epoch FROM expiry_time - clock_timestamp())::float8,
       extract(epoch FROM in_progress_expiry - clock_timestamp())::float8
  FROM {table} WHERE scope = %(scope)s AND idempotency_key = %(key)s AND NOT EXISTS (SELECT FROM put)

-- name: layer_own_read
SELECT false AS put, attempt::text AS fence, attempt::text AS attempt, status, response_body AS response, payload_hash,
       extract(epoch FROM expiry_time - clock_timestamp())::float8 AS expires,
       extract(epoch FROM in_progress_expiry - clock_timestamp())::float8 AS in_progress
  FROM {table} WHERE scope = %(scope)s AND idempotency_key = %(key)s

-- name: layer_own_update
UPDATE {table}
   SET status = 'COMPLETED', response_data = CASE WHEN %(response)s::bytea IS NULL THEN '{"lost": true}'::jsonb END,
       response_body = %(response)s::bytea, completed_at = clock_timestamp(),
       expiry_time = clock_timestamp() + make_interval(secs => %(retention)s),
       payload_hash = coalesce(%(payload_hash)s, payload_hash)
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND status = 'INPROGRESS' AND attempt = %(fence)s::uuid
RETURNING true AS done

-- name: layer_own_completed
SELECT true AS done FROM {table}
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND status = 'COMPLETED' AND attempt = %(fence)s::uuid

-- name: layer_own_delete
DELETE FROM {table}
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND status = 'INPROGRESS' AND attempt = %(fence)s::uuid
RETURNING true AS done

-- name: layer_own_remove
DELETE FROM {table} WHERE scope = %(scope)s AND idempotency_key = %(key)s AND status <> 'INPROGRESS' RETURNING true AS done

-- name: layer_own_purge
-- What expired of all scopes, and in the layer's own scope what a crash left INPROGRESS: nobody else's may ever go.
WITH expired AS MATERIALIZED (
    SELECT scope, idempotency_key FROM {table}
     WHERE expiry_time <= statement_timestamp()
       AND (status = 'COMPLETED' OR scope = %(scope)s AND (in_progress_expiry > statement_timestamp()) IS NOT TRUE)
     ORDER BY expiry_time LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
DELETE FROM {table} AS record USING expired
 WHERE record.scope = expired.scope AND record.idempotency_key = expired.idempotency_key
