// Loads one address as the job in the first argument says, and prints what autocannon found.
import autocannon from 'autocannon';
import { readFileSync } from 'node:fs';

const { url, headers, method, body, values, connections, seconds } = JSON.parse(
  readFileSync(process.argv[2], 'utf8'),
);
const filled = (text, value) => text.replaceAll('{}', value);
const requests = values.map((value) => ({
  method,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name, filled(text, value)]),
  ),
  ...(body !== undefined && { body: filled(body, value) }),
}));
const result = await autocannon({ url, connections, duration: seconds, requests });
process.stdout.write(JSON.stringify(result));
