#!/usr/bin/env node
/**
 * Makes a checkout ready to run: installs the packages and builds `dist` and the console, each only if it is missing or out of date.
 * It says nothing when all is fresh. `npm start`, `npm test` and `npm run check` call it first.
 *
 * Plain Node and no packages, because it runs before `node_modules` exists. Freshness is a hash of contents, never a
 * date: a git checkout gives every file a new date. Only one process prepares at a time; the others wait.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const LOCK_FILE = at('package-lock.json');
const INSTALLED_LIST = at('node_modules', '.package-lock.json'); // npm writes it when an install has succeeded
const INSTALL_STAMP = at('node_modules', '.prepared');
const BUILD_STAMP = at('dist', '.prepared');
const CONSOLE_STAMP = at('console', 'dist', '.prepared');
/** Between two lines of an install that goes on, and when it has gone on for long. */
const TELL_MS = 30_000;
const LONG_MINUTES = 5;

class Failure extends Error {}

/** @type {import('node:child_process').ChildProcess | undefined} */
let child;
/** @type {NodeJS.Signals | undefined} */
let interruptedBy;

try {
  requireNodeVersion();
  if (!isReady()) await prepare();
} catch (error) {
  if (interruptedBy !== undefined) process.exitCode = 128 + os.constants.signals[interruptedBy];
  else {
    say(`\n${error instanceof Failure ? error.message : inPlainWords(error)}`);
    process.exitCode = 1;
  }
}

async function prepare() {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, interrupt);
  const release = await takeTurn();
  try {
    if (isReady()) return; // the process we waited for has done it
    const startedAt = Date.now();
    await installIfNeeded();
    await buildIfNeeded();
    await buildConsoleIfNeeded();
    say(`Ready after ${Math.max(1, Math.round((Date.now() - startedAt) / 1000))} s.`);
  } finally {
    release();
  }
}

function isReady() {
  return (
    readText(INSTALL_STAMP) === installFingerprint() &&
    readText(BUILD_STAMP) === buildFingerprint() &&
    readText(CONSOLE_STAMP) === consoleFingerprint()
  );
}

// ---------------------------------------------------------------------------------------------------------- Node

function requireNodeVersion() {
  const wanted = JSON.parse(fs.readFileSync(at('package.json'), 'utf8')).engines.node;
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(wanted)?.map(Number) ?? [];
  const [hereMajor = 0, hereMinor = 0] = process.versions.node.split('.').map(Number);
  if (hereMajor > major || (hereMajor === major && hereMinor >= minor)) return;
  throw new Failure(
    `Latchkey needs Node.js ${major}.${minor} or newer; this is ${process.version} (${process.execPath}).\n` +
      'Install a newer one from https://nodejs.org or with your version manager, then run the same command again.',
  );
}

// ------------------------------------------------------------------------------------------------------ packages

/** Another platform or another Node ABI needs another binary of better-sqlite3. */
function installFingerprint() {
  const runtime = [process.platform, process.arch, process.versions.modules].join('-');
  return `${runtime} ${hash([LOCK_FILE])}\n`;
}

async function installIfNeeded() {
  if (readText(INSTALL_STAMP) === installFingerprint()) return;
  if (!(isInstalledAsLocked() && (await sqliteWorks()))) {
    say('Installing packages (first time: one to five minutes; better-sqlite3 may compile)…');
    fs.rmSync(INSTALL_STAMP, { force: true });
    const stopTelling = tellOfInstall();
    const { code, output } = await run(
      ...npm('ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'),
    ).finally(stopTelling);
    if (code !== 0) throw new Failure(installProblem(output));
    if (!(await sqliteWorks())) {
      const problem =
        'The packages are installed, but better-sqlite3 (the embedded database) does not load.';
      throw new Failure(installAdvice(problem));
    }
  }
  fs.writeFileSync(INSTALL_STAMP, installFingerprint());
}

/** Says now and then how far the install is: npm says nothing where it is not at a terminal. @returns what ends it */
function tellOfInstall() {
  const startedMs = Date.now();
  let toldAdvice = false;
  const timer = setInterval(() => {
    const minutes = (Date.now() - startedMs) / 60_000;
    say(`  ${stepOfInstall()}, after ${minutes.toFixed(1)} min`);
    if (minutes < LONG_MINUTES || toldAdvice) return;
    toldAdvice = true;
    say(
      '  If the network stands still: stop this (Ctrl-C) and start it again. What was downloaded is kept.',
    );
  }, TELL_MS);
  return () => clearInterval(timer);
}

function stepOfInstall() {
  // node-gyp makes this folder as it begins.
  if (fs.existsSync(at('node_modules', 'better-sqlite3', 'build')))
    return 'compiling better-sqlite3';
  return fs.existsSync(at('node_modules', 'better-sqlite3', 'package.json'))
    ? 'unpacking'
    : 'downloading';
}

