import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { requireMatch, withRevision } from '../../platform/http/revision.js';
import { AccountsStore } from '../../store/accounts.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database } from '../../store/database.js';
import { AccountEntity } from '../../store/entities/account.entity.js';
import type { NoticeEmails } from './notices.dto.js';

/** Who gets an account's notices by e-mail. An account sees to that itself, unlike to its other settings. */
@Injectable()
export class NoticeEmailsService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsStore,
    private readonly audit: AuditTrailStore,
  ) {}

  read({ noticeEmails, revision }: AccountEntity): NoticeEmails {
    return withRevision({ emails: noticeEmails }, revision);
  }

  set(
    { actor, callerIp }: Caller,
    { id }: AccountEntity,
    emails: readonly string[],
    ifMatch: string | undefined,
  ): Promise<NoticeEmails> {
    return this.database.change(async (change) => {
      const before = await change.manager.findOneByOrFail(AccountEntity, { id });
      requireMatch(ifMatch, before.revision);
      const after = await this.accounts.change(change, id, { noticeEmails: [...emails] });
      await this.audit.append(change, {
        ...{ accountId: id, actor, callerIp },
        action: 'account.notice_emails_changed',
        target: { type: 'account', id },
        before: this.read(before),
        after: this.read(after),
      });
      return this.read(after);
    });
  }
}
