import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** Where an account's audit chain stands. Its row is the lock under which the next event is linked. */
@Entity('audit_head')
export class AuditHeadEntity {
  @PrimaryColumn('text')
  accountId!: string;

  @Column('bigint', { transformer: asNumber })
  seq!: number;

  @Column('text')
  digest!: string;
}
