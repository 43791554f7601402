import ts from 'typescript';

/**
 * The titles under which the tests in a file's text run: of `it`, of `describe`, and what the rows of their tables put into them. What
 * is skipped has none, nor has a comment or the body of a test.
 */
export function titlesIn(code: string): string[] {
  const source = ts.createSourceFile('a.test.ts', code, ts.ScriptTarget.Latest, true);
  const constants = constantsOf(source);
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { table, called } = registrationOf(node);
      if (skipping.test(called)) return;
      if (registering.test(called)) {
        const own = textsOf(node.arguments[0]);
        const columns = own.join('').match(/[%$]\w/g)?.length ?? 0;
        titles.push(...own, ...cellsOf(table, { constants, columns, depth: ofTable }));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

/** Also what this house makes of them: `describeOnEachDatabase`. */
const registering = /^(it|describe\w*)(\.each)?$/;
const skipping = /^(xit|xdescribe|(it|describe)\b.*\.(skip|todo|failing))\b/;

/** What a call registers with, and the table it does so for: `it.each` and the table, of `it.each(table)('title', …)`. */
function registrationOf({ expression }: ts.CallExpression) {
  return ts.isCallExpression(expression)
    ? { called: expression.expression.getText(), table: expression.arguments[0] }
    : { called: expression.getText(), table: undefined };
}

function textsOf(node: ts.Node | undefined): string[] {
  if (node === undefined) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (!ts.isTemplateExpression(node)) return [];
  return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)];
}

interface Place {
  readonly constants: ReadonlyMap<string, ts.Expression>;
  /** How many columns the title shows. */
  readonly columns: number;
  readonly depth: number;
}
const ofTable = 2;
const ofRow = 1;

function cellsOf(node: ts.Node | undefined, place: Place): string[] {
  const { constants, columns, depth } = place;
  if (node === undefined || depth < 0) return [];
  const inside = (next: ts.Node | undefined, nextDepth = depth) =>
    cellsOf(next, { ...place, depth: nextDepth });
  if (ts.isArrayLiteralExpression(node)) {
    const shown = depth === ofRow ? node.elements.slice(0, columns) : node.elements;
    return shown.flatMap((element) =>
      inside(element, ts.isSpreadElement(element) ? depth : depth - 1),
    );
  }
  if (ts.isObjectLiteralExpression(node)) {
    const shown = depth === ofRow ? node.properties.slice(0, columns) : [];
    return shown.flatMap((field) =>
      ts.isPropertyAssignment(field) ? textsOf(field.initializer) : [],
    );
  }
  if (ts.isIdentifier(node)) {
    // A constant is looked into once: a parameter may bear its name.
    const others = new Map([...constants].filter(([name]) => name !== node.text));
    return cellsOf(constants.get(node.text), { ...place, constants: others });
  }
  if (isAround(node)) return inside(node.expression);
  if (depth !== ofTable) return textsOf(node);
  if (ts.isCallExpression(node))
    return [node.expression, ...node.arguments].flatMap((each) => inside(each));
  return ts.isArrowFunction(node) ? inside(node.body, ofRow) : textsOf(node);
}

function isAround(node: ts.Node): node is ts.Node & { expression: ts.Expression } {
  return (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isSpreadElement(node) ||
    ts.isPropertyAccessExpression(node)
  );
}

function constantsOf(source: ts.SourceFile): Place['constants'] {
  const constants = new Map<string, ts.Expression>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      constants.set(node.name.text, node.initializer);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return constants;
}
