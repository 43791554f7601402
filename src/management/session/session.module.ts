import { Module } from '@nestjs/common';
import { IdentityCheck } from './identity-check.js';
import { LinksController } from './links.controller.js';
import { LinksService } from './links.service.js';
import { PasskeyChallenges } from './passkey-challenges.js';
import { PasskeySignInService } from './passkey-sign-in.service.js';
import { PasskeysController } from './passkeys.controller.js';
import { PasskeysService } from './passkeys.service.js';
import { RecoveryController } from './recovery.controller.js';
import { RecoveryService } from './recovery.service.js';
import { SecondFactorController } from './second-factor.controller.js';
import { SecondFactorService } from './second-factor.service.js';
import { SessionCookies } from './session-cookies.js';
import { SessionController } from './session.controller.js';
import { SessionService } from './session.service.js';
import { SignInAttempts } from './sign-in-attempts.js';

@Module({
  controllers: [
    ...[SessionController, SecondFactorController, PasskeysController],
    ...[LinksController, RecoveryController],
  ],
  providers: [
    ...[SessionService, SecondFactorService, LinksService, RecoveryService, SessionCookies],
    ...[PasskeysService, PasskeySignInService, PasskeyChallenges],
    ...[IdentityCheck, SignInAttempts],
  ],
})
export class SessionModule {}
