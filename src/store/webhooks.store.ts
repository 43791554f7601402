import { Injectable } from '@nestjs/common';
import { newId } from '../core/ids.js';
import { newWebhookSecret } from '../core/webhook-signature.js';
import { Database, type Change } from './database.js';
import { WebhookEntity } from './entities/webhook.entity.js';
import { given } from './given.js';
import { pageAfter, type Place } from './pages.js';
import { SealedCredentials, type CredentialOwner } from './sealed-credentials.js';

export type WebhookSettings = Pick<WebhookEntity, 'url' | 'kinds' | 'enabled'>;

/** With which a receiver checks what it gets: shown at this one moment. */
export interface IssuedWebhook {
  readonly webhook: WebhookEntity;
  readonly secret: string;
}

/** For how long a secret that was changed signs beside the new one. */
const bothSignMs = 24 * 60 * 60 * 1000;

@Injectable()
export class WebhooksStore {
  constructor(
    private readonly database: Database,
    private readonly credentials: SealedCredentials,
  ) {}

  /** Oldest first. */
  list(accountId: string, limit: number, after: Place | null): Promise<WebhookEntity[]> {
    const query = this.database.read
      .createQueryBuilder(WebhookEntity, 'row')
      .where('row.accountId = :accountId', given({ accountId }));
    return pageAfter(query, limit, after).getMany();
  }

  /** @param manager the transaction of the change that needs it, or nothing for what is committed */
  find(accountId: string, id: string, manager = this.database.read): Promise<WebhookEntity | null> {
    return manager.findOneBy(WebhookEntity, { id, accountId });
  }

  count({ manager }: Change, accountId: string): Promise<number> {
    return manager.countBy(WebhookEntity, { accountId });
  }

  async create(
    change: Change,
    accountId: string,
    settings: WebhookSettings,
  ): Promise<IssuedWebhook> {
    const id = newId('whk');
    const secret = newWebhookSecret();
    await change.manager.insert(WebhookEntity, {
      ...{ ...settings, id, accountId, previousSecret: null },
      ...{ secret: this.credentials.sealText(secret, ownerOf(id)) },
      ...{ createdAt: change.now, revision: change.revision },
    });
    return { webhook: await reload(change, id), secret };
  }

  /** Changes exactly what is named. */
  async change(
    change: Change,
    id: string,
    changes: Partial<WebhookSettings>,
  ): Promise<WebhookEntity> {
    const { manager, revision } = change;
    await manager.update(WebhookEntity, { id }, { ...changes, revision });
    return reload(change, id);
  }

  /** Gives it another secret, beside which the one that it has signs for a day. */
  async rotateSecret(change: Change, { id, secret: old }: WebhookEntity): Promise<IssuedWebhook> {
    const secret = newWebhookSecret();
    await change.manager.update(
      WebhookEntity,
      { id },
      {
        secret: this.credentials.sealText(secret, ownerOf(id)),
        previousSecret: { ...old, signsUntil: change.now + bothSignMs },
        revision: change.revision,
      },
    );
    return { webhook: await reload(change, id), secret };
  }

  async remove({ manager }: Change, { id }: WebhookEntity): Promise<void> {
    await manager.delete(WebhookEntity, { id });
  }

  /** The secrets that sign now, the current one first. @throws Error if they cannot be unsealed */
  signingSecrets({ id, secret, previousSecret }: WebhookEntity, now: number): string[] {
    const alsoSigns = previousSecret !== null && now < previousSecret.signsUntil;
    return [secret, ...(alsoSigns ? [previousSecret] : [])].map((sealed) =>
      this.credentials.openText(sealed, ownerOf(id)),
    );
  }
}

function ownerOf(id: string): CredentialOwner {
  return `webhook:${id}`;
}

function reload({ manager }: Change, id: string): Promise<WebhookEntity> {
  return manager.findOneByOrFail(WebhookEntity, { id });
}
