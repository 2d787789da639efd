-- Every statement of the runtime. A query is sent in one round trip (simple protocol, or a pipeline of prepared statements),
-- each of its statements with a snapshot of its own; `a+b` in local_effect.py is `a` and `b` in one trip. %(name)s is bound by the driver, {table} and
-- {savepoint} are identifiers, {isolation} is a level. [[previous: … ]] is only sent where an operation has earlier names, [[alone: … ]] only where
-- it has none: that is shorter to plan.

-- name: begin
-- Said explicitly: the database's default may be another level.
BEGIN ISOLATION LEVEL {isolation}

-- name: idle
-- A handler that hangs must not hold its key for ever. A lower limit of the server's stays; 0 is none.
SELECT set_config('idle_in_transaction_session_timeout',
                  CASE WHEN current_setting('idle_in_transaction_session_timeout')::interval > interval '0'
                        AND current_setting('idle_in_transaction_session_timeout')::interval < %(idle)s::interval
                       THEN current_setting('idle_in_transaction_session_timeout') ELSE %(idle)s END, true)

-- name: try_lock
-- As `idle`, and the locks, in one statement. The second lock tells a busy key from a collision of the first; it never waits.
SELECT set_config('idle_in_transaction_session_timeout',
                  CASE WHEN current_setting('idle_in_transaction_session_timeout')::interval > interval '0'
                        AND current_setting('idle_in_transaction_session_timeout')::interval < %(idle)s::interval
                       THEN current_setting('idle_in_transaction_session_timeout') ELSE %(idle)s END, true),
       CASE WHEN pg_try_advisory_xact_lock(%(namespace)s, %(lock)s)
            THEN pg_try_advisory_xact_lock(%(namespace)s + 1, %(identity)s) END IS NOT NULL AS mine

-- name: savepoint
-- Named after the attempt (local_effect.savepoint_of) and gone with its transaction: so what seals finds out that a handler has sent a raw COMMIT.
SAVEPOINT {savepoint}

-- name: wait_lock
-- A lock that is taken after a savepoint goes when that is rolled back to: so the savepoint is made anew behind it.
SELECT set_config('idem.lock_timeout', current_setting('lock_timeout'), true), set_config('lock_timeout', %(wait)s, true);
SELECT pg_advisory_xact_lock(%(namespace)s, [[previous: lock]] [[alone: %(lock)s]]),
       pg_try_advisory_xact_lock(%(namespace)s + 1, %(identity)s)
  [[previous: FROM unnest(%(locks)s::int[]) AS lock]];
SELECT set_config('lock_timeout', current_setting('idem.lock_timeout'), true);
RELEASE SAVEPOINT {savepoint};
SAVEPOINT {savepoint}

-- name: probe_lock
-- The lock did not come in time: somebody runs this key, or the lock collided. The second lock knows.
SELECT pg_try_advisory_xact_lock(%(namespace)s + 1, %(identity)s) AS free

-- name: read
-- A statement of its own: one that locks and reads does not see what was committed while it waited.
SELECT scope, payload_hash, status, response_data, response_body, attempt,
       in_progress_expiry > clock_timestamp() AS alive, expiry_time <= clock_timestamp() AS past,
       coalesce(current_setting('synchronous_standby_names', true), '') <> ''
       AND current_setting('synchronous_commit') NOT IN ('off', 'local') AS awaited
  FROM {table}
 WHERE idempotency_key = %(key)s
   [[alone: AND scope = %(scope)s]]
   [[previous: AND scope = ANY(%(scopes)s::text[])
   AND (scope = %(scope)s OR status <> 'COMPLETED' OR expiry_time > clock_timestamp())
 ORDER BY scope = %(scope)s DESC
 LIMIT 1]]

