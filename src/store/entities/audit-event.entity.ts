import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** Who made a change: a key, a member, or the installation itself, at its first start or because of the time. */
export interface Actor {
  readonly kind: 'key' | 'member' | 'installation';
  readonly id: string | null;
  readonly name: string;
}

/** One change made through the management API, linked to the event before it in its account. */
@Entity('audit_event')
export class AuditEventEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  accountId!: string;

  /** 1, 2, 3, … within the account. */
  @Column('bigint', { transformer: asNumber })
  seq!: number;

  @Column('bigint', { transformer: asNumber })
  at!: number;

  /** Such as `key.created`. */
  @Column('text')
  action!: string;

  @Column('simple-json')
  actor!: Actor;

  @Column('text', { nullable: true })
  callerIp!: string | null;

  @Column('text')
  targetType!: string;

  @Column('text')
  targetId!: string;

  @Column('simple-json', { nullable: true })
  before!: object | null;

  @Column('simple-json', { nullable: true })
  after!: object | null;

  /** The digest of the event before; of the first one, empty. */
  @Column('text')
  previousDigest!: string;

  /** HMAC-SHA256 over the previous digest and this event in canonical JSON (RFC 8785), base64url. */
  @Column('text')
  digest!: string;
}
