import type { RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Admission } from './access/admission.js';
import { OwnRoutes } from './access/guard/own-routes.js';
import { recordCalls } from './access/guard/record-calls.js';
import { answerUnrouted } from './access/guard/unrouted.js';
import { AccessServer } from './access/server.js';
import { AppModule } from './app.module.js';
import type { CourierSurroundings } from './courier/surroundings.js';
import { newId } from './core/ids.js';
import { MonotonicClock } from './core/monotonic-clock.js';
import { DemoService } from './demo/demo.service.js';
import { tryLines } from './demo/try-lines.js';
import { openInstallation } from './installation.js';
import { FirstStartService } from './management/first-start/first-start.service.js';
import { LogStreamService } from './management/request-log/log-stream.service.js';
import type { Settings } from './platform/config/settings.js';
import { writeSecretFile } from './platform/config/versioned-keys.js';
import { serveConsole } from './platform/console/serve-console.js';
import { serveErrorPages } from './platform/errors/error-page.js';
import { serveRotationGuide } from './platform/guides/rotation-guide.js';
import { Health } from './platform/health/health.js';
import { AccessAddress } from './platform/http/access-address.js';
import { ConsoleAddress } from './platform/http/console-address.js';
import { useBodyParsers } from './platform/http/body-parsers.js';
import { drain } from './platform/http/drain.js';
import {
  answerClientError,
  createHttpServer,
  type OnRefused,
} from './platform/http/http-server.js';
import { listenOrSay } from './platform/http/listen.js';
import { noSchemas } from './platform/http/no-schemas.js';
import { useSecurityHeaders } from './platform/http/security-headers.js';
import { PinoLogger } from './platform/logging/pino-logger.js';
import { serveDocs } from './platform/openapi/docs-page.js';
import type { RetentionSurroundings } from './retention/surroundings.js';
import { callLogReader } from './store/call-log/call-log-data-source.js';
import { CallLogPruner } from './store/call-log/prune/call-log-pruner.js';
import { CallLogWriter } from './store/call-log/write/call-log-writer.js';
import { CallLogTables } from './store/call-log/read/call-log-tables.js';
import { CallGapsStore } from './store/call-log/read/call-gaps.store.js';
import { CallPaths } from './store/call-log/read/call-paths.js';
import { CallSumsStore } from './store/call-log/read/call-sums.store.js';
import { CallsStore } from './store/call-log/read/calls.store.js';
import { RotationUsageStore } from './store/call-log/usage/rotation-usage.store.js';
import { UsageStore } from './store/call-log/usage/usage.store.js';
import { migrateCallLog } from './store/call-log/migrate-call-log.js';
import { openCallTable } from './store/call-log/read/open-call-table.js';
import { Database } from './store/database.js';
import { JunkCountsStore } from './store/junk-counts/junk-counts.store.js';
import { JunkLedger } from './store/junk-counts/junk-ledger.js';
import { openJunkCounts } from './store/junk-counts/open-junk-counts.js';
import { Lease } from './store/lease.js';
import type { StoreParts } from './store/store.module.js';

/** The longest name in a path is a scope's: 128 characters, each of which may be percent-encoded. */
const pathPartLengthMax = 128 * 3;

/** What a test gives in place of the world. */
export interface Surroundings {
  /** Epoch milliseconds. */
  readonly wallClock?: () => number;
  /** The built `call-log.worker.js`. */
  readonly workerUrl?: URL;
  /** For how long a node of several believes what it remembers. */
  readonly leaseMs?: number;
  /** Takes the log's lines in place of standard error. */
  readonly logLines?: { write(line: string): void };
  readonly courier?: Partial<CourierSurroundings>;
  readonly retention?: Partial<RetentionSurroundings>;
}

export interface RunningLatchkey {
  readonly app: NestFastifyApplication;
  readonly accessUrl: string;
  readonly managementUrl: string;
  /** Files that were made on this start: keys, the operator's, the demo's. */
  readonly madeFiles: readonly string[];
  /** By which the operator gets a sign-in, made on the first start: a secret, for their eyes alone. */
  readonly setUpLink: string | null;
  /** Commands with which a person can try it, if there is a demo. */
  tryLines(bold: (text: string) => string): string[];
  /** Lets what is under way finish, and puts every row on disk. Asking again waits for the same end. */
  close(): Promise<void>;
}

