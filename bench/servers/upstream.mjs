// What both gateways forward to: 1 KB, at once.
import { createServer } from 'node:http';

const body = JSON.stringify({ text: 'x'.repeat(1024 - '{"text":""}'.length) });
const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
createServer((request, response) => {
  request.resume();
  response.writeHead(200, headers);
  response.end(body);
}).listen(Number(process.argv[2]), '127.0.0.1');
