/** What the store's classes are given under a name, because it is no class: see `store.module.ts`. */

/** `Clock` */
export const CLOCK = Symbol('Clock');
/** `CallLog` */
export const CALL_LOG = Symbol('CallLog');
/** `RateMeter` */
export const RATE_METER = Symbol('RateMeter');
/** `string`: under which this process writes what it has counted. */
export const NODE_ID = Symbol('NodeId');
/** `JunkCounts` */
export const JUNK_COUNTS = Symbol('JunkCounts');
/** `readonly Pepper[]`: those in force, the current one first. */
export const PEPPERS = Symbol('Peppers');
/** `readonly SealingKey[]`: those in force, the current one first. */
export const SEALING_KEYS = Symbol('SealingKeys');
/** `readonly string[]`: every prefix this installation has given out, the current one first. */
export const KEY_PREFIXES = Symbol('KeyPrefixes');
/** `AccountPolicy`: what holds where an account has no policy of its own. */
export const POLICY_DEFAULTS = Symbol('PolicyDefaults');
/** `SessionTerms`: how long a session lasts. */
export const SESSION_TERMS = Symbol('SessionTerms');
/** `Buffer`: the HMAC key of the audit chains. */
export const AUDIT_KEY = Symbol('AuditKey');