/**
 * Opens the installation, starts both listeners and, on an empty store, makes the operator's account.
 *
 * @throws StartError of one readable line
 */
export async function startLatchkey(
  settings: Settings,
  surroundings: Surroundings = {},
): Promise<RunningLatchkey> {
  const installation = await openInstallation(settings);
  const { wallClock = Date.now, workerUrl, leaseMs, logLines, ...others } = surroundings;
  const logger = new PinoLogger(logLines);
  const undo: (() => Promise<unknown> | void)[] = [() => installation.release()];
  let closing: Promise<void> | undefined;
  try {
    const log = await openLog(settings, installation.nodeId, { workerUrl, logger }, undo);
    const { databaseUrl, nodeId, peppers, sealingKeys, keyPrefixes, auditKey } = installation;
    const parts = {
      ...{ databaseUrl, nodeId, peppers, sealingKeys, keyPrefixes, auditKey, leaseMs },
      policyDefaults: settings.policyDefaults,
      sessionTerms: settings.sessionTerms,
      ...{ ...log, clock: new MonotonicClock(wallClock) },
    };
    const app = await buildApp(settings, parts, logger, others);
    undo.unshift(() => app.close());
    const first = await firstStart(app, settings);
    const demo = await app.get(DemoService).start();
    const accessServer = app.get(AccessServer);
    const management = app.getHttpAdapter().getInstance();
    undo.unshift(() => {
      // A stream has no end of its own to wait for.
      app.get(LogStreamService).stop();
      return drain([accessServer.httpServer, management.server], () =>
        Promise.all([accessServer.close(), management.close()]),
      );
    });
    const [database, lease] = [app.get(Database), app.get(Lease)];
    app.get(Health).watch('store', () => lease.holds && !database.isFailing);
    app.get(Health).watch('call_log', () => log.callLog.healthy);
    const { host, port } = settings.management;
    // Not by app.listen(), which would log a failure of its own beside the one line.
    await listenOrSay('MANAGEMENT', settings.management, () => management.listen({ host, port }));
    const urls = {
      accessUrl: await listenOrSay('ACCESS', settings.access, () => accessServer.listen()),
      managementUrl: urlOf(app.getHttpServer().address() as AddressInfo),
    };
    app.get(ConsoleAddress).listensAt(urls.managementUrl);
    app.get(AccessAddress).listensAt(urls.accessUrl);
    const madeLater = [first.operatorFile, demo?.keyFile.isNew ? demo.keyFile.path : null].filter(
      (path) => path !== null,
    );
    return {
      app,
      ...urls,
      madeFiles: [...installation.madeFiles, ...madeLater],
      setUpLink: first.setUpToken && app.get(ConsoleAddress).linkFor('set_up', first.setUpToken),
      tryLines: (bold) => (demo === null ? [] : tryLines(urls, demo, bold)),
      close: () => (closing ??= inTurn(undo)),
    };
  } catch (error) {
    // Why it did not start matters more than what then failed to close.
    await inTurn(undo).catch(() => {});
    throw error;
  }
}

type Log = Pick<
  StoreParts,
  | 'callLog'
  | 'callLogPruner'
  | 'calls'
  | 'callSums'
  | 'usage'
  | 'rotationUsage'
  | 'gaps'
  | 'junkCounts'
  | 'junkCountsStore'
>;

