import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';

/**
 * An entity in a statement that is written by hand, beside others: the ORM asks for each kind with a statement of its own, and for
 * what a call waits for that is too many.
 */
export class EntityColumns<Entity extends ObjectLiteral> {
  /** What to select, each column under a name that no other entity has. */
  readonly selected: string;
  /** What a record has of it; `null` where an outer join found none. */
  readonly of: (record: Readonly<Record<string, unknown>>) => Entity | null;

  /** @param alias of its table in the statement */
  constructor(dataSource: DataSource, entity: EntityTarget<Entity>, alias: string) {
    const { driver } = dataSource;
    const metadata = dataSource.getMetadata(entity);
    const columns = metadata.columns.map((column) => ({
      column,
      name: `${alias}_${column.databaseName}`,
    }));
    this.selected = columns
      .map(({ column, name }) => `${alias}."${column.databaseName}" AS "${name}"`)
      .join(', ');
    const [first] = metadata.primaryColumns;
    const id = `${alias}_${first?.databaseName}`;
    this.of = (record) => {
      if (record[id] === null) return null;
      const found = metadata.create() as Entity;
      for (const { column, name } of columns)
        column.setEntityValue(found, driver.prepareHydratedValue(record[name], column));
      return found;
    };
  }
}
