// Calls an idempotent function once per line of standard input: {"payload": "order-1", "result": {…}}; a line out for each.
import { createInterface } from 'node:readline';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import pg from 'pg';
import { PostgresPersistenceLayer } from './layer.mjs';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 1 });
const persistenceStore = new PostgresPersistenceLayer({ pool });
const config = new IdempotencyConfig({});
config.registerLambdaContext({ getRemainingTimeInMillis: () => 300_000 });
const lines = createInterface({ input: process.stdin });
let open;

lines.on('line', async (line) => {
  const request = JSON.parse(line);
  if (request.end) {
    open(request.end);
    return;
  }
  let executed = false;
  const pay = makeIdempotent(
    async () => {
      executed = true;
      if (request.holds) {
        console.log(JSON.stringify({ holds: true }));
        await new Promise((resolve) => { open = resolve; });
      }
      return request.result;
    },
    { persistenceStore, config, keyPrefix: 'pay' },
  );
  try {
    const result = await pay(request.payload);
    console.log(JSON.stringify({ executed, result: result === undefined ? null : result }));
  } catch (error) {
    console.log(JSON.stringify({ executed, error: error.name }));
  }
});
lines.on('close', () => pool.end());
