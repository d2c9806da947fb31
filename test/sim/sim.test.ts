import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { clusterOf, scenarios, type Scenario } from './scenario.js';
import { simulate } from './run.js';
import { createWorld } from './world.js';

const FOUND = fileURLToPath(new URL('../found/', import.meta.url));

/** The promise of the first issue; `npm run sim -- --runs N --seed S` goes on from here. */
const RUNS = 20_000;

test('20,000 random clusters under random faults break no law and always end or hold with a named reason', () => {
  fc.assert(
    fc.property(scenarios, (scenario) => {
      simulate(scenario);
    }),
    { numRuns: RUNS, endOnFailure: false },
  );
});

test('a second run on a cluster that is as it should be does nothing', () => {
  fc.assert(
    fc.property(scenarios, (scenario) => {
      const calm: Scenario = { ...scenario, faults: [] };
      const world = createWorld(calm, clusterOf(calm));
      const first = simulate(calm, world);
      assert.ok(['completed', 'nothing-to-do'].includes(first.end), `without faults it ended ${first.end}`);

      const second = simulate(calm, world);

      assert.deepEqual({ end: second.end, acts: second.acts }, { end: 'nothing-to-do', acts: 0 });
    }),
    { numRuns: 2_000 },
  );
});

for (const file of readdirSync(FOUND).filter((name) => name.endsWith('.json'))) {
  test(`the case found and kept as ${file} stays mended`, () => {
    simulate(JSON.parse(readFileSync(FOUND + file, 'utf8')) as Scenario);
  });
}