/** Opens the call log, to write and to read, and beside it the counts of what has no row in it. */
async function openLog(
  { callLogUrl: url, callLogMode: mode }: Settings,
  nodeId: string,
  { workerUrl, logger }: { workerUrl: URL | undefined; logger: PinoLogger },
  undo: (() => Promise<unknown> | void)[],
): Promise<Log> {
  await migrateCallLog(url, (line) => logger.warn(line, 'CallLog'));
  const onStateChange = tellOf(logger, 'CallLog', 'The call log');
  const callLog = new CallLogWriter({
    ...{ url, mode, nodeId, onStateChange },
    ...(workerUrl && { workerUrl }),
  });
  await callLog.start();
  undo.unshift(() => callLog.stop());
  const reader = await callLogReader(url).initialize();
  undo.unshift(() => reader.destroy());
  const table = openCallTable(url, reader, beside(workerUrl, 'day-reader.worker.js'));
  undo.unshift(() => table.close());
  const callLogPruner = new CallLogPruner(url, beside(workerUrl, 'call-pruner.worker.js'));
  undo.unshift(() => callLogPruner.close());
  const junkDataSource = await openJunkCounts(url);
  undo.unshift(() => junkDataSource.destroy());
  const junkCountsStore = new JunkCountsStore(junkDataSource, newId('nod'));
  const junkCounts = new JunkLedger(
    junkCountsStore,
    tellOf(logger, 'JunkCounts', 'The storage of junk counts'),
  );
  undo.unshift(() => junkCounts.stop());
  const { rows } = table;
  const tables = new CallLogTables(reader, { caughtUp: () => callLog.caughtUp() });
  const paths = new CallPaths(tables, rows);
  const stores = {
    calls: new CallsStore(tables, rows, paths),
    callSums: new CallSumsStore(rows, paths),
    gaps: new CallGapsStore(tables, rows, paths, nodeId),
    usage: new UsageStore(tables),
    rotationUsage: new RotationUsageStore(tables),
  };
  return { callLog, callLogPruner, ...stores, junkCounts, junkCountsStore };
}

/** The scripts of all threads lie side by side. */
function beside(workerUrl: URL | undefined, name: string): { workerUrl?: URL } {
  return workerUrl === undefined ? {} : { workerUrl: new URL(`./${name}`, workerUrl) };
}

function tellOf(
  logger: PinoLogger,
  context: string,
  what: string,
): (healthy: boolean, error?: Error) => void {
  return (healthy, error) => {
    if (healthy) logger.warn(`${what} can be written`, context);
    else logger.error({ msg: `${what} cannot be written`, cause: error?.message }, context);
  };
}

async function buildApp(
  settings: Settings,
  parts: StoreParts,
  logger: PinoLogger,
  { courier, retention }: Pick<Surroundings, 'courier' | 'retention'>,
): Promise<NestFastifyApplication> {
  // Asked for later than it is made: the application is built on this adapter.
  const onRefused: OnRefused = (...refused) => app.get(Admission).countRefused(...refused);
  const adapter = new FastifyAdapter({
    serverFactory: (listener: RequestListener) => createHttpServer(listener, onRefused),
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) =>
      answerClientError(error, socket, onRefused),
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      void answerUnrouted(app.get(Admission), request, reply).catch(() => reply.raw.destroy()),
    routerOptions: { maxParamLength: pathPartLengthMax },
    schemaController: noSchemas,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings, parts, courier, retention),
    adapter,
    { logger, bodyParser: false, abortOnError: false },
  );
  const fastify = adapter.getInstance();
  useBodyParsers(fastify);
  useSecurityHeaders(fastify);
  app.get(OwnRoutes).watch(fastify);
  recordCalls(fastify, app.get(Admission));
  const health = app.get(Health);
  health.serve(fastify);
  serveErrorPages(fastify);
  serveRotationGuide(fastify);
  serveDocs(fastify);
  if (!serveConsole(fastify))
    logger.warn('The console is not built; npm run build makes it', 'Console');
  await app.init();
  return app;
}

/** What a first start makes for the operator. */
interface FirstThings {
  /** In which the operator finds the key that was made. */
  readonly operatorFile: string | null;
  readonly setUpToken: string | null;
}

async function firstStart(app: NestFastifyApplication, settings: Settings): Promise<FirstThings> {
  const first = app.get(FirstStartService);
  await first.seedScopes();
  if (!(await first.isFirst())) return { operatorFile: null, setUpToken: null };
  const path = join(settings.dataFolder, 'operator.key');
  const setUpToken = await first.makeOperator(settings.operatorKey, (secret) =>
    writeSecretFile(path, secret),
  );
  const hasFile = setUpToken !== null && settings.operatorKey === undefined;
  return { operatorFile: hasFile ? path : null, setUpToken };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** The last thing opened is closed first; what fails to close keeps nothing else from closing. */
async function inTurn(steps: readonly (() => Promise<unknown> | void)[]): Promise<void> {
  let failure: unknown;
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}