-- name: read_aged
-- As `read`, with the age, which providers' own key windows count from.
SELECT scope, payload_hash, status, response_data, response_body, attempt,
       in_progress_expiry > clock_timestamp() AS alive, expiry_time <= clock_timestamp() AS past,
       coalesce(current_setting('synchronous_standby_names', true), '') <> ''
       AND current_setting('synchronous_commit') NOT IN ('off', 'local') AS awaited,
       extract(epoch FROM clock_timestamp() - created_at)::float8 AS age
  FROM {table}
 WHERE idempotency_key = %(key)s
   AND scope = ANY(%(scopes)s::text[])
   AND (scope = %(scope)s OR status <> 'COMPLETED' OR expiry_time > clock_timestamp())
 ORDER BY scope = %(scope)s DESC
 LIMIT 1

-- name: confirm
-- A row is seen when it is committed here, which may be before the standby has it. This is the least that has to wait for
-- the standby, and with it for all that was committed before: an empty transaction, or one that only reads, does not.
SELECT pg_logical_emit_message(true, 'idem', '') IS NOT NULL AS confirmed

-- name: discard
DELETE FROM {table}
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND status = 'COMPLETED' AND expiry_time <= clock_timestamp()

-- name: insert
-- A plain INSERT that raises if it loses: a conditional one, sent together with COMMIT, would commit a loser's effect.
INSERT INTO {table} (scope, idempotency_key, status, payload_hash, response_data, response_body, expiry_time, attempt,
                     created_at, completed_at)
VALUES (%(scope)s, %(key)s, 'COMPLETED', %(fingerprint)s, %(response_data)s, %(response_body)s,
        clock_timestamp() + %(kept_for)s, %(attempt)s, clock_timestamp(), clock_timestamp())

-- name: wrote
-- Whether the handler wrote anything in our transaction; asked before the insert, which would answer for it.
SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS wrote

-- name: note_written
-- As `wrote`, kept for `insert_if_written`: what is sent between the two may write itself.
SELECT set_config('idem.wrote', (pg_current_xact_id_if_assigned() IS NOT NULL)::text, true) = 'true' AS wrote

-- name: insert_if_written
-- As `insert`, where the handler wrote something in our transaction. Where it wrote nothing, there is nothing that this
-- would commit but the record, and that says UNKNOWN: nobody knows where the effect went.
INSERT INTO {table} (scope, idempotency_key, status, payload_hash, response_data, response_body, expiry_time,
                     in_progress_expiry, attempt, created_at, completed_at)
SELECT %(scope)s, %(key)s, CASE WHEN wrote THEN 'COMPLETED' ELSE 'INPROGRESS' END, %(fingerprint)s,
       CASE WHEN wrote THEN %(response_data)s::jsonb END, CASE WHEN wrote THEN %(response_body)s::bytea END,
       clock_timestamp() + %(kept_for)s, CASE WHEN NOT wrote THEN to_timestamp(0) END, %(attempt)s::uuid,
       clock_timestamp(), CASE WHEN wrote THEN clock_timestamp() END
  FROM (SELECT current_setting('idem.wrote')::boolean AS wrote) AS noted

-- name: undo
ROLLBACK TO SAVEPOINT {savepoint}

-- name: release_savepoint
-- 3B001 or 25P01 where the handler has ended the transaction that the savepoint was in: nothing after it is run.
RELEASE SAVEPOINT {savepoint}

-- name: commit
COMMIT

-- name: rollback
ROLLBACK

-- name: lock
-- After a lost COMMIT: the lock is free only when the original's transaction has ended, so "no row" then means no effect.
SELECT set_config('lock_timeout', %(wait)s, true);
SELECT pg_advisory_xact_lock(%(namespace)s, [[previous: lock]] [[alone: %(lock)s]])
  [[previous: FROM unnest(%(locks)s::int[]) AS lock]]

-- name: insert_unknown
-- The handler ended its transaction: nobody is answered before this is stored. A record that is there already stays, unless
-- it has expired.
INSERT INTO {table} AS record (scope, idempotency_key, status, payload_hash, expiry_time, in_progress_expiry, attempt, created_at)
VALUES (%(scope)s, %(key)s, 'INPROGRESS', %(fingerprint)s, clock_timestamp() + make_interval(secs => %(retention)s),
        to_timestamp(0), %(attempt)s::uuid, clock_timestamp())
