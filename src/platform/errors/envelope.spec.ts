import { describe, expect, it } from '@jest/globals';
import { newSecret } from '../../core/secret-format.js';
import { otherAnswer } from './envelope.js';

describe('an error that repeats what was sent', () => {
  it('repeats no secret: in the message, in the details and in what they name', () => {
    const secret = newSecret('lk', 'production');
    const context = { field: `x.${secret}`, unknownScopes: ['contacts.read', secret], limit: 3 };
    const detail = { message: `there is no ${secret}.`, code: 'INVALID', in: 'body', context };
    const { body } = otherAnswer('VALIDATION_FAILED', `Not valid: ${secret}.`, 'call_1', [detail]);
    expect(body.message).toBe('Not valid: ***.');
    expect(body.errors).toEqual([
      {
        message: 'there is no ***.',
        code: 'INVALID',
        in: 'body',
        context: { field: 'x.***', unknownScopes: ['contacts.read', '***'], limit: 3 },
      },
    ]);
  });

  it('repeats nothing of what the request carried as its credential, however long the rest is', () => {
    const legacy = 'partner-portal-2019-0123456789'.padEnd(120, 'x');
    const name = `${'y'.repeat(90)}${legacy}`;
    const detail = { message: `no ${name}`, code: 'X', in: 'body', context: { field: name } };
    const answer = otherAnswer('VALIDATION_FAILED', `no ${legacy}`, 'call_1', [detail], [legacy]);
    const { message, errors } = answer.body;
    expect(message).toBe('no ***');
    const rest = `${'y'.repeat(90)}***`;
    expect(errors).toEqual([{ ...detail, message: `no ${rest}`, context: { field: rest } }]);
  });

  it('repeats what is long only in part', () => {
    const name = 'n'.repeat(1_000_000);
    const detail = { message: name, code: 'X', in: 'body', context: { field: name } };
    const { message, errors } = otherAnswer('VALIDATION_FAILED', name, 'call_1', [detail]).body;
    const [told] = errors;
    expect([message, told?.message].map((text) => Buffer.byteLength(text ?? ''))).toEqual([
      ...[4096, 4096],
    ]);
    expect(Buffer.byteLength(told?.context?.['field'] as string)).toBe(256);
  });

  it('leaves everything else as it is', () => {
    const detail = { message: 'a_prod_b is 100 %.', code: 'INVALID', in: 'body' };
    const { body } = otherAnswer('CONFLICT', 'lk_prod_ is no secret.', 'call_1', [detail]);
    expect([body.message, body.errors]).toEqual(['lk_prod_ is no secret.', [detail]]);
  });
});
