import { ChangeFollower, usualPace, type FollowingPace } from '../../src/store/change-follower.js';
import { parseDatabaseUrl } from '../../src/store/data-source-options.js';
import type { Stale } from '../../src/store/database.js';
import type { CachedKeyDirectory } from '../../src/store/key-directory.js';
import { Lease } from '../../src/store/lease.js';
import type { ServiceCatalog } from '../../src/store/service-catalog.js';
import { openStore, type TestDatabase, type TestStore } from './store.js';

/** A node that follows the changes of others, put together as `store.module.ts` does. */
export interface FollowingNode extends TestStore {
  readonly lease: Lease;
  readonly directory: CachedKeyDirectory;
  readonly catalog: ServiceCatalog;
  /** What it was told to forget, in that order. */
  readonly heard: Stale[];
}

export interface FollowingSettings {
  /** By which way it reaches the database, where that is not the direct one. */
  readonly url?: string;
  /** By which way it hears of changes, where that is another. */
  readonly feedUrl?: string;
  readonly leaseMs?: number;
  readonly pace?: Partial<FollowingPace>;
}

const hourMs = 3_600_000;

/** A pace at which nothing happens for want of patience, so that a test sees what it looks at and nothing else. */
export const patient = { leaseMs: hourMs, pace: { silenceMsMax: hourMs } } as const;

/** The same, and without a poll: only a notification makes it read again. */
export const onlyNotified = { leaseMs: hourMs, pace: { pollMs: hourMs, silenceMsMax: 2 * hourMs } };

/** @param other the node whose keys it knows */
export async function startFollowing(
  home: TestDatabase,
  other: TestStore,
  { url = home.url, feedUrl = url, leaseMs, pace = {} }: FollowingSettings = {},
): Promise<FollowingNode> {
  const databaseUrl = parseDatabaseUrl(url);
  if (databaseUrl === null) throw new Error('This is no database URL.');
  const lease = new Lease(leaseMs);
  const store = await openStore({ ...home, databaseUrl }, { peppers: other.peppers, lease });
  const heard: Stale[] = [];
  store.database.onChange((stale) => void heard.push(stale));
  const directory = await store.makeDirectory();
  const catalog = await store.makeCatalog();
  const follower = new ChangeFollower(feedUrl, store.database, lease, { ...usualPace, ...pace });
  await follower.onApplicationBootstrap();
  return {
    ...store,
    ...{ lease, directory, catalog, heard },
    close: async () => {
      await follower.onModuleDestroy();
      await store.close();
    },
  };
}
