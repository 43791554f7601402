import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { newWebhookSecret, webhookHeaders } from './webhook-signature.js';

const body = '{"type":"webhook.test","data":{"name":"🗝️"}}';
const verify = (secret: string, headers: object, payload = body) => {
  new Webhook(secret).verify(payload, headers as Record<string, string>);
};

describe('webhookHeaders', () => {
  it('is what the Standard Webhooks library verifies, with each secret that signed', () => {
    const [current, previous] = [newWebhookSecret(), newWebhookSecret()];
    const headers = webhookHeaders('ntc_1', body, [current, previous], Date.now());
    expect(() => verify(current, headers)).not.toThrow();
    expect(() => verify(previous, headers)).not.toThrow();
    expect(() => verify(newWebhookSecret(), headers)).toThrow('No matching signature');
    expect(() => verify(current, headers, `${body} `)).toThrow('No matching signature');
  });

  it('signs the id and the time as well', () => {
    const secret = newWebhookSecret();
    const headers = webhookHeaders('ntc_1', body, [secret], Date.now());
    const later = String(Number(headers['webhook-timestamp']) + 1);
    for (const forged of [{ 'webhook-id': 'ntc_2' }, { 'webhook-timestamp': later }])
      expect(() => verify(secret, { ...headers, ...forged })).toThrow('No matching signature');
  });
});

describe('newWebhookSecret', () => {
  it('is whsec_ and 32 bytes in base64, another each time', () => {
    const secrets = Array.from({ length: 50 }, newWebhookSecret);
    for (const secret of secrets) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(new Set(secrets).size).toBe(50);
  });
});
