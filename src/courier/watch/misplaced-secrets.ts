import { Injectable } from '@nestjs/common';
import { Database } from '../../store/database.js';
import { ApiKeyEntity } from '../../store/entities/api-key.entity.js';
import { SecretEntity } from '../../store/entities/secret.entity.js';
import { NoticesStore, ofKey } from '../../store/notices.store.js';
import { SecretSightings, type SecretSighting } from '../../store/secret-sightings.js';

/** Genuine secrets that were seen where none belongs: whoever owns one is told, once for each place and day. */
@Injectable()
export class MisplacedSecrets {
  constructor(
    private readonly database: Database,
    private readonly sightings: SecretSightings,
    private readonly notices: NoticesStore,
  ) {}

  /** What was made up costs no more than its part of one look-up. */
  async look(now: number): Promise<void> {
    const { waiting } = this.sightings;
    if (waiting.length === 0) return;
    const genuine = await this.sightings.genuine(waiting);
    const due = genuine
      .filter(({ secret }) => !hasEnded(secret, now))
      .map((one) => ({ ...one, dedupeKey: dedupeKeyOf(one.secret.id, one.sighting) }));
    const untold = new Map<SecretSighting, unknown>();
    for (const { secret, sighting, dedupeKey } of await this.notices.notYetPut(due)) {
      // One that cannot be told of keeps no other from it, and is tried again.
      await this.#tellOf(secret.id, sighting, dedupeKey).catch((error: unknown) =>
        untold.set(sighting, error),
      );
    }
    this.sightings.settle(waiting.filter((sighting) => !untold.has(sighting)));
    for (const error of untold.values()) throw error;
  }

  #tellOf(id: string, sighting: SecretSighting, dedupeKey: string): Promise<void> {
    return this.database.change(async (change) => {
      const secret = await change.manager.findOneByOrFail(SecretEntity, { id });
      const key = await change.manager.findOneByOrFail(ApiKeyEntity, { id: secret.keyId });
      if (key.standing === 'revoked' || hasEnded(secret, change.now)) return;
      const { place, callId, callerIp, seenAt } = sighting;
      const data = {
        ...ofKey(key),
        ...{ secretId: id, secretStart: secret.start, place, callId, callerIp },
        seenAt: new Date(seenAt).toISOString(),
      };
      const notice = { kind: 'secret.misplaced' as const, data };
      await this.notices.put(change, { accountId: key.accountId, notice, dedupeKey });
    });
  }
}

/** One that no longer opens anything is nobody's worry. */
function hasEnded({ revokedAt, endsAt }: SecretEntity, now: number): boolean {
  return revokedAt !== null || (endsAt !== null && endsAt <= now);
}

function dedupeKeyOf(secretId: string, { place, seenAt }: SecretSighting): string {
  return `secret.misplaced ${secretId} ${place} ${new Date(seenAt).toISOString().slice(0, 10)}`;
}
