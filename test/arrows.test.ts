import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Design §4: which rooms a room may import. Rooms not listed may import nothing of ours. */
const ARROWS: Record<string, readonly string[]> = {
  cluster: [],
  catalog: ['cluster'],
  ssh: [],
  devserver: [],
  config: ['cluster', 'catalog'],
  activities: ['cluster', 'catalog', 'ssh'],
  workflows: ['cluster', 'activities'],
  worker: ['activities', 'ssh', 'config', 'catalog'],
  cli: ['config', 'cluster', 'workflows'],
  simulator: ['cluster', 'catalog', 'config'],
  lab: ['cluster', 'catalog', 'config', 'devserver'],
  deploy: ['cluster', 'config', 'devserver', 'lab', 'simulator'],
  bench: ['cluster', 'activities', 'ssh', 'config', 'devserver', 'simulator', 'workflows'],
};

/** Composition roots: they put rooms together and may import any (design §4). */
const ROOTS = new Set(['cli/main.ts', 'cli/demo.ts']);

/** Packages that live in some rooms only. */
const PACKAGES: Record<string, readonly string[]> = {
  ssh2: ['ssh', 'simulator', 'lab', 'bench'],
  zod: ['config'],
  yaml: ['config'],
  pino: ['worker', 'cli'],
  commander: ['cli'],
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

function sources(room: string): string[] {
  return readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^\s*(?:import|export)\s+(type\s+)?[^'";]*?from\s+'([^']+)'|\bimport\('([^']+)'\)/gm)].map(
    (match) => ({
      file,
      from: match[2] ?? match[3] ?? '',
      typeOnly: match[1] !== undefined,
    }),
  );
}

const ALL = Object.keys(ARROWS).flatMap(sources).flatMap(importsOf);

function roomOf(path: string): string {
  return path.split('/')[0] ?? '';
}

test('imports between rooms follow the arrows of the design', () => {
  const wrong = ALL.filter(({ file, from }) => from.startsWith('.') && !ROOTS.has(file)).filter(({ file, from }) => {
    const target = roomOf(normalize(join(dirname(file), from)));
    return target !== roomOf(file) && !ARROWS[roomOf(file)]?.includes(target);
  });

  assert.deepEqual(wrong, []);
});

test('workflows import only types of activities, and the command line only messages of workflows', () => {
  const wrong = ALL.filter(
    ({ file, from, typeOnly }) =>
      (file.startsWith('workflows/') && from.startsWith('../activities/') && !typeOnly) ||
      (file.startsWith('activities/') && from.startsWith('../ssh/') && !typeOnly) ||
      (file.startsWith('cli/') && from.startsWith('../workflows/') && !from.endsWith('/messages.js')),
  );

  assert.deepEqual(wrong, []);
});

test('packages stay in the rooms that need them, and the pure room imports none', () => {
  const wrong = ALL.filter(({ from }) => !from.startsWith('.')).filter(({ file, from }) => {
    const rooms = PACKAGES[from];
    return (rooms !== undefined && !rooms.includes(roomOf(file))) || ['cluster', 'catalog'].includes(roomOf(file));
  });

  assert.deepEqual(wrong, []);
});
