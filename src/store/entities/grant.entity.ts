import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A scope held by a key: to use it, or to hand it out. */
@Entity('api_key_grant')
export class GrantEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  keyId!: string;

  @Column('text')
  scope!: string;

  @Column('text')
  power!: 'use' | 'hand_out';

  /** Kept for grants on one service only; `null` is every service. */
  @Column('text', { nullable: true })
  serviceId!: string | null;

  /** Kept for grants on some resources only (locations, teams, brands); `null` is all. */
  @Column('simple-json', { nullable: true })
  resources!: object | null;
}
