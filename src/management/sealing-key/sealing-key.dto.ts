import { ApiProperty } from '@nestjs/swagger';

export class CredentialsUnderVersion {
  @ApiProperty({ type: 'integer' })
  version!: number;

  @ApiProperty({
    type: 'integer',
    description:
      'Upstream credentials, secrets of webhooks and of authenticator apps sealed under it',
  })
  credentials!: number;
}

export class SealingKeyResponse {
  @ApiProperty({ type: 'integer', description: 'The version that seals' })
  version!: number;

  @ApiProperty({ type: [Number], description: 'Every version there is, the one that seals first' })
  versions!: number[];

  @ApiProperty({
    enum: ['file', 'environment'],
    description: 'sealing.key in the data folder, or the variable SEALING_KEY',
  })
  keptIn!: 'file' | 'environment';

  @ApiProperty({ type: [CredentialsUnderVersion] })
  sealed!: CredentialsUnderVersion[];
}

export class SealingKeyRotationResponse {
  @ApiProperty({ type: 'integer', description: 'The version under which everything is sealed now' })
  version!: number;

  @ApiProperty({
    type: 'integer',
    description:
      'Upstream credentials, secrets of webhooks and of authenticator apps that were sealed anew',
  })
  resealed!: number;

  @ApiProperty({
    type: [Number],
    description:
      'Versions that are no longer needed: gone from sealing.key, or to be taken out of SEALING_KEY at the next restart',
  })
  retired!: number[];
}
