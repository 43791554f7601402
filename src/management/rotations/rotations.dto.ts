import { brownoutsMax } from '../../core/brownout.js';
import { FlagField, ObjectsField, TimeField } from '../../platform/http/fields.js';

export class CancelRotationRequest {
  @FlagField({
    required: false,
    fallback: false,
    description: 'Ends the new secret although it is in use',
  })
  force?: boolean;
}

export class FinishRotationRequest {
  @FlagField({
    required: false,
    fallback: false,
    description: 'Refuses (409) unless the verdict is safe_to_finish',
  })
  onlyIfSafe?: boolean;
}

export class ExtendRotationRequest {
  @TimeField({
    description:
      "When the old secret is to stop working: at most the account's longest grace after it began to retire",
  })
  graceEndsAt!: string;
}

export class BrownoutField {
  @TimeField({ description: 'When the old secret begins to be refused' })
  startsAt!: string;

  @TimeField({ description: 'When it works again: at most an hour later, within the grace' })
  endsAt!: string;
}

export class PlanBrownoutsRequest {
  @ObjectsField({
    type: () => BrownoutField,
    max: brownoutsMax,
    description: 'In place of those that have not begun; an empty list takes them back',
  })
  brownouts!: BrownoutField[];
}
