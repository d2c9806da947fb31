import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decide } from '../../cluster/decide.js';
import { allServices } from '../../cluster/model.js';
import { NO_HISTORY, type Goal, type Stage } from '../../cluster/plan.js';
import { loadClusterFile } from '../../config/load.js';
import { aSituation } from '../builders.js';

/** Golden plans: what a startup from dark and a shutdown of a whole cluster do, for every example. A change of them is
 * read by a person; `UPDATE_PLANS=1 npm test -- plans/` writes them anew. */
const PLANS = fileURLToPath(new URL('./', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

function write(stage: Stage, index: number): string {
  const steps = stage.steps.map((s) => `   ${s.verb} ${s.service} on ${s.hosts}: ${s.because}`);
  return [`${index + 1}. ${stage.layerName}`, ...steps, `   gate: ${stage.because}`].join('\n');
}

for (const file of readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'))) {
  for (const [verb, goal, from] of [
    ['startup', 'up', 'stopped'],
    ['shutdown', 'down', 'healthy'],
  ] as const satisfies readonly (readonly [string, Goal, string])[]) {
    test(`the ${verb} of ${file} is planned as it was`, async () => {
      const loaded = await loadClusterFile(EXAMPLES + file);
      assert.ok(loaded.ok);
      const conditions = allServices(loaded.cluster).flatMap((service) =>
        service.conditions.map(({ name }) => ({ service: service.name, name, met: goal === 'down', evidence: 'seen' })),
      );
      const decision = decide(loaded.cluster, goal, aSituation(loaded.cluster, from, {}, conditions), NO_HISTORY);
      assert.ok(decision.kind === 'plan');
      const plan = `${decision.stages.map(write).join('\n')}\n`;
      const golden = `${PLANS}${file.replace('.yaml', '')}.${verb}.plan`;

      if (process.env['UPDATE_PLANS'] !== undefined) writeFileSync(golden, plan);

      assert.equal(plan, readFileSync(golden, 'utf8'));
    });
  }
}
