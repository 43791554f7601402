/** A process to be killed while it makes the schema of the call log. Argument: the log's URL. */
const path = '../../dist/src/store/call-log/migrate-call-log.js';
const { migrateCallLog } = await import(new URL(path, import.meta.url).href);

process.stdout.write('migrating\n');
await migrateCallLog(process.argv[2]);
