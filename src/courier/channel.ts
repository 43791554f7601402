import type { NoticeDeliveryEntity } from '../store/entities/notice-delivery.entity.js';
import type { NoticeEntity } from '../store/entities/notice.entity.js';

/** What came of sending. */
export interface Sent {
  readonly delivered: boolean;
  /** What the other side answered, if it did. */
  readonly code: number | null;
  /** What went wrong, in words that say nothing of the operator's network. */
  readonly error: string | null;
  /** Whether another attempt would be answered alike. */
  readonly isFinal?: boolean;
}

/** A way to a recipient. */
export interface Channel {
  /** @returns `kept` where there is no such way. It never throws for what the other side does. */
  send(notice: NoticeEntity, delivery: NoticeDeliveryEntity): Promise<Sent | 'kept'>;
}

export function answered(code: number): Pick<Sent, 'code' | 'error'> {
  return { code, error: `answered ${code}` };
}
