import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent } from 'undici';
import type { Clock } from '../core/ports.js';
import { webhookHeaders } from '../core/webhook-signature.js';
import { addressOf, mayConnect } from '../core/webhook-target.js';
import { SETTINGS, type Settings } from '../platform/config/settings.js';
import type { NoticeDeliveryEntity } from '../store/entities/notice-delivery.entity.js';
import type { NoticeEntity } from '../store/entities/notice.entity.js';
import { CLOCK } from '../store/tokens.js';
import { WebhooksStore } from '../store/webhooks.store.js';
import { answered, type Channel, type Sent } from './channel.js';
import { RefusedByPolicyError, guardedLookup } from './guarded-lookup.js';
import { COURIER_SURROUNDINGS, type CourierSurroundings } from './surroundings.js';

/** From the look-up of the name to the end of the answer. */
const timeoutMs = 10_000;
/** Of an answer, whose content nobody asks for. */
const answerBytesMax = 64 * 1024;
const gone = 410;

/** Sends notices by HTTP, signed as Standard Webhooks has it. It follows no redirect. */
@Injectable()
export class WebhookChannel implements Channel, OnApplicationShutdown {
  readonly #secure: Agent;
  readonly #plain: Agent;

  constructor(
    private readonly webhooks: WebhooksStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(COURIER_SURROUNDINGS) { resolve }: CourierSurroundings,
  ) {
    const agent = (secure: boolean): Agent => {
      const lookup = guardedLookup(resolve, (address) => this.#mayConnect(address, secure));
      return new Agent({ connect: { lookup, timeout: timeoutMs } });
    };
    this.#secure = agent(true);
    this.#plain = agent(false);
  }

  async send(notice: NoticeEntity, { accountId, recipient }: NoticeDeliveryEntity): Promise<Sent> {
    const webhook = await this.webhooks.find(accountId, recipient);
    if (webhook === null) return final('the webhook was deleted');
    if (!webhook.enabled) return final('the webhook is switched off');
    const now = this.clock.now();
    const body = bodyOf(notice);
    const secrets = this.webhooks.signingSecrets(webhook, now);
    try {
      const code = await this.#post(new URL(webhook.url), body, {
        'content-type': 'application/json',
        'user-agent': 'Latchkey',
        ...webhookHeaders(notice.id, body, secrets, now),
      });
      if (code >= 200 && code < 300) return { delivered: true, code, error: null };
      return { delivered: false, ...answered(code), isFinal: code === gone };
    } catch (error) {
      return { delivered: false, code: null, error: faultOf(error) };
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.#secure.destroy(), this.#plain.destroy()]);
  }

  /** @returns the status that was answered */
  async #post(url: URL, body: string, headers: Record<string, string>): Promise<number> {
    const secure = url.protocol === 'https:';
    const address = addressOf(url);
    // An address is not looked up, so it is judged here.
    if (address !== null && !this.#mayConnect(address, secure))
      throw new RefusedByPolicyError('This address may not be connected to.');
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await (secure ? this.#secure : this.#plain).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      ...{ headers, body, signal },
    });
    // The answer is its status. What follows is read so that the connection can be used again.
    await response.body.dump({ limit: answerBytesMax, signal }).catch(() => {});
    return response.statusCode;
  }

  #mayConnect(address: string, secure: boolean): boolean {
    return mayConnect(address, secure, this.settings.webhookAllowedRanges);
  }
}

/** What is sent: the same at each attempt. */
function bodyOf({ accountId, kind, createdAt, data }: NoticeEntity): string {
  const timestamp = new Date(createdAt).toISOString();
  return JSON.stringify({ type: kind, timestamp, data: { accountId, ...data } });
}

function final(error: string): Sent {
  return { delivered: false, code: null, error, isFinal: true };
}

/** No more than that: a tenant who could tell a closed port from a filtered one could look around with it. */
function faultOf(error: unknown): string {
  return error instanceof RefusedByPolicyError ? 'refused by policy' : 'not reachable';
}
