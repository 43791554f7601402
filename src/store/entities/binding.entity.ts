import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Environment } from '../../core/secret-format.js';
import { asNumber } from '../columns.js';
import type { SealedCredential } from './service.entity.js';

/** An account's access to a service, in one environment or in all, with an upstream and a credential of its own if set. */
@Entity('binding')
export class BindingEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  accountId!: string;

  @Column('text')
  serviceId!: string;

  @Column('text', { nullable: true })
  environment!: Environment | null;

  @Column('text', { nullable: true })
  upstream!: string | null;

  @Column('simple-json', { nullable: true })
  credential!: SealedCredential | null;

  @Column('bigint', { transformer: asNumber })
  revision!: number;
}
