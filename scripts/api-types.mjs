/**
 * Writes the types of the management API, `sdk/src/schema.ts`, from openapi.json: `node scripts/api-types.mjs`. What comes of
 * it is not committed: it is made anew with the console whenever the description changes.
 */
import fs from 'node:fs';
import openapiTypes, { astToString } from 'openapi-typescript';

const description = new URL('../openapi.json', import.meta.url);
const types = new URL('../sdk/src/schema.ts', import.meta.url);

// A property with a default may be left out.
const nodes = await openapiTypes(description, { defaultNonNullable: false });
fs.writeFileSync(
  types,
  `// Made from openapi.json by scripts/api-types.mjs.\n\n${astToString(nodes)}`,
);
