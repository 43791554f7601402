import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';
import type { SealedText } from './service.entity.js';

/** The authenticator app of a person: asked for at each sign-in from when it was confirmed. Nobody has two. */
@Entity('second_factor')
export class SecondFactorEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  personId!: string;

  /** What the app makes its codes of, in base32. */
  @Column('simple-json')
  secret!: SealedText;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  /** `null` until the app has shown that it has the secret: till then it is asked for nowhere. */
  @Column('bigint', { nullable: true, transformer: asNumber })
  confirmedAt!: number | null;

  /** Of the last code that was accepted: none is accepted up to it again. */
  @Column('bigint', { transformer: asNumber })
  lastStep!: number;

  /** Wrong codes since the last one that was right. */
  @Column('integer')
  failures!: number;
}
