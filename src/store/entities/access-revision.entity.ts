import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/**
 * The number of the last change that affects access: one row, and the lock under which the next number is taken, so that
 * numbers become visible in their order.
 */
@Entity('access_revision')
export class AccessRevisionEntity {
  @PrimaryColumn('integer')
  id!: number;

  @Column('bigint', { transformer: asNumber })
  revision!: number;
}
