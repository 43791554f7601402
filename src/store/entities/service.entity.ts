import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** Ciphertext under the sealing key of `sealingVersion`. */
export interface SealedText {
  readonly sealed: string;
  readonly sealingVersion: number;
}

/** A sealed upstream credential and where it goes. */
export interface SealedCredential extends SealedText {
  readonly in: 'header' | 'query';
  readonly name: string;
}

/** An upstream API and where it is mounted. */
@Entity('service')
export class ServiceEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  upstream!: string;

  @Column('text')
  mount!: string;

  /** Open to all accounts; otherwise an account needs a binding. */
  @Column('boolean')
  open!: boolean;

  @Column('boolean')
  stripMount!: boolean;

  @Column('integer')
  timeoutMs!: number;

  @Column('simple-json', { nullable: true })
  credential!: SealedCredential | null;

  /** Whether the upstream is told who called; `null` is: unless it has a credential of its own. */
  @Column('boolean', { nullable: true })
  identityHeaders!: boolean | null;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  /** The access revision of its last change, routes included, which is its ETag. */
  @Column('bigint', { transformer: asNumber })
  revision!: number;
}
