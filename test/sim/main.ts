import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { scenarios, type Scenario } from './scenario.js';
import { simulate } from './run.js';

/** `npm run sim -- --runs N --seed S`: many simulated runs; a broken law is shrunk and kept as a test in test/found/. */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string' } } });
const seed = values.seed === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(values.seed);
const runs = Number(values.runs);

const ends: Record<string, number> = {};
let acts = 0;
const began = Date.now();
const result = fc.check(
  fc.property(scenarios, (scenario: Scenario) => {
    const run = simulate(scenario);
    ends[`${scenario.goal} ${run.end}`] = (ends[`${scenario.goal} ${run.end}`] ?? 0) + 1;
    acts += run.acts;
  }),
  { numRuns: runs, seed },
);
process.stdout.write(
  `seed ${seed}: ${result.numRuns} runs, ${acts} acts, ${Math.round((Date.now() - began) / 1000)} s\n`,
);
for (const [end, count] of Object.entries(ends).toSorted(([a], [b]) => a.localeCompare(b)))
  process.stdout.write(`  ${end}: ${count}\n`);
if (result.failed) {
  const file = fileURLToPath(new URL(`../found/seed-${seed}.json`, import.meta.url));
  mkdirSync(fileURLToPath(new URL('../found/', import.meta.url)), { recursive: true });
  writeFileSync(file, `${JSON.stringify(result.counterexample?.[0], null, 2)}\n`);
  process.stdout.write(`a law was broken; kept as ${file}\n${String(result.errorInstance)}\n`);
  process.exitCode = 1;
}
