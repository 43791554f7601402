import { Module } from '@nestjs/common';
import { Admission } from './admission.js';
import { GatewayDoor } from './doors/gateway/gateway.door.js';
import { Upstream } from './doors/gateway/upstream.js';
import { SelfDoor } from './doors/self/self.door.js';
import { OwnRoutes } from './guard/own-routes.js';
import { BearerStrategy, HapikeyStrategy } from './guard/strategies.js';
import { AccessServer } from './server.js';

/** The data plane: the access listener with its doors, and what the guard of the management listener needs. */
@Module({
  providers: [
    Admission,
    AccessServer,
    GatewayDoor,
    OwnRoutes,
    SelfDoor,
    Upstream,
    BearerStrategy,
    HapikeyStrategy,
  ],
  exports: [Admission, AccessServer, OwnRoutes],
})
export class AccessModule {}