/** Whether someone has run npm by hand, and exactly what the lock file lists is there: then nothing need be installed. */
function isInstalledAsLocked() {
  const locked = readText(LOCK_FILE);
  const installed = readText(INSTALLED_LIST);
  if (locked === undefined || installed === undefined) return false;
  /** @typedef {{ version?: string, optional?: boolean, link?: boolean }} Listed */
  /** @type {[string, Listed][]} */
  const wanted = Object.entries(JSON.parse(locked).packages);
  /** @type {Record<string, Listed>} */
  const present = JSON.parse(installed).packages;
  return wanted.every(([where, { version, optional, link }]) => {
    if (!where.includes('node_modules/')) return true;
    if (link) return fs.existsSync(at(where));
    const found = present[where];
    return found ? found.version === version : optional === true;
  });
}

async function sqliteWorks() {
  const script = "new (require('better-sqlite3'))(':memory:').close()";
  return (await run(process.execPath, ['-e', script])).code === 0;
}

/** @param {string} output of npm ci */
function installProblem(output) {
  if (!/\bcode EUSAGE\b/.test(output)) {
    return `${endsOf(output)}\n\n${installAdvice('npm could not install the packages.')}`;
  }
  const differences = output.split('\n').filter((line) => /\b(Missing|Invalid):/.test(line));
  return [
    ...differences,
    'package-lock.json does not match package.json, so npm installs nothing. Bring them together and commit both:',
    '  npm install && node scripts/complete-lock.mjs',
  ].join('\n');
}

/** @param {string} problem */
function installAdvice(problem) {
  return [
    `${problem} What to look at:`,
    '  - better-sqlite3 compiles if there is no ready-made binary for this machine. That needs python3, make and g++:',
    '      Debian, Ubuntu:  sudo apt-get install python3 make g++',
    '      Alpine:          apk add python3 make g++',
    '      Fedora:          sudo dnf install python3 make gcc-c++',
    '      macOS:           xcode-select --install',
    '  - npm must be allowed to run its install script: `npm config get ignore-scripts` should say false.',
    '  - npm must reach its registry: `npm ping`. Behind a proxy, set HTTPS_PROXY.',
    'Then run the same command again.',
  ].join('\n');
}

/**
 * The npm that called us, or the one on the path.
 * @param {...string} args
 * @returns {[string, string[]]}
 */
function npm(...args) {
  const caller = process.env.npm_execpath ?? '';
  return /\bnpm-cli\.c?js$/.test(caller) ? [process.execPath, [caller, ...args]] : ['npm', args];
}

// --------------------------------------------------------------------------------------------------------- build

function buildFingerprint() {
  const settings = [
    'ormconfig.ts',
    'tsconfig.json',
    'tsconfig.build.json',
    'nest-cli.json',
    '.swcrc',
    path.join('scripts', 'bundle.mjs'),
  ].map((name) => at(name));
  const sources = filesIn(at('src')).filter((file) => !file.endsWith('.spec.ts'));
  return `${hash([LOCK_FILE, ...settings, ...sources])}\n`;
}

