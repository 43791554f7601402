/**
 * The rules of the house: who may import whom. `npm run check:structure` enforces them.
 *
 * All that a room's entry does not list is refused, built-in modules and packages included, and an `import type` counts as
 * an import. To let one more part in, add its name there; that is a design decision, so say why.
 */
const { builtinModules } = require('node:module');

const house = {
  core: {
    builtins: ['buffer', 'crypto', 'net', 'zlib'],
    packages: [],
  },
  store: {
    rooms: ['core'],
    builtins: ['crypto', 'fs', 'net', 'path', 'url', 'worker_threads'],
    packages: [
      ...['typeorm', 'better-sqlite3', 'pg', 'lru-cache'],
      ...['@nestjs/common', '@nestjs/core', '@nestjs/typeorm'],
    ],
  },
  platform: {
    rooms: ['core'],
    builtins: builtinModules,
    packages: [
      ...['@nestjs/*', 'rxjs', 'reflect-metadata'],
      ...['class-validator', 'class-transformer', 'pino', '@node-rs/argon2'],
      'otpauth', // codes of authenticator apps, beside the passwords
      '@simplewebauthn/server', // what passkeys answer, beside them as well
      'fastify', // only its types: a rule below
    ],
  },
  access: {
    rooms: ['core', 'store', 'platform'],
    builtins: ['crypto', 'http', 'net', 'stream'],
    packages: [
      ...['fastify', '@fastify/*', 'undici', 'passport', 'passport-http-bearer', 'lru-cache'],
      ...['@nestjs/common', '@nestjs/core', '@nestjs/passport', 'rxjs'],
      '@nestjs/platform-fastify', // what a route says of itself, for errors that come before the guard
      '@nestjs/swagger', // @RequireScopes tells the guard and the API description at once
    ],
  },
  courier: {
    rooms: ['core', 'store', 'platform'],
    builtins: ['dns', 'net', 'util'],
    packages: ['nodemailer', 'undici', '@nestjs/common'],
  },
  retention: {
    rooms: ['core', 'store', 'platform'],
    packages: ['@nestjs/common'],
  },
  commands: {
    rooms: ['core', 'store'],
    builtins: ['fs'],
    packages: [],
  },
  management: {
    rooms: ['core', 'store', 'platform', 'access/guard'],
    builtins: ['crypto', 'stream', 'timers', 'zlib'], // for answers that go on: the log as a file and as a stream
    packages: ['@nestjs/*', 'class-validator', 'class-transformer', 'yaml', 'fastify'],
  },
  demo: {
    rooms: ['core', 'store', 'platform', 'management', 'access/guard'],
    builtins: ['fs', 'http', 'net', 'path'],
    packages: ['@nestjs/common'],
  },
};

/** What a spec may import besides. It stands beside what it tests, so the rules of its room hold for it too. */
const inSpecs = {
  testSupport: ['^test/support/'],
  builtins: builtinModules,
  packages: [
    ...['@jest/globals', '@nestjs/testing', 'csv-parse', 'fast-check', 'ipaddr.js'],
    ...['reflect-metadata', 'standardwebhooks'],
  ],
};

const SPEC = '\\.spec\\.ts$';
const APP_MODULE = '^src/app\\.module\\.ts$';
const LATCHKEY = '^src/latchkey\\.ts$';
/** What opens an installation and puts the rooms together. */
const WIRING =
  '^src/(main|command-line|app\\.module|latchkey|installation|inspection|rescue|described-api|write-openapi)\\.ts$';
const UNTELLING_NAME = '(^|/)(utils|helpers|common|shared)([./]|$)';

const room = (name) => `^src/${name}/`;
const escaped = (name) => name.replaceAll('.', '\\.').replaceAll('*', '[^/]+');
const patternsOf = ({ rooms = [], builtins = [], packages = [] }) => [
  ...rooms.map(room),
  ...builtins.map((name) => `^${escaped(name)}(/|$)`),
  ...packages.map((name) => `(^|/)node_modules/(@types/)?${escaped(name)}/`),
];

