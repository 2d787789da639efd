// A PostgresPersistenceLayer for Powertools for TypeScript, as a bank's shared package has it: four methods, plain pg queries.
import { readFileSync } from 'node:fs';
import { BasePersistenceLayer, IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence';
import { IdempotencyItemAlreadyExistsError, IdempotencyItemNotFoundError } from '@aws-lambda-powertools/idempotency';

const SQL = JSON.parse(readFileSync(new URL('./statements.json', import.meta.url), 'utf8'));

export class PostgresPersistenceLayer extends BasePersistenceLayer {
  constructor({ pool, expiresAfterSeconds = 86_400 }) {
    super();
    this.pool = pool;
    this.seconds = expiresAfterSeconds;
  }

  configure(options) {
    super.configure(options);
    this.expiresAfterSeconds = this.seconds;
  }

  async _putRecord(record) {
    const inProgress = record.inProgressExpiryTimestamp;
    const { rowCount } = await this.pool.query(SQL.put, [
      record.idempotencyKey,
      record.status,
      record.expiryTimestamp,
      inProgress === undefined ? null : inProgress / 1000,
      record.payloadHash,
    ]);
    if (rowCount === 0) {
      throw new IdempotencyItemAlreadyExistsError('it is there', await this._getRecord(record.idempotencyKey));
    }
  }

  async _getRecord(idempotencyKey) {
    const { rows } = await this.pool.query(SQL.get, [idempotencyKey]);
    if (rows.length === 0) throw new IdempotencyItemNotFoundError();
    const [row] = rows;
    return new IdempotencyRecord({
      idempotencyKey,
      status: row.status,
      expiryTimestamp: row.expiry,
      inProgressExpiryTimestamp: row.in_progress === null ? undefined : row.in_progress * 1000,
      responseData: row.response_data ?? undefined,
      payloadHash: row.payload_hash ?? '',
    });
  }

  async _updateRecord(record) {
    await this.pool.query(SQL.update, [
      record.idempotencyKey,
      record.status,
      record.expiryTimestamp,
      JSON.stringify(record.responseData ?? null),
      record.payloadHash,
    ]);
  }

  async _deleteRecord(record) {
    await this.pool.query(SQL.delete, [record.idempotencyKey]);
  }
}
