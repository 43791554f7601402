import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy as PassportBaseStrategy } from 'passport';
import { Strategy as BearerStrategyBase } from 'passport-http-bearer';
import type { AccessOutcome } from '../../core/check-access.js';
import type { Carrier } from './guarded-request.js';

/** `Authorization: Bearer …`, by passport-http-bearer. It ends in the outcome, also if that is a denial. */
@Injectable()
export class BearerStrategy extends PassportStrategy(BearerStrategyBase, 'bearer') {
  constructor() {
    super({ passReqToCallback: true });
  }

  async validate(carrier: Carrier): Promise<AccessOutcome> {
    return carrier.judge();
  }
}

class CarriedCredentialStrategy extends PassportBaseStrategy {
  // Passport clones strategies with Object.create, which private (#) fields do not survive.
  constructor(
    private readonly verify: (
      carrier: Carrier,
      done: (error: unknown, outcome?: object) => void,
    ) => void,
  ) {
    super();
  }

  override authenticate(carrier: unknown): void {
    this.verify(carrier as Carrier, (error, outcome) => {
      if (outcome === undefined || outcome === null) this.error(error);
      else this.success(outcome);
    });
  }
}

/** `?hapikey=…` and `X-Access-Token`; and requests with no credential, or with one that is malformed, whose denial it finds. */
@Injectable()
export class HapikeyStrategy extends PassportStrategy(CarriedCredentialStrategy, 'hapikey') {
  async validate(carrier: Carrier): Promise<AccessOutcome> {
    return carrier.judge();
  }
}