ON CONFLICT (scope, idempotency_key) DO UPDATE
   SET status = 'INPROGRESS', payload_hash = excluded.payload_hash, response_data = NULL, response_body = NULL,
       expiry_time = excluded.expiry_time, in_progress_expiry = excluded.in_progress_expiry, attempt = excluded.attempt,
       created_at = excluded.created_at, completed_at = NULL
 WHERE record.status = 'COMPLETED' AND record.expiry_time <= clock_timestamp()

-- name: start
-- External: the claim commits before anything happens. One statement, so two callers cannot both get a row.
INSERT INTO {table} AS record (scope, idempotency_key, status, payload_hash, expiry_time, in_progress_expiry, attempt, created_at)
SELECT %(scope)s, %(key)s, 'INPROGRESS', %(fingerprint)s, clock_timestamp() + make_interval(secs => %(retention)s),
       clock_timestamp() + make_interval(secs => %(lease)s), %(attempt)s::uuid, clock_timestamp()
 WHERE NOT EXISTS (SELECT FROM {table} WHERE scope = ANY(%(previous)s::text[]) AND idempotency_key = %(key)s
                      AND (status <> 'COMPLETED' OR expiry_time > clock_timestamp()))
ON CONFLICT (scope, idempotency_key) DO UPDATE
   SET status = 'INPROGRESS', payload_hash = excluded.payload_hash, response_data = NULL, response_body = NULL,
       expiry_time = excluded.expiry_time, in_progress_expiry = excluded.in_progress_expiry, attempt = excluded.attempt,
       created_at = excluded.created_at, completed_at = NULL
 WHERE record.status = 'COMPLETED' AND record.expiry_time <= clock_timestamp()
RETURNING attempt::text AS attempt

-- name: take_over
-- An unknown attempt is replaced by a new one; created_at stays, because the provider's window counts from there.
UPDATE {table}
   SET attempt = %(attempt)s::uuid, in_progress_expiry = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND attempt = %(replaced)s::uuid AND status = 'INPROGRESS'
   AND in_progress_expiry <= clock_timestamp()
RETURNING attempt::text AS attempt

-- name: adopt
-- What the provider told about an unknown attempt; its owner loses the token with it.
UPDATE {table}
   SET status = 'COMPLETED', response_data = %(response_data)s::jsonb, response_body = %(response_body)s,
       completed_at = clock_timestamp(), expiry_time = clock_timestamp() + make_interval(secs => %(retention)s),
       attempt = %(attempt)s::uuid
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND attempt = %(replaced)s::uuid AND status = 'INPROGRESS'
   AND in_progress_expiry <= clock_timestamp()
RETURNING attempt::text AS attempt

-- name: complete
-- Only the attempt that holds the token; doing it twice is the same as once.
UPDATE {table}
   SET status = 'COMPLETED', response_data = %(response_data)s::jsonb, response_body = %(response_body)s,
       completed_at = clock_timestamp(), expiry_time = clock_timestamp() + make_interval(secs => %(retention)s)
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND attempt = %(attempt)s::uuid
RETURNING attempt::text AS attempt

-- name: release
DELETE FROM {table}
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND attempt = %(attempt)s::uuid AND status = 'INPROGRESS'
RETURNING attempt::text AS attempt

-- name: mark_unknown
UPDATE {table} SET in_progress_expiry = to_timestamp(0)
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND attempt = %(attempt)s::uuid AND status = 'INPROGRESS'
RETURNING attempt::text AS attempt

-- name: renew
-- The leases of all attempts of a process. A row that somebody is deciding about is not waited for: the others' leases run.
WITH held AS (
    SELECT * FROM unnest(%(scopes)s::text[], %(keys)s::text[], %(attempts)s::uuid[], %(leases)s::float8[])
               AS held(scope, key, attempt, lease)),
