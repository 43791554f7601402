import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { newId } from '../../core/ids.js';
import { ReaderSlots } from '../../platform/http/reader-slots.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database } from '../../store/database.js';
import type { RegisterReader, RegisterText } from './register-reader.js';

/** Milliseconds without a text after which something is said that means nothing: who waits in silence is cut off on the way. */
const silenceMsMax = 5_000;

/** What is on record of a register that is handed out. */
export interface RegisterRecord {
  /** In whose trail. */
  readonly accountId: string;
  readonly kind: 'access' | 'incident';
  /** What it was asked with. */
  readonly asked: object;
}

/** A register that is ready to be made. */
export interface RegisterDraft {
  readonly record: RegisterRecord;
  /** Says nothing, in its format. */
  readonly idle: string;
  text(id: string): RegisterText;
}

export interface HandedRegister {
  readonly id: string;
  /** To be read at the reader's pace, or destroyed. */
  readonly body: Readable;
}

/** Hands registers out, as they are made and as fast as they are read. That one is handed out is on record before its first byte. */
@Injectable()
export class RegisterDelivery {
  private readonly slots = new ReaderSlots('registers', 2, 8);

  constructor(
    private readonly database: Database,
    private readonly audit: AuditTrailStore,
  ) {}

  /**
   * @param prepare reads what has to be there before the answer begins, so that what is wrong with a request is said and is no
   *   file that breaks off
   * @throws ApiError of `prepare`; 429 beyond the bounds. Then nothing is on record
   */
  async handOut(
    reader: RegisterReader,
    prepare: () => Promise<RegisterDraft>,
  ): Promise<HandedRegister> {
    const giveBack = this.slots.take(reader.caller.accountId);
    try {
      const draft = await prepare();
      const id = newId('reg');
      await this.record(reader, draft.record, id);
      const body = Readable.from(inTurns(reader, draft, id));
      body.once('close', giveBack);
      return { id, body };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  private async record(
    { caller }: RegisterReader,
    { accountId, kind, asked }: RegisterRecord,
    id: string,
  ): Promise<void> {
    await this.database.change((change) =>
      this.audit.append(change, {
        ...{ accountId, action: `register.${kind}_taken` },
        ...{ actor: caller.actor, callerIp: caller.callerIp },
        target: { type: 'register', id },
        after: asked,
      }),
    );
  }
}

/** @param silenceMs after which `idle` is said */
export async function* inTurns(
  { stillAdmitted }: Pick<RegisterReader, 'stillAdmitted'>,
  { text, idle }: Pick<RegisterDraft, 'text' | 'idle'>,
  id: string,
  silenceMs = silenceMsMax,
): AsyncGenerator<string, void> {
  let saidAt = performance.now();
  for await (const piece of text(id)) {
    if (!(await stillAdmitted())) throw new Error('The key of this register has ended.');
    const said = piece === '' && performance.now() - saidAt > silenceMs ? idle : piece;
    if (said !== '') {
      yield said;
      saidAt = performance.now();
    }
    // On SQLite nothing so far had to wait: whoever else calls gets a turn.
    await setImmediate();
  }
}
