import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Clock } from '../core/ports.js';
import { retryDelayMs } from '../core/retry-schedule.js';
import type {
  NoticeChannel,
  NoticeDeliveryEntity,
} from '../store/entities/notice-delivery.entity.js';
import { NoticeDeliveriesStore, type AfterAttempt } from '../store/notice-deliveries.store.js';
import { NoticesStore } from '../store/notices.store.js';
import { CLOCK } from '../store/tokens.js';
import type { Channel, Sent } from './channel.js';
import { EmailChannel } from './email.channel.js';
import { claimMs, Rounds } from './rounds.js';
import { COURIER_SURROUNDINGS, type CourierSurroundings } from './surroundings.js';
import { WebhookChannel } from './webhook.channel.js';

/** At the same time, on this node: in all, and of one account, whose dead receivers must not hold up everybody else's. */
const underWayMax = 32;
const underWayMaxOfAccount = 4;
const pauseMs = 20;

/**
 * Carries what is in the outbox to its recipients.
 *
 * Each delivery is claimed, sent outside of any transaction, and its outcome written down; what failed is tried again later,
 * for about a day. A process that is killed between the receiver's acceptance and the writing of it sends once more, under the
 * same id.
 */
@Injectable()
export class Courier implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #rounds: Rounds;
  readonly #channels: Readonly<Record<NoticeChannel, Channel>>;
  /** By the delivery's id: whose it is, and when it is done. */
  readonly #underWay = new Map<string, { accountId: string; done: Promise<void> }>();

  constructor(
    private readonly notices: NoticesStore,
    private readonly deliveries: NoticeDeliveriesStore,
    email: EmailChannel,
    webhook: WebhookChannel,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(COURIER_SURROUNDINGS) private readonly surroundings: CourierSurroundings,
  ) {
    this.#rounds = new Rounds(notices.bell, surroundings.sweepMs, 'Notices');
    this.#channels = { email, webhook };
  }

  onApplicationBootstrap(): void {
    this.#rounds.begin(() => this.#round());
  }

  onModuleDestroy(): Promise<void> {
    return this.stop();
  }

  /** Begins nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
    await Promise.all([...this.#underWay.values()].map(({ done }) => done));
  }

  /** Begins with what is due, as far as there is room. @returns how long there will be nothing to do */
  async #round(): Promise<number> {
    const due = await this.deliveries.due(this.clock.now(), underWayMax, this.#fullAccounts());
    for (const delivery of due) if (this.#hasRoomFor(delivery)) this.#begin(delivery);
    const { sweepMs } = this.surroundings;
    const nextAt = (await this.deliveries.nextDueAt()) ?? Number.POSITIVE_INFINITY;
    const inMs = nextAt - this.clock.now();
    if (inMs > 0) return Math.min(inMs, sweepMs);
    // What there was no room for: whatever is done first rings.
    return this.#underWay.size > 0 ? sweepMs : pauseMs;
  }

  #fullAccounts(): string[] {
    const accounts = [...this.#underWay.values()].map(({ accountId }) => accountId);
    return [...new Set(accounts)].filter((id) => this.#countOf(id) >= underWayMaxOfAccount);
  }

  #hasRoomFor({ id, accountId }: NoticeDeliveryEntity): boolean {
    return (
      !this.#underWay.has(id) &&
      this.#underWay.size < underWayMax &&
      this.#countOf(accountId) < underWayMaxOfAccount
    );
  }

  #countOf(accountId: string): number {
    return [...this.#underWay.values()].filter((one) => one.accountId === accountId).length;
  }

  #begin(delivery: NoticeDeliveryEntity): void {
    const done = this.#attempt(delivery)
      .catch((error: unknown) => this.#rounds.failed(error))
      .finally(() => {
        this.#underWay.delete(delivery.id);
        this.notices.bell.ring();
      });
    this.#underWay.set(delivery.id, { accountId: delivery.accountId, done });
  }

  async #attempt(delivery: NoticeDeliveryEntity): Promise<void> {
    const at = this.clock.now();
    if (!(await this.deliveries.claim(delivery, at + claimMs))) return;
    // It was begun that often, and no attempt lived to tell: it may be what kills them.
    if (delivery.attempts > this.surroundings.retryDelaysMs.length)
      return this.deliveries.settle(delivery, null, { state: 'given_up' });
    const began = performance.now();
    const sent = await this.#send(delivery);
    if (sent === 'kept')
      return this.deliveries.settle(delivery, null, { state: 'kept', attempts: 0 });
    const { delivered, code, error } = sent;
    const durationMs = Math.round(performance.now() - began);
    const outcome = { at, delivered, code, error, durationMs };
    await this.deliveries.settle(delivery, outcome, this.#afterwards(delivery, sent));
  }

  async #send(delivery: NoticeDeliveryEntity): Promise<Sent | 'kept'> {
    try {
      const notice = await this.notices.find(delivery.accountId, delivery.noticeId);
      if (notice === null) throw new Error('A delivery without its notice.');
      return await this.#channels[delivery.channel].send(notice, delivery);
    } catch (error) {
      this.#rounds.failed(error);
      return { delivered: false, code: null, error: 'could not be sent' };
    }
  }

  #afterwards({ attempts }: NoticeDeliveryEntity, { delivered, isFinal }: Sent): AfterAttempt {
    if (delivered) return { state: 'delivered' };
    const { retryDelaysMs } = this.surroundings;
    const delayMs = isFinal ? null : retryDelayMs(attempts + 1, Math.random(), retryDelaysMs);
    if (delayMs === null) return { state: 'given_up' };
    return { state: 'pending', nextAttemptAt: this.clock.now() + delayMs };
  }
}
