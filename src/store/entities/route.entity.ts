import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RouteMethod } from '../../core/route-table.js';

@Entity('route')
export class RouteEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  serviceId!: string;

  /** Its place in the list it was declared in. */
  @Column('integer')
  ordinal!: number;

  @Column('text')
  method!: RouteMethod;

  @Column('text')
  path!: string;

  @Column('simple-json')
  scopeSets!: string[][];

  @Column('boolean')
  public!: boolean;
}
