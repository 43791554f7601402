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

  it('leaves everything else as it is', () => {
    const detail = { message: 'a_prod_b is 100 %.', code: 'INVALID', in: 'body' };
    const { body } = otherAnswer('CONFLICT', 'lk_prod_ is no secret.', 'call_1', [detail]);
    expect([body.message, body.errors]).toEqual(['lk_prod_ is no secret.', [detail]]);
  });
});