async function buildIfNeeded() {
  const fingerprint = buildFingerprint(); // taken before the build: a file saved meanwhile makes the next run build again
  if (readText(BUILD_STAMP) === fingerprint) return;
  say('Building…');
  fs.rmSync(BUILD_STAMP, { force: true });
  const steps = [
    [at('node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build'],
    [at('scripts', 'bundle.mjs')],
  ];
  for (const step of steps) {
    const { code, output } = await run(process.execPath, step);
    if (code !== 0)
      throw new Failure(
        `${endsOf(output)}\n\nThe build failed; the message above says where. Correct it and run the same command again.`,
      );
  }
  fs.writeFileSync(BUILD_STAMP, fingerprint);
}

// ------------------------------------------------------------------------------------------------------- console

function consoleFingerprint() {
  const sources = [at('console', 'src'), at('sdk', 'src')].flatMap(filesIn);
  const generated = at('sdk', 'src', 'schema.ts');
  const settings = ['vite.config.ts', 'index.html', 'package.json'].map((name) =>
    at('console', name),
  );
  return `${hash([LOCK_FILE, at('openapi.json'), ...settings, ...sources.filter((file) => file !== generated)])}\n`;
}

/** The types of the API come from its description, and the page is made of them. */
async function buildConsoleIfNeeded() {
  const fingerprint = consoleFingerprint();
  if (readText(CONSOLE_STAMP) === fingerprint) return;
  say('Building the console (half a minute or so)…');
  fs.rmSync(CONSOLE_STAMP, { force: true });
  const steps = [
    [at('scripts', 'api-types.mjs')],
    [at('node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn', at('console')],
  ];
  for (const step of steps) {
    const { code, output } = await run(process.execPath, step);
    if (code !== 0)
      throw new Failure(
        `${endsOf(output)}\n\nThe console could not be built; the message above says where.`,
      );
  }
  fs.writeFileSync(CONSOLE_STAMP, fingerprint);
}

// ------------------------------------------------------------------------------------------------ one at a time

/**
 * Waits until no other process prepares this checkout, takes the turn, and returns what ends it.
 *
 * The turn is a directory with its owner's name in it; the owner touches that file while it lives. An abandoned turn is
 * moved aside under its owner's id, so two processes that find the same one abandoned cannot both remove "it": for the
 * second the name is taken, and what now stands there is the turn of the first.
 */
async function takeTurn() {
  const turn = at('.prepare-lock');
  const ownerFile = path.join(turn, 'owner.json');
  /** @type {string[]} */
  const setAside = [];
  let told = false;
  let lastSign = '';
  let lastSignAt = performance.now();

  while (!succeeds(() => fs.mkdirSync(turn), 'EEXIST')) {
    const holder = readText(ownerFile) ?? '';
    const sign = `${holder} ${fs.statSync(ownerFile, { throwIfNoEntry: false })?.mtimeMs}`;
    if (sign !== lastSign) [lastSign, lastSignAt] = [sign, performance.now()];

    const { id, ...owner } = parseOwner(holder);
    const aside = `${turn}.${id}`;
    if (isAbandoned(owner, performance.now() - lastSignAt)) {
      if (succeeds(() => fs.renameSync(turn, aside), 'ENOENT', 'ENOTEMPTY', 'EEXIST'))
        setAside.push(aside);
    } else if (!told) {
      told = true;
      say('Another process is preparing this directory; waiting for it…');
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    stopIfInterrupted();
  }

  const id = randomUUID();
  const sign = () =>
    fs.writeFileSync(
      ownerFile,
      JSON.stringify({ id, host: os.hostname(), pid: process.pid, child: child?.pid ?? null }),
    );
  sign();
  const signing = setInterval(() => succeeds(sign, 'ENOENT'), 1_000);
  return () => {
    clearInterval(signing);
    if (parseOwner(readText(ownerFile) ?? '').id === id) setAside.push(turn);
    for (const directory of setAside) fs.rmSync(directory, { recursive: true, force: true });
  };
}

/** @typedef {{ host?: string, pid?: number, child?: number | null }} Owner */

/** @param {string} text @returns {Owner & { id: string }} */
function parseOwner(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { id: 'unknown' }; // not written yet, or half written
  }
}

/** @param {Owner} owner @param {number} silentFor milliseconds without a sign of life, measured by our own clock */
function isAbandoned({ host, pid, child: installer }, silentFor) {
  const here = host === os.hostname();
  if (here && !isAlive(pid) && !isAlive(installer)) return true;
  // A killed owner may leave an npm behind that still writes: leave it time. But a process id may also be used again.
  const patience = here && isAlive(installer) ? 15 * 60_000 : 60_000;
  return silentFor > patience;
}

/** @param {number | null | undefined} pid */
function isAlive(pid) {
  if (typeof pid !== 'number') return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM'; // it lives, and is somebody else's
  }
}

// --------------------------------------------------------------------------------------------------- small parts

/** @param {...string} parts */
function at(...parts) {
  return path.join(ROOT, ...parts);
}

/** Progress goes to standard error: standard output belongs to the command that follows. @param {string} line */
function say(line) {
  process.stderr.write(`${line}\n`);
}

/** @param {string} file @returns {string | undefined} undefined if there is none */
function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** @param {string} directory @returns {string[]} */
function filesIn(directory) {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    return entry.isDirectory() ? filesIn(file) : [file];
  });
}

/** @param {string[]} files */
function hash(files) {
  const digest = createHash('sha256');
  for (const file of files.toSorted()) {
    const text = readText(file);
    digest.update(`${path.relative(ROOT, file)}\0${text?.length}\0${text}\0`);
  }
  return digest.digest('hex');
}

/**
 * Runs a program and collects what it prints, to be shown only if it fails.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<{ code: number | null, output: string }>}
 */
async function run(program, args) {
  stopIfInterrupted();
  const started = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  child = started;
  let output = '';
  for (const stream of [started.stdout, started.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  }
  try {
    const code = await new Promise((resolve, reject) =>
      started.once('error', reject).once('close', resolve),
    );
    return { code, output: output.trim() };
  } finally {
    child = undefined;
    stopIfInterrupted();
  }
}

/** What came first and last in a long output: npm begins with the reason, a compiler ends with it. @param {string} output */
function endsOf(output) {
  const lines = output.split('\n');
  if (lines.length <= 50) return output;
  return [...lines.slice(0, 15), `… ${lines.length - 45} lines …`, ...lines.slice(-30)].join('\n');
}

/** @param {NodeJS.Signals} signal */
function interrupt(signal) {
  interruptedBy = signal;
  child?.kill(signal); // our turn ends when it has ended
}

function stopIfInterrupted() {
  if (interruptedBy !== undefined) throw new Failure(`Stopped by ${interruptedBy}.`);
}

/** @param {() => unknown} act @param {...string} expected codes that mean no; any other error is thrown */
function succeeds(act, ...expected) {
  try {
    act();
    return true;
  } catch (error) {
    if (expected.includes(codeOf(error))) return false;
    throw error;
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return String(/** @type {NodeJS.ErrnoException} */ (error)?.code);
}

/** @param {unknown} error */
function inPlainWords(error) {
  const code = codeOf(error);
  if (['EACCES', 'EPERM', 'EROFS'].includes(code))
    return `This user may not write to ${ROOT}: ${error}`;
  if (code === 'ENOSPC') return `The disk is full: ${error}`;
  return error instanceof Error ? String(error.stack) : String(error);
}