free AS (
    SELECT record.scope, record.idempotency_key, held.lease
      FROM held JOIN {table} AS record
        ON record.scope = held.scope AND record.idempotency_key = held.key AND record.attempt = held.attempt
     WHERE record.status = 'INPROGRESS' AND record.in_progress_expiry > to_timestamp(0)
       FOR NO KEY UPDATE OF record SKIP LOCKED),
renewed AS (
    UPDATE {table} AS record SET in_progress_expiry = clock_timestamp() + make_interval(secs => free.lease)
      FROM free
     WHERE record.scope = free.scope AND record.idempotency_key = free.idempotency_key
 RETURNING record.attempt)
SELECT coalesce((SELECT string_agg(attempt::text, ' ') FROM renewed), '') AS renewed,
       coalesce((SELECT string_agg(record.attempt::text, ' ')
                   FROM held JOIN {table} AS record
                     ON record.scope = held.scope AND record.idempotency_key = held.key AND record.attempt = held.attempt
                  WHERE record.status = 'INPROGRESS' AND record.in_progress_expiry > to_timestamp(0)), '') AS owned

-- name: located
-- Where the records are, whatever stands before them on a search path later, and what this role may not do there.
-- A process of another number than the one that was announced is behind a pooler.
SELECT space.nspname AS schema, current_user AS role, pg_backend_pid() AS process, class.relpersistence AS persistence,
       concat_ws(', ', CASE WHEN NOT has_any_column_privilege(class.oid, 'SELECT') THEN 'SELECT' END,
                       CASE WHEN NOT has_any_column_privilege(class.oid, 'INSERT') THEN 'INSERT' END,
                       CASE WHEN NOT has_any_column_privilege(class.oid, 'UPDATE') THEN 'UPDATE' END,
                       CASE WHEN NOT has_table_privilege(class.oid, 'DELETE') THEN 'DELETE' END) AS lacking
  FROM pg_class AS class JOIN pg_namespace AS space ON space.oid = class.relnamespace
 WHERE class.relname = %(name)s AND class.relkind IN ('r', 'p') AND space.nspname NOT LIKE 'pg\_temp%'
   AND space.nspname = ANY(CASE WHEN %(schema)s::name IS NULL THEN current_schemas(false) ELSE ARRAY[%(schema)s::name] END)
 ORDER BY array_position(current_schemas(false), space.nspname) LIMIT 1

-- name: by_index
-- A table that was never analysed looks as if all of it had to be read: only the indexes are left to the planner, until the
-- transaction ends, which what is sent behind this in the same round trip shares.
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_sort = off;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off

