import type { ScopeEntity } from '../../store/entities/scope.entity.js';
import type { ScopesStore } from '../../store/scopes.store.js';
import type { RegisterScopeResponse } from './registers.dto.js';

type Told = Pick<
  RegisterScopeResponse,
  'scope' | 'inCatalogue' | 'description' | 'sensitive' | 'dataCategories'
>;

const scopesPerPage = 1000;

/** The scope catalogue as it was when a register was begun. */
export class ScopeCatalogue {
  readonly #scopes: ReadonlyMap<string, ScopeEntity>;

  static async read(store: ScopesStore): Promise<ScopeCatalogue> {
    const scopes = new Map<string, ScopeEntity>();
    let page: readonly ScopeEntity[];
    let last: string | null = null;
    do {
      page = await store.list(scopesPerPage, last);
      for (const scope of page) scopes.set(scope.name, scope);
      last = page.at(-1)?.name ?? null;
    } while (page.length === scopesPerPage);
    return new ScopeCatalogue(scopes);
  }

  private constructor(scopes: ReadonlyMap<string, ScopeEntity>) {
    this.#scopes = scopes;
  }

  /** Also of a scope that the catalogue has no more: that it was used stays so. */
  tell(name: string): Told {
    const scope = this.#scopes.get(name);
    return {
      scope: name,
      inCatalogue: scope !== undefined,
      description: scope?.description ?? null,
      sensitive: scope?.sensitive ?? false,
      dataCategories: [...(scope?.dataCategories ?? [])],
    };
  }

  /** Each once, in the order of the alphabet. */
  categoriesOf(names: readonly string[]): string[] {
    return [...new Set(names.flatMap((name) => this.tell(name).dataCategories))].toSorted();
  }
}
