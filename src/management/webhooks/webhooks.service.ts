import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { readWebhookUrl } from '../../core/webhook-target.js';
import { SETTINGS, type Settings } from '../../platform/config/settings.js';
import { conflict, invalidField, notFound } from '../../platform/errors/api-error.js';
import {
  creationCursor,
  creationPlace,
  pageOf,
  type Page,
  type PageQuery,
} from '../../platform/http/pages.js';
import { requireMatch, withRevision } from '../../platform/http/revision.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database, type Change } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { WebhookEntity } from '../../store/entities/webhook.entity.js';
import { IdempotencyStore } from '../../store/idempotency.store.js';
import { NoticesStore } from '../../store/notices.store.js';
import { WebhooksStore } from '../../store/webhooks.store.js';
import type {
  CreateWebhookRequest,
  IssuedWebhookResponse,
  UpdateWebhookRequest,
  WebhookResponse,
  WebhookTestResponse,
} from './webhooks.dto.js';

/** Each notice goes to every one of them. */
const webhooksMax = 20;

@Injectable()
export class WebhooksService {
  constructor(
    private readonly database: Database,
    private readonly webhooks: WebhooksStore,
    private readonly notices: NoticesStore,
    private readonly audit: AuditTrailStore,
    private readonly idempotency: IdempotencyStore,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  create(
    caller: Caller,
    account: AccountEntity,
    request: CreateWebhookRequest,
  ): Promise<IssuedWebhookResponse> {
    const settings = {
      url: this.#urlOf(request.url),
      kinds: request.kinds ?? null,
      enabled: request.enabled ?? true,
    };
    return this.database.change(async (change) => {
      if ((await this.webhooks.count(change, account.id)) >= webhooksMax) {
        throw conflict(`An account has at most ${webhooksMax} webhooks.`, 'TOO_MANY_WEBHOOKS');
      }
      const { webhook, secret } = await this.webhooks.create(change, account.id, settings);
      const answer = webhookResponse(webhook);
      await this.#record(change, caller, 'webhook.created', webhook, { after: answer });
      await this.idempotency.complete(change, caller.idempotency, answer);
      return withRevision({ ...answer, secret }, webhook.revision);
    });
  }

  /** Oldest first. */
  async list(account: AccountEntity, { limit, after }: PageQuery): Promise<Page<WebhookResponse>> {
    const rows = await this.webhooks.list(account.id, limit + 1, creationPlace(after));
    return pageOf(rows, limit, webhookResponse, creationCursor);
  }

  async read(account: AccountEntity, id: string): Promise<WebhookResponse> {
    const webhook = await this.webhooks.find(account.id, id);
    if (webhook === null) throw notFound('webhook');
    return webhookResponse(webhook);
  }

  /** Changes exactly what the request names. */
  update(
    caller: Caller,
    account: AccountEntity,
    id: string,
    request: UpdateWebhookRequest,
    ifMatch: string | undefined,
  ): Promise<WebhookResponse> {
    const changes = {
      ...request,
      ...(request.url !== undefined && { url: this.#urlOf(request.url) }),
    };
    return this.database.change(async (change) => {
      const before = await this.#forChange(change, account, id);
      requireMatch(ifMatch, before.revision);
      const after = await this.webhooks.change(change, id, changes);
      await this.#record(change, caller, 'webhook.changed', after, {
        before: webhookResponse(before),
        after: webhookResponse(after),
      });
      return webhookResponse(after);
    });
  }

  async remove(
    caller: Caller,
    account: AccountEntity,
    id: string,
    ifMatch: string | undefined,
  ): Promise<void> {
    await this.database.change(async (change) => {
      const webhook = await this.#forChange(change, account, id);
      requireMatch(ifMatch, webhook.revision);
      await this.webhooks.remove(change, webhook);
      const before = webhookResponse(webhook);
      await this.#record(change, caller, 'webhook.deleted', webhook, { before });
    });
  }

  test(caller: Caller, account: AccountEntity, id: string): Promise<WebhookTestResponse> {
    return this.database.change(async (change) => {
      const webhook = await this.#forChange(change, account, id);
      if (!webhook.enabled)
        throw conflict('A webhook that is switched off gets nothing.', 'WEBHOOK_DISABLED');
      const notice = { kind: 'webhook.test' as const, data: { webhookId: id } };
      const put = { accountId: account.id, notice, onlyFor: id };
      const noticeId = await this.notices.put(change, put);
      if (noticeId === null) throw new Error('A test is no duplicate of anything.');
      await this.#record(change, caller, 'webhook.tested', webhook, { after: { noticeId } });
      return { id: noticeId };
    });
  }

  rotateSecret(caller: Caller, account: AccountEntity, id: string): Promise<IssuedWebhookResponse> {
    return this.database.change(async (change) => {
      const before = await this.#forChange(change, account, id);
      const { webhook, secret } = await this.webhooks.rotateSecret(change, before);
      const answer = webhookResponse(webhook);
      await this.#record(change, caller, 'webhook.secret_rotated', webhook, {
        before: webhookResponse(before),
        after: answer,
      });
      return withRevision({ ...answer, secret }, webhook.revision);
    });
  }

  #urlOf(text: string): string {
    const reading = readWebhookUrl(text, this.settings.webhookAllowedRanges);
    if (!reading.ok) throw invalidField('url', `url ${reading.why}`);
    return reading.url;
  }

  async #forChange(change: Change, account: AccountEntity, id: string): Promise<WebhookEntity> {
    const webhook = await this.webhooks.find(account.id, id, change.manager);
    if (webhook === null) throw notFound('webhook');
    return webhook;
  }

  #record(
    change: Change,
    { actor, callerIp }: Caller,
    action: string,
    { id, accountId }: WebhookEntity,
    objects: { readonly before?: object; readonly after?: object },
  ): Promise<void> {
    const target = { type: 'webhook', id };
    return this.audit.append(change, { accountId, action, actor, callerIp, target, ...objects });
  }
}

function webhookResponse(webhook: WebhookEntity): WebhookResponse {
  const { id, accountId, url, kinds, enabled, previousSecret, createdAt, revision } = webhook;
  const answer: WebhookResponse = {
    ...{ id, accountId, url, kinds, enabled },
    previousSecretSignsUntil: isoOrNull(previousSecret?.signsUntil ?? null),
    createdAt: iso(createdAt),
  };
  return withRevision(answer, revision);
}
