import { Inject, Injectable } from '@nestjs/common';
import { IsNull, Not, type EntityManager, type ObjectLiteral } from 'typeorm';
import { seal } from '../core/sealing.js';
import { Database, type Change } from './database.js';
import { BindingEntity } from './entities/binding.entity.js';
import { InstallationEntity } from './entities/installation.entity.js';
import { ServiceEntity, type SealedText } from './entities/service.entity.js';
import { SecondFactorEntity } from './entities/second-factor.entity.js';
import { WebhookEntity } from './entities/webhook.entity.js';
import { forgetFingerprints, recordFingerprints } from './key-fingerprints.js';
import { SealedCredentials, type CredentialOwner } from './sealed-credentials.js';
import { AUDIT_KEY } from './tokens.js';

/** The key of the audit trail as it lies in the database: the name of its fact, and the place it is sealed for. */
export const sealedAuditKey = { fact: 'audit_key', place: 'audit-key' } as const;

/** Everything that lies sealed in the database, seen as one. */
@Injectable()
export class SealingStore {
  constructor(
    private readonly database: Database,
    private readonly credentials: SealedCredentials,
    @Inject(AUDIT_KEY) private readonly auditKey: Buffer,
  ) {}

  /** How many credentials are sealed under each version of the sealing key: those of upstreams, and the secrets of webhooks and of authenticator apps. */
  credentialsByVersion(): Promise<Map<number, number>> {
    return credentialsByVersion(this.database.read);
  }

  /** Whether the current key was ever recorded as one that something may be sealed under. */
  currentWasUsed(): Promise<boolean> {
    const name = `sealing_key.${this.credentials.current.version}`;
    return this.database.read.existsBy(InstallationEntity, { name });
  }

  async isAllUnderCurrent(): Promise<boolean> {
    const { version } = this.credentials.current;
    const { value } = await this.database.read.findOneByOrFail(InstallationEntity, {
      name: sealedAuditKey.fact,
    });
    const versions = [...(await this.credentialsByVersion()).keys(), Number(value.split('.')[0])];
    return versions.every((each) => each === version);
  }

  /**
   * Seals everything anew under the current key, in one change, after which no other version is needed.
   *
   * @returns how many credentials were sealed anew, and the versions that are no longer needed
   */
  async reseal(change: Change): Promise<{ resealed: number; retired: number[] }> {
    const { manager } = change;
    const { keys, current } = this.credentials;
    await recordFingerprints(manager, 'sealing_key', keys);
    let resealed = 0;
    for (const place of sealedPlaces) {
      for (const { id, sealed } of await sealedIn(manager, place)) {
        if (sealed.sealingVersion === current.version) continue;
        const owner: CredentialOwner = `${place.kind}:${id}`;
        const anew = this.credentials.sealText(this.credentials.openText(sealed, owner), owner);
        await manager.update(place.entity, { id }, { [place.column]: { ...sealed, ...anew } });
        resealed += 1;
      }
    }
    const value = seal(this.auditKey, current, sealedAuditKey.place);
    await manager.update(InstallationEntity, { name: sealedAuditKey.fact }, { value });
    const retired = keys.slice(1).map(({ version }) => version);
    await forgetFingerprints(manager, 'sealing_key', retired);
    return { resealed, retired };
  }
}

/** Where something lies sealed: a column of JSON, whose ciphertext opens for the row alone. */
interface SealedPlace {
  readonly entity:
    typeof ServiceEntity | typeof BindingEntity | typeof WebhookEntity | typeof SecondFactorEntity;
  readonly kind: 'service' | 'binding' | 'webhook' | 'second_factor';
  readonly column: 'credential' | 'secret' | 'previousSecret';
}

const sealedPlaces: readonly SealedPlace[] = [
  { entity: ServiceEntity, kind: 'service', column: 'credential' },
  { entity: BindingEntity, kind: 'binding', column: 'credential' },
  { entity: WebhookEntity, kind: 'webhook', column: 'secret' },
  { entity: WebhookEntity, kind: 'webhook', column: 'previousSecret' },
  { entity: SecondFactorEntity, kind: 'second_factor', column: 'secret' },
];

/** By version of the sealing key. */
export async function credentialsByVersion(manager: EntityManager): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (const place of sealedPlaces) {
    for (const { sealed } of await sealedIn(manager, place))
      counts.set(sealed.sealingVersion, (counts.get(sealed.sealingVersion) ?? 0) + 1);
  }
  return counts;
}

type SealedRow = { readonly id: string } & Readonly<Record<string, SealedText | null>>;

async function sealedIn(
  manager: EntityManager,
  { entity, column }: SealedPlace,
): Promise<{ id: string; sealed: SealedText }[]> {
  const rows = (await manager.find<ObjectLiteral>(entity, {
    select: { id: true, [column]: true },
    where: { [column]: Not(IsNull()) },
  })) as unknown as SealedRow[];
  return rows.flatMap(({ id, [column]: sealed }) => (sealed == null ? [] : [{ id, sealed }]));
}
