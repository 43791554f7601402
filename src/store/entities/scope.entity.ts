import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A named permission of the scope catalogue. */
@Entity('scope')
export class ScopeEntity {
  @PrimaryColumn('text')
  name!: string;

  @Column('text')
  description!: string;

  @Column('boolean')
  sensitive!: boolean;

  /** What kinds of personal data it opens, for the register of access. */
  @Column('simple-json')
  dataCategories!: string[];
}
