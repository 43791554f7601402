import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from '../../core/roles.js';
import { asNumber } from '../columns.js';

/** What a person is in an account. */
@Entity('member')
export class MemberEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  accountId!: string;

  @Column('text')
  personId!: string;

  @Column('text')
  role!: Role;

  /** Whether notices that the role is told of come by e-mail: the member's own setting. */
  @Column('boolean')
  getsNoticeEmails!: boolean;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  /** The access revision of its last change, which is its ETag. */
  @Column('bigint', { transformer: asNumber })
  revision!: number;
}
