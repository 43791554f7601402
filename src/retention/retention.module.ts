import { Module, type DynamicModule } from '@nestjs/common';
import { ApiKeysStore } from '../store/api-keys.store.js';
import { CallSumsStore } from '../store/call-log/read/call-sums.store.js';
import { UsageStore } from '../store/call-log/usage/usage.store.js';
import { CallsKeptStore } from '../store/calls-kept.store.js';
import { CallLogPruner } from '../store/call-log/prune/call-log-pruner.js';
import { AuditRetention } from './audit-retention.js';
import { CallRetention, CounterRetention } from './call-log-retention.js';
import { LimitUseRetention } from './limit-use-retention.js';
import { NoticeRetention } from './notice-retention.js';
import type { Pruner } from './pruner.js';
import { PRUNERS, RetentionRunner } from './retention-runner.js';
import { RetentionTerms } from './retention-terms.js';
import { LinkRetention, SessionRetention } from './sign-in-retention.js';
import {
  RETENTION_SURROUNDINGS,
  usualSurroundings,
  type RetentionSurroundings,
} from './surroundings.js';

/** What is kept for so long and no longer. */
@Module({})
export class RetentionModule {
  /** @param surroundings what is given in place of the usual */
  static forRoot(surroundings: Partial<RetentionSurroundings> = {}): DynamicModule {
    const useValue = { ...usualSurroundings, ...surroundings };
    const pruners = (
      terms: RetentionTerms,
      keys: ApiKeysStore,
      audit: AuditRetention,
      notices: NoticeRetention,
      limitUses: LimitUseRetention,
      sessions: SessionRetention,
      links: LinkRetention,
      ownLog: CallLogPruner,
      kept: CallsKeptStore,
      sums: CallSumsStore,
      usage: UsageStore,
    ): Pruner[] => {
      const callLog = useValue.callLog ?? ownLog;
      const dated = useValue.callLog ?? {
        rowsSince: () => sums.rowsSince(),
        countingSince: () => usage.countingSince(),
      };
      const calls = new CallRetention(terms, callLog, dated, kept);
      const counters = new CounterRetention(terms, keys, callLog, dated);
      return [calls, counters, notices, audit, limitUses, sessions, links];
    };
    return {
      module: RetentionModule,
      providers: [
        { provide: RETENTION_SURROUNDINGS, useValue },
        ...[RetentionTerms, AuditRetention, NoticeRetention, LimitUseRetention, RetentionRunner],
        ...[SessionRetention, LinkRetention],
        {
          provide: PRUNERS,
          useFactory: pruners,
          inject: [
            RetentionTerms,
            ApiKeysStore,
            AuditRetention,
            NoticeRetention,
            LimitUseRetention,
            SessionRetention,
            LinkRetention,
            CallLogPruner,
            CallsKeptStore,
            CallSumsStore,
            UsageStore,
          ],
        },
      ],
    };
  }
}
