import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** Somebody who can sign in, whatever they are in which accounts. */
@Entity('person')
export class PersonEntity {
  @PrimaryColumn('text')
  id!: string;

  /** As it was given. */
  @Column('text')
  email!: string;

  /** In lower case: by which nobody is there twice. */
  @Column('text')
  emailFolded!: string;

  @Column('text')
  name!: string;

  /** argon2id, as a PHC string. */
  @Column('text')
  passwordHash!: string;

  @Column('bigint', { transformer: asNumber })
  passwordChangedAt!: number;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  @Column('bigint', { transformer: asNumber })
  revision!: number;
}
