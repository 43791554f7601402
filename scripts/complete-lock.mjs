/**
 * Completes package-lock.json for every platform: `node scripts/complete-lock.mjs`, or `--check` to only look.
 *
 * Packages with native code list one optional package per platform, at one exact version. A registry mirror may not carry
 * all of them; npm then leaves those out of the lock file, `npm ci` refuses the file, and people on another platform would
 * miss their binary. What an entry must say (version, platform) follows from the parent and the name.
 */
import fs from 'node:fs';

const LOCK_FILE = new URL('../package-lock.json', import.meta.url);
const OS =
  /(?:^|-)(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)(?:-|$)/;
const CPU = /(?:^|-)(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)(?:-|$)/;

/**
 * @typedef {object} Locked
 * @property {string} [version]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

/** @type {{ packages: Record<string, Locked> }} */
const lock = JSON.parse(fs.readFileSync(LOCK_FILE, 'utf8'));

const missing = Object.entries(lock.packages).flatMap(
  ([parent, { dev, optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !placesFor(parent, name).some((place) => place in lock.packages))
      .map(
        ([name, version]) =>
          /** @type {const} */ ([
            name,
            { version, ...(dev && { dev }), optional: true, ...platformOf(name) },
          ]),
      ),
);

if (missing.length === 0) process.exit();
if (process.argv.includes('--check')) {
  console.error(
    `package-lock.json lacks optional packages of other platforms:\n  ${missing.map(([name]) => name).join('\n  ')}`,
  );
  console.error('Run: node scripts/complete-lock.mjs');
  process.exit(1);
}
for (const [name, entry] of missing) {
  if (entry.os === undefined || !/^\d+\.\d+\.\d+[\w.+-]*$/.test(entry.version)) {
    console.error(
      `Cannot tell the platform or the version of ${name} (${entry.version}): add it with npm.`,
    );
    process.exit(1);
  }
  lock.packages[`node_modules/${name}`] = entry;
}
const root = /** @type {Locked} */ (lock.packages['']);
const { '': _, ...packages } = lock.packages;
const sorted = Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = { '': root, ...Object.fromEntries(sorted) };
fs.writeFileSync(LOCK_FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.error(`Added ${missing.length} packages of other platforms to package-lock.json.`);

/** Where Node would look for a package, nearest first. @param {string} parent @param {string} name */
function placesFor(parent, name) {
  const places = [];
  for (
    let directory = parent;
    ;
    directory = directory.slice(0, Math.max(0, directory.lastIndexOf('node_modules/') - 1))
  ) {
    places.push(`${directory}${directory && '/'}node_modules/${name}`);
    if (directory === '') return places;
  }
}

/** @param {string} name @returns {Pick<Locked, 'os' | 'cpu' | 'libc'>} */
function platformOf(name) {
  const [, os] = OS.exec(name.replace(/^@[^/]*\//, '').replaceAll('/', '-')) ?? [];
  const [, cpu] = CPU.exec(name) ?? [];
  if (os === undefined) return {};
  const libc =
    os !== 'linux'
      ? undefined
      : /-musl/.test(name)
        ? 'musl'
        : /-gnu/.test(name)
          ? 'glibc'
          : undefined;
  return { os: [os], ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }) };
}
