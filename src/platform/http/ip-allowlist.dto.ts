import { ApiProperty } from '@nestjs/swagger';
import {
  formatIpRule,
  parseIpRule,
  type AllowlistMode,
  type IpAllowlist,
} from '../../core/ip-allowlist.js';
import { ApiError } from '../errors/api-error.js';
import type { ErrorDetail } from '../errors/envelope.js';
import { ChoiceField, FlagField, ObjectsField, TextField } from './fields.js';

const modes: readonly AllowlistMode[] = ['off', 'report', 'enforce'];
const entriesMax = 1000;

export class IpAllowlistEntryField {
  @TextField({
    max: 64,
    example: '203.0.113.0/24',
    description: 'An address, or address/prefix without host bits',
  })
  cidr!: string;

  @TextField({ min: 0, max: 200, required: false })
  note?: string;
}

export class IpAllowlistField {
  @ChoiceField({
    of: modes,
    description:
      'off: every address; report: every address, noted on the call; enforce: these only',
  })
  mode!: AllowlistMode;

  @ObjectsField({
    type: () => IpAllowlistEntryField,
    max: entriesMax,
    description: 'With enforce, an empty list admits nobody',
  })
  entries!: IpAllowlistEntryField[];

  @FlagField({ required: false, description: 'Says that an entry with prefix /0 is meant' })
  confirmAny?: boolean;
}

export class IpAllowlistEntryResponse {
  @ApiProperty()
  cidr!: string;

  @ApiProperty({ required: false })
  note?: string;
}

export class IpAllowlistResponse {
  @ApiProperty({ enum: modes })
  mode!: AllowlistMode;

  @ApiProperty({ type: [IpAllowlistEntryResponse] })
  entries!: IpAllowlistEntryResponse[];
}

/**
 * The list in its canonical form.
 *
 * @param property the one of the body that holds it; the list may be the body itself
 * @throws ApiError with one entry per rule that cannot be taken
 */
export function ipAllowlistOf(list: IpAllowlistField, property?: string): IpAllowlist {
  const at = property === undefined ? 'entries' : `${property}.entries`;
  const faults: ErrorDetail[] = [];
  const entries = list.entries.map(({ cidr, note }, i) => {
    const reading = parseIpRule(cidr, { allowAny: list.confirmAny === true });
    if (!reading.ok) {
      const field = `${at}.${i}.cidr`;
      const message = `${field} cannot be used: ${reading.why}.`;
      faults.push({ message, code: 'IP_RULE', in: 'body', context: { field } });
    }
    const rule = reading.ok ? formatIpRule(reading.rule) : cidr;
    return note === undefined || note === '' ? { cidr: rule } : { cidr: rule, note };
  });
  if (faults.length > 0) {
    throw new ApiError(
      'VALIDATION_FAILED',
      `The request is not valid: ${faults[0]?.message}`,
      faults.slice(0, 50),
    );
  }
  return { mode: list.mode, entries };
}
