import type { RotationEntity } from './entities/rotation.entity.js';

/** What the audit trail keeps of a rotation. */
export function rotationFacts(rotation: RotationEntity): object {
  const { id, standing, retiringSecretId, replacingSecretId } = rotation;
  const { startedAt, graceEndsAt, endedAt } = rotation;
  const times = {
    startedAt: iso(startedAt),
    graceEndsAt: iso(graceEndsAt),
    endedAt: endedAt === null ? null : iso(endedAt),
  };
  const brownouts = rotation.brownouts.map(({ startsAt, endsAt }) => ({
    startsAt: iso(startsAt),
    endsAt: iso(endsAt),
  }));
  return { id, standing, ...times, brownouts, retiringSecretId, replacingSecretId };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
