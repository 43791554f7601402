import type { Schemas } from '@latchkey/sdk';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api, taggedAnswer } from '../api/client.js';

export type Notice = Schemas['NoticeResponse'];
export type LoggedDelivery = Schemas['LoggedDeliveryResponse'];
export type Webhook = Schemas['WebhookResponse'];
export type NoticeKind = Notice['kind'];

export const noticesQuery = (accountId: string) =>
  infiniteQueryOptions({
    queryKey: ['notices', accountId],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/v1/accounts/{accountId}/notices', {
          params: {
            path: { accountId },
            query: { limit: 50, ...(pageParam !== undefined && { after: pageParam }) },
          },
        }),
      ),
    getNextPageParam: ({ paging }) => paging.next?.after,
  });

export const noticeQuery = (accountId: string, noticeId: string) =>
  queryOptions({
    queryKey: ['notice', accountId, noticeId],
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/notices/{noticeId}', {
          params: { path: { accountId, noticeId } },
        }),
      ),
    // What is on its way is looked after until it is there, or given up.
    refetchInterval: ({ state }) =>
      state.data?.deliveries.some((delivery) => delivery.state === 'pending') ? 3_000 : false,
  });

export const emailsQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['notice-emails', accountId],
    queryFn: () =>
      taggedAnswer(
        api.GET('/v1/accounts/{accountId}/notice-emails', { params: { path: { accountId } } }),
      ),
  });

export const webhooksQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['webhooks', accountId],
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/webhooks', {
          params: { path: { accountId }, query: { limit: 500 } },
        }),
      ),
  });

const words = {
  'rotation.opened': 'A rotation was opened',
  'rotation.extended': 'A rotation got more time',
  'rotation.cancelled': 'A rotation was called off',
  'rotation.finished': 'A rotation was finished',
  'rotation.expired': 'A rotation ran out of time',
  'rotation.ends_in_7_days': 'A rotation ends in 7 days',
  'rotation.ends_in_24_hours': 'A rotation ends in 24 hours',
  'secret.over_age': 'A secret is over age',
  'secret.misplaced': 'A secret came in a wrong place',
  'key.expiring': 'A key expires soon',
  'key.suspended': 'A key was suspended',
  'key.revoked': 'A key was revoked',
  'key.first_used_from_new_ip': 'A key was used from a new address',
  'webhook.test': 'A test of a webhook',
} as const satisfies Record<NoticeKind, string>;

/** What can be chosen. A test comes to whom it is sent. */
export const kindChoices = Object.entries(words)
  .filter(([kind]) => kind !== 'webhook.test')
  .map(([value, label]) => ({ value: value as NoticeKind, label }));

/** Its subject, without the sender that an e-mail needs in front. */
export function titleOf({ subject }: Pick<Notice, 'subject'>): string {
  const title = subject.replace(/^Latchkey: /, '');
  return title.charAt(0).toUpperCase() + title.slice(1);
}

/** A kind that this page does not know is told by its name. */
export function inWordsOf(kind: NoticeKind): string {
  return words[kind] ?? kind;
}

/** How far a delivery has come, in words. A state that this page does not know is told by its name. */
export const stateWords: Readonly<
  Partial<Record<LoggedDelivery['state'], { says: string; color: string }>>
> = {
  pending: { says: 'on its way', color: 'yellow' },
  delivered: { says: 'delivered', color: 'green' },
  given_up: { says: 'given up', color: 'red' },
  kept: { says: 'not sent: no mail server is set up', color: 'gray' },
};
