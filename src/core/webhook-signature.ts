import { createHmac, randomBytes } from 'node:crypto';

/** How the secret of a webhook begins; base64 follows (Standard Webhooks). */
export const webhookSecretPrefix = 'whsec_';

const secretBytes = 32;

export function newWebhookSecret(): string {
  return webhookSecretPrefix + randomBytes(secretBytes).toString('base64');
}

/** What is sent with a notice, so that its receiver knows who sent it and when. */
export interface WebhookHeaders {
  readonly 'webhook-id': string;
  /** Seconds since the epoch. */
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/**
 * Signs a message as Standard Webhooks 1.0 has it.
 *
 * @param id the same at each attempt: by it a receiver knows what it has already
 * @param secrets each signs; a receiver accepts any one of the signatures
 * @param sentAt epoch milliseconds of this attempt
 */
export function webhookHeaders(
  id: string,
  body: string,
  secrets: readonly string[],
  sentAt: number,
): WebhookHeaders {
  const timestamp = String(Math.floor(sentAt / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(webhookSecretPrefix.length), 'base64');
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`);
    return `v1,${mac.digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