-- name: purge
-- Never INPROGRESS, so never UNKNOWN either; locked rows are left for the next run. statement_timestamp() is the database's
-- clock, too, and unlike clock_timestamp() it bounds what is read of the index. What is chosen is chosen once: as a subquery it
-- may be asked again for each row, and each time there are others.
WITH expired AS MATERIALIZED (
    SELECT scope, idempotency_key FROM {table}
     WHERE status = 'COMPLETED' AND expiry_time <= statement_timestamp()
     ORDER BY expiry_time LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
DELETE FROM {table} AS record USING expired
 WHERE record.scope = expired.scope AND record.idempotency_key = expired.idempotency_key

-- name: purgeable
SELECT count(*) AS records FROM {table} WHERE status = 'COMPLETED' AND expiry_time <= statement_timestamp()

-- name: show
-- Sizes and digests only: what was asked and answered is nobody's business here. Times as seconds since 1970.
SELECT scope, idempotency_key AS key, payload_hash, attempt::text AS attempt,
       response_data->>'status' AS response_status, octet_length(response_body) AS body_bytes,
       encode(sha256(response_body), 'hex') AS body_digest,
       extract(epoch FROM created_at)::float8 AS created, extract(epoch FROM completed_at)::float8 AS completed,
       extract(epoch FROM in_progress_expiry)::float8 AS lease, extract(epoch FROM expiry_time)::float8 AS expires,
       CASE WHEN status = 'COMPLETED' AND expiry_time <= clock_timestamp() THEN 'EXPIRED'
            WHEN status = 'INPROGRESS' AND (in_progress_expiry > clock_timestamp()) IS NOT TRUE THEN 'UNKNOWN'
            ELSE status END AS state
  FROM {table} WHERE scope = %(scope)s AND idempotency_key = %(key)s

-- name: now
SELECT extract(epoch FROM clock_timestamp())::float8 AS now

-- name: decisions
SELECT verdict, decided_by, reason, extract(epoch FROM decided_at)::float8 AS decided
  FROM {audit} WHERE scope = %(scope)s AND idempotency_key = %(key)s ORDER BY decided_at

-- name: unanswered
-- Oldest first: who waits longest is looked at first.
SELECT scope, idempotency_key AS key, extract(epoch FROM clock_timestamp() - created_at)::float8 AS age,
       CASE WHEN (in_progress_expiry > clock_timestamp()) IS TRUE THEN 'INPROGRESS' ELSE 'UNKNOWN' END AS state
  FROM {table}
 WHERE status = 'INPROGRESS' AND ((in_progress_expiry > clock_timestamp()) IS TRUE) = ANY(%(alive)s::bool[])
 ORDER BY created_at, scope, idempotency_key LIMIT %(limit)s

-- name: unknown_outcomes
-- As in `unanswered`, counted: for metrics.
SELECT count(*)::float8 AS unknown,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest
  FROM {table}
 WHERE status = 'INPROGRESS' AND (in_progress_expiry > clock_timestamp()) IS NOT TRUE

-- name: elsewhere
-- The same key under other scopes: what was meant, where a scope was mistyped.
SELECT scope FROM {table} WHERE idempotency_key = %(key)s ORDER BY created_at DESC LIMIT %(limit)s

-- name: identities
-- In the order of the primary key, so that a digest is looked for a page at a time.
SELECT scope, idempotency_key AS key FROM {table}
 WHERE (scope, idempotency_key) > (%(scope)s, %(key)s) ORDER BY scope, idempotency_key LIMIT %(limit)s

-- name: decided
-- Decisions outlive their records.
SELECT DISTINCT scope, idempotency_key AS key FROM {audit}

-- name: resolve_executed
-- One statement, so the decision and its record stand or fall together. `seen`: the attempt that was decided about, where
-- that is known.
WITH resolved AS (
    UPDATE {table} SET status = 'COMPLETED', response_data = %(response_data)s::jsonb, response_body = %(response_body)s,
           attempt = %(attempt)s::uuid, completed_at = clock_timestamp(), expiry_time = clock_timestamp() + make_interval(secs => %(retention)s)
     WHERE scope = %(scope)s AND idempotency_key = %(key)s AND status = 'INPROGRESS'
       AND (in_progress_expiry > clock_timestamp()) IS NOT TRUE
       AND (%(seen)s::text IS NULL OR coalesce(attempt::text, '') = %(seen)s)
 RETURNING scope, idempotency_key, attempt)
INSERT INTO {audit} (scope, idempotency_key, attempt, verdict, decided_by, reason)
SELECT scope, idempotency_key, attempt, 'executed', %(who)s, %(why)s FROM resolved RETURNING verdict

-- name: resolve_not_executed
WITH resolved AS (
    DELETE FROM {table}
     WHERE scope = %(scope)s AND idempotency_key = %(key)s AND status = 'INPROGRESS'
       AND (in_progress_expiry > clock_timestamp()) IS NOT TRUE
       AND (%(seen)s::text IS NULL OR coalesce(attempt::text, '') = %(seen)s)
 RETURNING scope, idempotency_key, attempt)
INSERT INTO {audit} (scope, idempotency_key, attempt, verdict, decided_by, reason)
SELECT scope, idempotency_key, attempt, 'not_executed', %(who)s, %(why)s FROM resolved RETURNING verdict

-- name: propose
-- What one person would decide, where a second one has to agree.
INSERT INTO {audit} (scope, idempotency_key, attempt, verdict, decided_by, reason)
SELECT scope, idempotency_key, attempt, %(verdict)s, %(who)s, %(why)s
  FROM {table}
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND status = 'INPROGRESS'
   AND (in_progress_expiry > clock_timestamp()) IS NOT TRUE AND coalesce(attempt::text, '') = %(seen)s
RETURNING verdict

-- name: proposals
-- About one attempt: what was proposed about an earlier one counts no more.
SELECT verdict, decided_by FROM {audit}
 WHERE scope = %(scope)s AND idempotency_key = %(key)s AND coalesce(attempt::text, '') = %(seen)s
   AND verdict LIKE '% sha256:%' AND decided_at > clock_timestamp() - interval '24 hours'
 ORDER BY decided_at

-- name: overview
-- What costs little on a table of any size: the index of what is in progress, the planner's count, the first of what is to be
-- purged.
SELECT (SELECT count(*) FROM {table} WHERE status = 'INPROGRESS' AND (in_progress_expiry > clock_timestamp()) IS TRUE) AS in_progress,
       (SELECT count(*) FROM {table} WHERE status = 'INPROGRESS' AND (in_progress_expiry > clock_timestamp()) IS NOT TRUE) AS unknown,
       (SELECT extract(epoch FROM clock_timestamp() - min(created_at))::float8 FROM {table}
         WHERE status = 'INPROGRESS' AND (in_progress_expiry > clock_timestamp()) IS NOT TRUE) AS oldest,
       (SELECT count(*) FROM (SELECT FROM {table} WHERE expiry_time <= statement_timestamp() AND status = 'COMPLETED'
                               ORDER BY expiry_time LIMIT %(limit)s) AS first) AS expired,
       (SELECT CASE WHEN min(reltuples) >= 0 THEN sum(reltuples)::float8 END FROM pg_class
         WHERE relkind = 'r' AND (oid = to_regclass(%(table)s)
            OR oid IN (SELECT relid FROM pg_partition_tree(to_regclass(%(table)s))))) AS estimated,
       coalesce((SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree(to_regclass(%(table)s))),
                pg_total_relation_size(to_regclass(%(table)s))) AS bytes

-- name: forget
-- Of one principal, whose scopes begin with its length and itself: what was asked and answered goes, the fact stays, and who
-- has decided that is noted with it. Locked rows are left for the next batch.
WITH chosen AS (
    SELECT scope, idempotency_key FROM {table}
     WHERE starts_with(scope, %(principal)s) AND status = 'COMPLETED' AND payload_hash IS DISTINCT FROM %(forgotten)s
     LIMIT %(batch)s FOR UPDATE SKIP LOCKED),
forgotten AS (
    UPDATE {table} AS record SET payload_hash = %(forgotten)s, response_data = NULL, response_body = NULL
      FROM chosen
     WHERE record.scope = chosen.scope AND record.idempotency_key = chosen.idempotency_key
 RETURNING record.scope, record.idempotency_key, record.attempt)
INSERT INTO {audit} (scope, idempotency_key, attempt, verdict, decided_by, reason)
SELECT scope, idempotency_key, attempt, 'forgotten', %(who)s, %(why)s FROM forgotten

-- name: forgettable
SELECT count(*) FILTER (WHERE status = 'COMPLETED' AND payload_hash IS DISTINCT FROM %(forgotten)s) AS answers,
       count(*) FILTER (WHERE status <> 'COMPLETED') AS unanswered
  FROM {table} WHERE starts_with(scope, %(principal)s)

-- name: stats
SELECT count(*) FILTER (WHERE status = 'COMPLETED' AND expiry_time > clock_timestamp()) AS completed,
       count(*) FILTER (WHERE status = 'COMPLETED' AND expiry_time <= clock_timestamp()) AS expired,
       count(*) FILTER (WHERE status = 'INPROGRESS' AND in_progress_expiry > clock_timestamp()) AS in_progress,
       count(*) FILTER (WHERE status = 'INPROGRESS' AND (in_progress_expiry > clock_timestamp()) IS NOT TRUE) AS unknown,
       extract(epoch FROM clock_timestamp() - min(created_at)
               FILTER (WHERE status = 'INPROGRESS' AND (in_progress_expiry > clock_timestamp()) IS NOT TRUE))::float8 AS oldest,
       coalesce((SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree(to_regclass(%(table)s))),
                pg_total_relation_size(to_regclass(%(table)s))) AS bytes
  FROM {table}

-- name: columns
-- not information_schema, which hides what this role may not use
SELECT attname AS column_name, format_type(atttypid, atttypmod) AS type, attnotnull AS required, atthasdef AS given
  FROM pg_attribute
 WHERE attrelid = to_regclass(%(table)s) AND attnum > 0 AND NOT attisdropped

-- name: comment
-- Which schema the table has.
SELECT obj_description(to_regclass(%(table)s), 'pg_class') AS comment

-- name: partitions
-- Of a table that has any: whether each survives a crash of the server, and which part of all keys goes there.
SELECT class.relname AS name, class.relpersistence = 'p' AS crash_safe,
       1.0 / nullif(substring(pg_get_expr(class.relpartbound, class.oid) FROM 'modulus (\d+)'), '')::float8 AS share
  FROM pg_inherits JOIN pg_class AS class ON class.oid = inhrelid
 WHERE inhparent = to_regclass(%(table)s) ORDER BY class.relname

-- name: server
SELECT pg_is_in_recovery() AS replica, current_setting('transaction_read_only') = 'on' AS read_only,
       current_setting('server_version_num')::int AS version, current_setting('server_version') AS named,
       extract(epoch FROM clock_timestamp())::float8 AS clock,
       current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_standby_names') AS synchronous_standby_names,
       -- storage of its own stands below these servers: what their settings say of disks is not the whole truth
       CASE WHEN current_setting('neon.timeline_id', true) <> '' THEN 'Neon'
            WHEN to_regproc('pg_catalog.aurora_version') IS NOT NULL THEN 'Aurora' END AS storage

-- name: standbys
-- Without pg_read_all_stats the names and states of others' connections are NULL, but the rows are there.
SELECT application_name AS name, state, sync_state FROM pg_stat_replication ORDER BY application_name, pid

-- name: sees_standbys
SELECT pg_has_role('pg_read_all_stats', 'USAGE') AS allowed, current_user::text AS role

-- name: time_limits
-- In milliseconds, as this role gets them here; 0 is no limit. transaction_timeout is Postgres 17's.
SELECT name, setting::int AS milliseconds FROM pg_settings
 WHERE name IN ('idle_in_transaction_session_timeout', 'statement_timeout', 'transaction_timeout') ORDER BY name

-- name: access
-- Which relation the records' name means here, and what this role lacks for the runtime's statements. Always one row, and no
-- error: to_regclass raises where a schema may not be used. `hidden`: schemas further down the search path with a relation of
-- the same name; `elsewhere`: other schemas with one; `temporary_elsewhere`: how many sessions have a temporary one.
WITH named AS (
    SELECT class.oid, nspname::text AS schema, relpersistence = 't' AS temporary, pg_table_is_visible(class.oid) AS visible,
           has_schema_privilege(relnamespace, 'USAGE') AS usable, array_position(current_schemas(true), nspname) AS place
      FROM pg_class AS class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relname = %(relation)s AND relkind <> 't'),
meant AS (
    SELECT * FROM named WHERE CASE WHEN %(schema)s::text IS NULL THEN visible ELSE schema = %(schema)s END)
SELECT current_user::text AS role, current_database()::text AS database, current_setting('search_path') AS search_path,
       meant.oid::bigint AS oid, meant.schema, meant.temporary,
       %(schema)s::text IS NULL OR EXISTS (SELECT FROM pg_namespace WHERE nspname = %(schema)s) AS schema_there,
       (SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = %(schema)s) IS NOT FALSE AS usable,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) IS TRUE AS superuser,
       ARRAY(SELECT schema FROM named WHERE place IS NOT NULL AND NOT visible AND NOT temporary ORDER BY place) AS hidden,
       ARRAY(SELECT schema FROM named WHERE place IS NULL AND NOT temporary ORDER BY schema) AS elsewhere,
       (SELECT count(*) FROM named WHERE temporary AND NOT visible) AS temporary_elsewhere,
       -- a privilege on every column is as good as one on the table; there is none such for DELETE
       ARRAY(SELECT needed FROM unnest(%(needed)s::text[]) AS needed
              WHERE NOT has_table_privilege(meant.oid, needed)
                AND CASE WHEN needed = 'DELETE' THEN true ELSE EXISTS (
                         SELECT FROM pg_attribute WHERE attrelid = meant.oid AND attnum > 0 AND NOT attisdropped
                            AND attname = ANY(%(columns)s::text[]) AND NOT has_column_privilege(meant.oid, attnum, needed)) END
       ) AS lacks,
       ARRAY(SELECT oid::regprocedure::text FROM pg_proc
              WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY(%(functions)s::text[])
                AND oid::regprocedure::text !~ 'advisory.*bigint' -- our locks are of two numbers
                AND NOT has_function_privilege(oid, 'EXECUTE')
              ORDER BY 1) AS lacks_functions
  FROM (SELECT) AS always LEFT JOIN meant ON true

