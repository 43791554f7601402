import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** A key pair of somebody's device or password manager, which signs them in. Here is its public half. */
@Entity('passkey')
export class PasskeyEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  personId!: string;

  /** By which its authenticator knows it, in base64url. */
  @Column('text')
  credentialId!: string;

  /** A COSE key, in base64url. */
  @Column('text')
  publicKey!: string;

  /** How often it had signed by its own count when it was accepted last; 0 for one that does not count. */
  @Column('bigint', { transformer: asNumber })
  counter!: number;

  /** How a browser reaches it, in WebAuthn's words. */
  @Column('simple-json')
  transports!: string[];

  /** By which its owner knows it. */
  @Column('text')
  name!: string;

  /** Whether a copy of it lies elsewhere, as with a password manager. */
  @Column('boolean')
  isSynced!: boolean;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  /** When it signed its owner in. */
  @Column('bigint', { nullable: true, transformer: asNumber })
  lastUsedAt!: number | null;

  /** When the last challenge was made that it answered: none up to it is accepted again. 0 before the first. */
  @Column('bigint', { transformer: asNumber })
  lastChallengeAt!: number;
}
