import { Module, type DynamicModule } from '@nestjs/common';
import { Courier } from './courier.js';
import { EmailChannel } from './email.channel.js';
import { LinkMailClaims } from './link-mail-claims.js';
import { LinkMailer } from './link-mailer.js';
import { MailServer } from './mail-server.js';
import {
  COURIER_SURROUNDINGS,
  usualSurroundings,
  type CourierSurroundings,
} from './surroundings.js';
import { KeyExpiries } from './watch/key-expiries.js';
import { MisplacedSecrets } from './watch/misplaced-secrets.js';
import { NewCallers } from './watch/new-callers.js';
import { RotationEndings } from './watch/rotation-endings.js';
import { SecretAges } from './watch/secret-ages.js';
import { TimeWatch } from './watch/time-watch.js';
import { WebhookChannel } from './webhook.channel.js';

/** What leaves by itself: notices, to those who are to be told, and links, to those they are for. */
@Module({})
export class CourierModule {
  /** @param surroundings what a test gives in place of the usual */
  static forRoot(surroundings: Partial<CourierSurroundings> = {}): DynamicModule {
    const useValue = { ...usualSurroundings, ...surroundings };
    return {
      module: CourierModule,
      providers: [
        { provide: COURIER_SURROUNDINGS, useValue },
        ...[Courier, MailServer, EmailChannel, WebhookChannel],
        ...[LinkMailer, LinkMailClaims],
        ...[TimeWatch, RotationEndings, KeyExpiries, SecretAges, NewCallers, MisplacedSecrets],
      ],
    };
  }
}