-- name: means
-- Which table the records' name means on this connection, at this moment: another number than `access` gave is another table.
SELECT to_regclass(%(table)s)::oid::bigint AS oid

-- name: shape
-- What a table has to be beside its columns. `allowed`: which of the needed privileges this role has.
SELECT relkind IN ('r', 'p') AS is_table, relkind = 'p' AS partitioned, relpersistence = 'p' AS crash_safe, row_security_active(class.oid) AS hides_rows,
       EXISTS (SELECT FROM pg_index
                WHERE indrelid = class.oid AND indisunique AND indimmediate AND indisvalid AND indpred IS NULL
                  AND indexprs IS NULL AND indnkeyatts = 2
                  AND (SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute
                        WHERE attrelid = class.oid AND attnum = ANY((indkey::int2[])[0:1])) = '{idempotency_key,scope}') AS keyed,
       EXISTS (SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
                WHERE indrelid = class.oid AND indisvalid AND indpred IS NULL AND attname = 'expiry_time') AS indexed,
       EXISTS (SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
                WHERE indrelid = class.oid AND indisvalid AND indpred IS NOT NULL AND attname = 'created_at') AS in_progress_indexed,
       ARRAY(SELECT needed FROM unnest(%(needed)s::text[]) AS needed WHERE has_table_privilege(class.oid, needed)) AS allowed
  FROM pg_class AS class WHERE class.oid = to_regclass(%(table)s)

-- name: kept
-- How long the answers that go first are kept; 24 h is the least (docs/decisions.md#retention). `looked_at`: how many they are.
SELECT count(*) AS looked_at,
       count(*) FILTER (WHERE kept < interval '23:59:00') AS records, -- the two clocks of one statement differ a little
       min(extract(epoch FROM kept))::float8 AS shortest
  FROM (SELECT CASE WHEN isfinite(expiry_time) AND isfinite(completed_at) THEN expiry_time - completed_at END AS kept
          FROM {table} WHERE status = 'COMPLETED' ORDER BY expiry_time LIMIT %(limit)s) AS first

-- name: backend
SELECT pg_backend_pid() AS backend
