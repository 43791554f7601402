import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** What a change that affects access was about. */
export type AccessSubject = 'account' | 'key' | 'service' | 'legacy_secrets';

/** One thing to forget, numbered: what other nodes follow. */
@Entity('access_change')
export class AccessChangeEntity {
  @PrimaryColumn('bigint', { transformer: asNumber })
  revision!: number;

  @PrimaryColumn('text')
  subject!: AccessSubject;

  @PrimaryColumn('text')
  subjectId!: string;

  @Column('bigint', { transformer: asNumber })
  at!: number;
}
