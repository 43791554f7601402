import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** That a creating request with an Idempotency-Key was carried out, and what it answered, less the secret. */
@Entity('idempotency_record')
export class IdempotencyRecordEntity {
  /** The key or member that asked. */
  @PrimaryColumn('text')
  callerId!: string;

  @PrimaryColumn('text')
  path!: string;

  @PrimaryColumn('text')
  idempotencyKey!: string;

  /** SHA-256 of the body in canonical JSON, base64url. */
  @Column('text')
  bodyDigest!: string;

  @Column('simple-json')
  answer!: object;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;
}