const roomRules = Object.entries(house).flatMap(([name, parts]) => {
  // In management each feature is a room of its own: $1 is the feature that imports.
  const [files, itself] =
    name === 'management'
      ? ['^src/management/([^/]+)/', '^src/management/$1/']
      : [room(name), room(name)];
  const allowed = [itself, ...patternsOf(parts)];
  const comment = `What src/${name} may import is listed in .dependency-cruiser.cjs. Two features need it? It sinks to core (a rule) or store (a query), never sideways.`;
  return [
    {
      name: `${name}-imports-only-what-it-may`,
      comment,
      from: { path: files, pathNot: [SPEC] },
      to: { pathNot: allowed },
    },
    {
      name: `${name}-specs-import-only-what-they-may`,
      comment,
      from: { path: `${files}(?:.*)${SPEC}` },
      to: { pathNot: [...allowed, ...inSpecs.testSupport, ...patternsOf(inSpecs)] },
    },
  ];
});

const otherRules = [
  {
    name: 'only-types-of-fastify',
    comment: 'The servers are made in access and in latchkey.ts: use `import type` here.',
    from: { path: ['^src/(platform|management)/'] },
    to: { path: patternsOf({ packages: ['fastify'] }), preCompilationOnly: false },
  },
  {
    name: 'src-has-only-the-rooms-of-the-house',
    comment:
      'It decides: core. It remembers: store. It admits: access. It edits: management. It carries out into the world: courier. It is typed: commands. It takes away: retention. It wires: platform.',
    from: {
      path: '^src/',
      pathNot: [`^src/(${Object.keys(house).join('|')})/`, WIRING],
    },
    to: {},
  },
  {
    name: 'management-has-only-features',
    comment: 'Every file of src/management belongs to one feature folder.',
    from: {},
    to: { path: '^src/management/[^/]+$' },
  },
  {
    name: 'management-has-only-features-inside',
    comment: 'Every file of src/management belongs to one feature folder.',
    from: { path: '^src/management/[^/]+$' },
    to: {},
  },
  {
    name: 'src-never-imports-its-users',
    comment: 'test, console and sdk use src, never the other way round.',
    from: { path: '^src/', pathNot: [SPEC] },
    to: { path: '^(test|console|sdk)/' },
  },
  {
    name: 'console-imports-only-the-sdk',
    comment: 'The console talks to Latchkey as everybody does: through the sdk.',
    from: { path: '^console/' },
    to: { path: '^(src|test|bench|scripts|deploy)/' },
  },
  {
    name: 'sdk-imports-only-generated-types',
    comment: 'The sdk is for people who do not have the rest.',
    from: { path: '^sdk/' },
    to: { path: '^(src|console|test|bench|scripts|deploy)/' },
  },
  {
    name: 'only-the-wiring-knows-the-demo',
    comment:
      'The demo must be removable by the few lines of app.module.ts and latchkey.ts that name it.',
    from: { pathNot: [APP_MODULE, LATCHKEY, room('demo')] },
    to: { path: room('demo') },
  },
  {
    name: 'no-cycles',
    comment: 'Types count: two files that need each other are one thought, or lack a third.',
    from: { pathNot: room('store/entities') },
    to: { circular: true },
  },
  {
    name: 'no-cycles-between-entities',
    comment: 'Related entities may name each other by `import type` and a string, nothing more.',
    from: { path: room('store/entities') },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  ...[
    { from: {}, to: { path: UNTELLING_NAME, pathNot: '(^|/)node_modules/' } },
    { from: { path: UNTELLING_NAME, pathNot: '(^|/)node_modules/' }, to: {} },
    { from: { orphan: true, path: UNTELLING_NAME, pathNot: '(^|/)node_modules/' }, to: {} },
  ].map((rule, index) => ({
    name: `no-untelling-names-${index + 1}`,
    comment:
      'utils, helpers, common and shared say nothing about what is inside. Name it after what it does.',
    ...rule,
  })),
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...roomRules, ...otherRules].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: '(^|/)node_modules/' },
    exclude: { path: ['^((console|sdk)/)?(dist|coverage)/', '^data/'] },
    // Also what only the compiler sees (import type), marked as such.
    tsPreCompilationDeps: 'specify',
    detectProcessBuiltinModuleCalls: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
