import { publishCrm, type Crm } from './crm.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestLatchkey, type CallRow, type Json, type TestLatchkey } from './latchkey.js';
import { NewRows } from './new-rows.js';

/** A gateway with one service at `/crm`, and a key that opens every path of it. */
export interface OpenGateway {
  readonly latchkey: TestLatchkey;
  readonly crm: Crm;
  readonly rows: NewRows;
  readonly keyId: string;
  readonly secret: string;
  /** What the row of every forwarded call says. */
  readonly row: Json;
  /** The one row since the last time rows were taken, once its outcome is known. */
  takeRow(): Promise<CallRow>;
  close(): Promise<void>;
}

const patienceMs = 5_000;

export interface GatewaySettings {
  /** Settings of Latchkey itself. */
  readonly environment?: Record<string, string>;
  /** Settings of the service, beyond its upstream. */
  readonly service?: Json;
  /** Of the service; every method on every path with `contacts.read` unless given. */
  readonly routes?: readonly Json[];
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];

/** Every method on every path. */
export const everyRoute: readonly Json[] = methods.map((method) => ({
  method,
  path: '/*',
  scopeSets: [['contacts.read']],
}));

export async function openGateway(
  upstreamUrl: string,
  settings: GatewaySettings = {},
): Promise<OpenGateway> {
  const latchkey = await startTestLatchkey(settings.environment);
  const crm = await publishCrm(latchkey, upstreamUrl, settings.service);
  const routes = settings.routes ?? everyRoute;
  await latchkey.manage('PUT', '/v1/services/crm/routes', { routes });
  const key = await crm.makeKey();
  const rows = new NewRows(latchkey);
  await rows.skip();
  return {
    ...{ latchkey, crm, rows, keyId: key.id, secret: key.secret },
    row: {
      ...{ door: 'gateway', decision: 'allowed', keyId: key.id, serviceId: crm.serviceId },
      ...{ callerIp: '127.0.0.1', peerIp: '127.0.0.1' },
    },
    takeRow: () => takeRow(latchkey, rows),
    close: () => latchkey.remove(),
  };
}

/** An unsafe call's row is completed after its answer, so it is waited for. */
async function takeRow(latchkey: TestLatchkey, rows: NewRows): Promise<CallRow> {
  const taken = await rows.take(1);
  if (taken.length !== 1) throw new Error(`Not one row, but ${JSON.stringify(taken)}`);
  const { id } = taken[0] as CallRow;
  const until = performance.now() + patienceMs;
  let row = taken[0] as CallRow;
  while (row['status'] === null) {
    if (performance.now() > until) throw new Error(`${JSON.stringify(row)} was never completed`);
    await sleep(5);
    row = (await latchkey.rows()).find((other) => other['id'] === id) as CallRow;
  }
  return row;
}
