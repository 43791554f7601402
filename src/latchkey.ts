import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
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
import { MonotonicClock } from './core/monotonic-clock.js';
import { DemoService } from './demo/demo.service.js';
import { tryLines } from './demo/try-lines.js';
import { openInstallation, type Installation } from './installation.js';
import { FirstStartService } from './management/first-start/first-start.service.js';
import type { Settings } from './platform/config/settings.js';
import { writeSecretFile } from './platform/config/versioned-keys.js';
import { serveErrorPages } from './platform/errors/error-page.js';
import { Health } from './platform/health/health.js';
import { useBodyParsers } from './platform/http/body-parsers.js';
import { drain } from './platform/http/drain.js';
import { answerClientError, createHttpServer } from './platform/http/http-server.js';
import { listenOrSay } from './platform/http/listen.js';
import { useSecurityHeaders } from './platform/http/security-headers.js';
import { PinoLogger } from './platform/logging/pino-logger.js';
import { serveDocs } from './platform/openapi/docs-page.js';
import { openapiDocument } from './platform/openapi/openapi-document.js';
import { callLogReader } from './store/call-log/call-log-data-source.js';
import { CallLogWriter } from './store/call-log/call-log-writer.js';
import { CallsStore } from './store/call-log/calls.store.js';
import { migrateCallLog } from './store/call-log/migrate-call-log.js';

/** The longest name in a path is a scope's: 128 characters, each of which may be percent-encoded. */
const pathPartLengthMax = 128 * 3;

/** What a test gives in place of the world. */
export interface Surroundings {
  /** Epoch milliseconds. */
  readonly wallClock?: () => number;
  /** The built `call-log.worker.js`. */
  readonly workerUrl?: URL;
}

export interface RunningLatchkey {
  readonly app: NestFastifyApplication;
  readonly accessUrl: string;
  readonly managementUrl: string;
  /** Files that were made on this start: keys, the operator's, the demo's. */
  readonly madeFiles: readonly string[];
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
  const { wallClock = Date.now, workerUrl } = surroundings;
  const undo: (() => Promise<unknown> | void)[] = [() => installation.release()];
  let closing: Promise<void> | undefined;
  try {
    await migrateCallLog(settings.callLogUrl);
    const callLog = new CallLogWriter({
      url: settings.callLogUrl,
      mode: settings.callLogMode,
      nodeId: installation.nodeId,
      onStateChange: tellOfCallLog,
      ...(workerUrl && { workerUrl }),
    });
    await callLog.start();
    undo.unshift(() => callLog.stop());
    const callLogDataSource = await callLogReader(settings.callLogUrl).initialize();
    undo.unshift(() => callLogDataSource.destroy());
    const app = await buildApp(
      settings,
      installation,
      callLog,
      new CallsStore(callLogDataSource),
      new MonotonicClock(wallClock),
    );
    undo.unshift(() => app.close());
    const operatorFile = await firstStart(app, settings);
    const demo = await app.get(DemoService).start();
    const accessServer = app.get(AccessServer);
    const management = app.getHttpAdapter().getInstance();
    undo.unshift(() =>
      drain([accessServer.httpServer, management.server], () =>
        Promise.all([accessServer.close(), management.close()]),
      ),
    );
    app.get(Health).watch('call_log', () => callLog.healthy);
    const { host, port } = settings.management;
    // Not by app.listen(), which would log a failure of its own beside the one line.
    await listenOrSay('MANAGEMENT', settings.management, () => management.listen({ host, port }));
    const urls = {
      accessUrl: await listenOrSay('ACCESS', settings.access, () => accessServer.listen()),
      managementUrl: urlOf(app.getHttpServer().address() as AddressInfo),
    };
    const madeLater = [operatorFile, demo?.keyFile.isNew ? demo.keyFile.path : null].filter(
      (path) => path !== null,
    );
    return {
      app,
      ...urls,
      madeFiles: [...installation.madeFiles, ...madeLater],
      tryLines: (bold) => (demo === null ? [] : tryLines(urls, demo, bold)),
      close: () => (closing ??= inTurn(undo)),
    };
  } catch (error) {
    // Why it did not start matters more than what then failed to close.
    await inTurn(undo).catch(() => {});
    throw error;
  }
}

function tellOfCallLog(healthy: boolean, error?: Error): void {
  const logger = new PinoLogger();
  if (healthy) logger.warn('The call log can be written', 'CallLog');
  else logger.error({ msg: 'The call log cannot be written', cause: error?.message }, 'CallLog');
}

async function buildApp(
  settings: Settings,
  installation: Installation,
  callLog: CallLogWriter,
  calls: CallsStore,
  clock: MonotonicClock,
): Promise<NestFastifyApplication> {
  const { databaseUrl, peppers, sealingKeys, keyPrefixes, auditKey } = installation;
  const parts = { databaseUrl, peppers, sealingKeys, keyPrefixes, auditKey, callLog, calls, clock };
  const adapter = new FastifyAdapter({
    serverFactory: (listener: RequestListener) => createHttpServer(listener),
    clientErrorHandler: answerClientError,
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      void answerUnrouted(app.get(Admission), request, reply).catch(() => reply.raw.destroy()),
    routerOptions: { maxParamLength: pathPartLengthMax },
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings, parts),
    adapter,
    {
      logger: new PinoLogger(),
      bodyParser: false,
      abortOnError: false,
    },
  );
  const fastify = adapter.getInstance();
  useBodyParsers(fastify);
  useSecurityHeaders(fastify);
  app.get(OwnRoutes).watch(fastify);
  recordCalls(fastify, app.get(Admission));
  const health = app.get(Health);
  health.serve(fastify);
  serveErrorPages(fastify);
  serveDocs(fastify, openapiDocument(app));
  await app.init();
  return app;
}

/** @returns the file in which the operator finds the key that was made */
async function firstStart(app: NestFastifyApplication, settings: Settings): Promise<string | null> {
  const first = app.get(FirstStartService);
  await first.seedScopes();
  if (!(await first.isFirst())) return null;
  const path = join(settings.dataFolder, 'operator.key');
  const isMade = await first.makeOperator(settings.operatorKey, (secret) =>
    writeSecretFile(path, secret),
  );
  return isMade && settings.operatorKey === undefined ? path : null;
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
