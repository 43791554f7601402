// A Latchkey on the log that CALL_LOG_URL names. Whoever started it moves its clock by messages, and hears of what retention did.
import { readFileSync } from 'node:fs';
import { startLatchkey } from '../../dist/src/latchkey.js';
import { readSettings } from '../../dist/src/platform/config/settings.js';

let skewMs = 0;

const tell = (line) => {
  const { context, what, removed } = JSON.parse(line);
  if (context === 'Retention') process.send({ what, removed });
  else process.stderr.write(line);
};

const settings = readSettings(process.env);
const latchkey = await startLatchkey(settings, {
  wallClock: () => Date.now() + skewMs,
  logLines: { write: tell },
  retention: { everyMs: 200 },
});
process.on('message', (message) => {
  skewMs = message.skewMs;
});
process.on('SIGTERM', () => void latchkey.close().then(() => process.exit(0)));
process.send({
  accessUrl: latchkey.accessUrl,
  managementUrl: latchkey.managementUrl,
  secret: readFileSync(`${settings.dataFolder}/operator.key`, 'utf8').trim(),
});
