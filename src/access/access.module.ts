import { Module } from '@nestjs/common';
import { JunkBudget } from '../core/junk-budget.js';
import type { JunkCounts } from '../core/ports.js';
import { SETTINGS, type Settings } from '../platform/config/settings.js';
import { JUNK_COUNTS } from '../store/tokens.js';
import { Admission } from './admission.js';
import { ForwardAuthDoor } from './doors/forward-auth/forward-auth.door.js';
import { GatewayDoor } from './doors/gateway/gateway.door.js';
import { Upstream } from './doors/gateway/upstream.js';
import { SelfRotationDoor } from './doors/self/self-rotation.door.js';
import { SelfDoor } from './doors/self/self.door.js';
import { VerifyDoor } from './doors/verify/verify.door.js';
import { OwnRoutes } from './guard/own-routes.js';
import { BearerStrategy, HapikeyStrategy } from './guard/strategies.js';
import { AccessServer } from './server.js';

/** Shared by both listeners: they write to one log. */
const junkBudget = {
  provide: JunkBudget,
  inject: [SETTINGS, JUNK_COUNTS],
  useFactory: ({ junkRowsPerMinute }: Settings, counts: JunkCounts) =>
    new JunkBudget(junkRowsPerMinute, counts),
};

/** The data plane: the access listener with its doors, and what the guard of the management listener needs. */
@Module({
  providers: [
    Admission,
    junkBudget,
    AccessServer,
    ForwardAuthDoor,
    GatewayDoor,
    OwnRoutes,
    SelfDoor,
    SelfRotationDoor,
    Upstream,
    VerifyDoor,
    BearerStrategy,
    HapikeyStrategy,
  ],
  exports: [Admission, AccessServer, OwnRoutes],
})
export class AccessModule {}
