// Fills a call log through the writer's own sink, counters included.
//   node bench/log/generate.mjs sqlite:/tmp/log.db --rows 10000000 --days 30
import { parseArgs } from 'node:util';
import { fillLog } from './fill-log.mjs';
import { traffic } from './traffic.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '10000000' },
    days: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});
const [url] = positionals;
if (url === undefined) throw new Error('Which log? Give its URL: sqlite:<path> or postgres://…');
const [rows, days, seed] = [values.rows, values.days, values.seed].map(Number);
await fillLog(url, traffic({ rows, days, seed }), rows);
