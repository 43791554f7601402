import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What the installation knows of itself: the prefixes it has used, the fingerprints of its keys. */
@Entity('installation')
export class InstallationEntity {
  @PrimaryColumn('text')
  name!: string;

  @Column('text')
  value!: string;
}
