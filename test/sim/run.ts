import assert from 'node:assert/strict';
import { decide } from '../../cluster/decide.js';
import { expandHosts, expandInstances } from '../../cluster/host-set.js';
import { allServices, findService, instanceId, instancesOf, splitInstance, type Service } from '../../cluster/model.js';
import { predecessors } from '../../cluster/order.js';
import type { Choice, Decision, Hold, Stage } from '../../cluster/plan.js';
import { requiredMembers } from '../../cluster/redundancy.js';
import { createLedger, instancesOf as instancesOfStep, type Ledger } from '../../workflows/ledger.js';
import { clusterOf, type Scenario } from './scenario.js';
import { createWorld, type World } from './world.js';

/** A run that takes more rounds than this never ends: bounded tries and patience allow far fewer. */
const MAX_ROUNDS = 400;

export interface SimulatedRun {
  readonly end: 'completed' | 'completed-degraded' | 'nothing-to-do' | 'holding' | 'aborted';
  readonly acts: number;
  readonly rounds: number;
}

/** What people have waived or taken out in a run; the barrier is counted without it. */
interface Waived {
  readonly skipped: Set<string>;
  readonly leftOut: Set<string>;
}

/**
 * Runs a scenario to its end with the real `decide` and the real ledger, and checks the laws against the truth of the
 * world at every act. @throws AssertionError on the first broken law.
 */
export function simulate(scenario: Scenario, world: World = createWorld(scenario, clusterOf(scenario))): SimulatedRun {
  const { cluster } = world;
  const ledger = createLedger();
  const waived: Waived = { skipped: new Set(), leftOut: new Set() };
  let acts = 0;
  let answered = 0;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const decision = decide(cluster, scenario.goal, world.look(), ledger.history());
    if (decision.kind === 'done') {
      checkEnd(scenario, world, decision, waived);
      return { end: decision.outcome, acts, rounds: round };
    }
    if (decision.kind === 'hold') {
      checkHold(decision.hold);
      const index = scenario.answers[answered++];
      if (index === undefined) return { end: 'holding', acts, rounds: round };
      const { choice } = decision.hold.choices[index % decision.hold.choices.length] ?? { choice: 'abort' as const };
      if (choice === 'abort') return { end: 'aborted', acts, rounds: round };
      answer(choice, decision.hold, ledger, world, waived);
      continue;
    }
    const [stage] = decision.stages;
    assert.ok(stage, 'a plan has a stage');
    checkSideBySide(scenario, world, stage, ledger);
    acts += follow(stage, scenario, world, ledger, waived);
    const first = stage.steps.some(({ verb }) => verb === 'drain');
    if (!first && (stage.steps.length === 0 || !anyFailed(stage, world))) gate(stage, world, ledger);
  }
  assert.fail(`no end after ${MAX_ROUNDS} rounds`);
}

function follow(stage: Stage, scenario: Scenario, world: World, ledger: Ledger, waived: Waived): number {
  let acts = 0;
  for (const step of stage.steps) {
    const told = toldBefore(step.service, world, ledger);
    ledger.launched(step);
    if (step.verb === 'drain') {
      const service = findService(world.cluster, step.service);
      assert.ok(service, 'a drain is of a service');
      if (!told) checkNeeds(world, service, ledger);
      ledger.landed(step, [{ result: world.drain(service), hosts: step.hosts, text: 'said so', mustHold: false }]);
      acts++;
      continue;
    }
    const outcomes = expandHosts(step.hosts).map((host) => {
      const id = instanceId(step.service, host);
      if (step.verb === 'start') checkBarrierUp(world, stage, id, waived, scenario.goal === 'up');
      else checkBarrierDown(world, stage, id);
      if (step.verb === 'start' && scenario.goal === 'down') checkSomebodyNeeds(world, id);
      const service = findService(world.cluster, step.service);
      if (step.verb === 'stop' && service && !told) checkNeeds(world, service, ledger);
      acts++;
      assert.ok(step.verb === 'start' || step.verb === 'stop');
      return { result: world.act(id, step.verb), hosts: host, text: 'said so', mustHold: false };
    });
    ledger.landed(step, outcomes);
  }
  world.advance();
  return acts;
}

function anyFailed(stage: Stage, world: World): boolean {
  return !stage.steps.every(({ verb, ...step }) =>
    instancesOfStep(step).every((id) => (verb === 'start' ? world.alive(id) : !world.alive(id))),
  );
}

/** Whether a service was drained or some of it told to stop before: then it is too late to heal for it. */
function toldBefore(name: string, world: World, ledger: Ledger): boolean {
  const service = findService(world.cluster, name);
  const told = service ? instancesOf(service).some((id) => ledger.triesOf('stop', id) > 0) : false;
  return told || (ledger.history().once.tries[`drain ${name}`] ?? 0) > 0;
}

/** Law 9: what a living process needs to stop cleanly serves when it is told to, but for what a person waived. */
function checkNeeds(world: World, service: Service, ledger: Ledger): void {
  const { skipped, leftOut, confirmedOff, asIs } = ledger.history();
  if (asIs) return;
  const out = new Set(expandInstances(leftOut));
  const off = new Set(confirmedOff === '' ? [] : expandHosts(confirmedOff));
  for (const name of service.stopNeeds) {
    const needed = findService(world.cluster, name);
    if (!needed || skipped.includes(name)) continue;
    const members = instancesOf(needed);
    const gone = members.filter((id) => out.has(id) || off.has(splitInstance(id).host)).length;
    const healthy = members.filter((id) => world.healthy(id)).length;
    assert.ok(healthy >= requiredMembers(needed, gone), `${service.name} told to stop without ${name} (law 9)`);
  }
}

/** Law 9: what nobody living needs is not started. */
function checkSomebodyNeeds(world: World, id: string): void {
  const living = allServices(world.cluster).filter(
    (s) => s.stopNeeds.length > 0 && instancesOf(s).some((m) => world.alive(m)),
  );
  assert.ok(living.length > 0, `start ${id} in a shutdown, although nothing living needs anything (law 9)`);
}

/** The gate in ticks: until all are there, one is lost, a wake comes, or patience is over. */
function gate(stage: Stage, world: World, ledger: Ledger): void {
  const watched = stage.gate.watch.flatMap(instancesOfStep);
  for (let waited = 0; ; waited++) {
    const seen = new Map(watched.map((id) => [id, stateOf(world, id)]));
    const there = (id: string): boolean => seen.get(id) === (stage.gate.awaits === 'healthy' ? 'healthy' : 'stopped');
    const pending = watched.filter((id) => !there(id));
    const unmet = stage.gate.conditions.filter((name) => {
      const service = findService(world.cluster, name);
      return service !== undefined && !world.conditionHolds(service);
    });
    if (pending.length === 0 && unmet.length === 0) return;
    if (stage.gate.awaits === 'healthy' && pending.some((id) => seen.get(id) === 'stopped')) return;
    const waking = watched.filter((id) => stage.gate.wakes.includes(splitInstance(id).service));
    if (waking.length > 0 && waking.every(there)) return;
    const late = pending.filter((id) => waited >= (seen.get(id) === 'unknown' ? 8 : 20));
    if (late.length > 0 || (unmet.length > 0 && waited >= 20)) {
      ledger.ranOut(late.join(', '), unmet);
      return;
    }
    world.advance();
  }
}

function stateOf(world: World, id: string): string {
  const group = world.look().groups.find(({ members }) => {
    const hosts = members[splitInstance(id).service];
    return hosts !== undefined && expandHosts(hosts).includes(splitInstance(id).host);
  });
  return group?.state ?? 'unknown';
}

function answer(choice: Choice, hold: Hold, ledger: Ledger, world: World, waived: Waived): void {
  const ids = hold.items.flatMap((item) => expandInstances(item.instances));
  const unknown = hold.items.filter((item) => item.silent).flatMap((item) => expandInstances(item.instances));
  const hosts = [...new Set(unknown.map((id) => splitInstance(id).host))];
  const onHosts = allServices(world.cluster)
    .flatMap(instancesOf)
    .filter((id) => hosts.includes(splitInstance(id).host));
  if (choice === 'retry') {
    ledger.retry(hold.items);
    // Where too few were left, trying again means with those that had been left out.
    for (const id of ids) waived.leftOut.delete(id);
  }
  if (choice === 'extend') ledger.extend(hold.items);
  if (choice === 'leave-out') {
    ledger.leaveOut([...ids, ...onHosts]);
    for (const id of [...ids, ...onHosts]) waived.leftOut.add(id);
  }
  if (choice === 'confirm-off') {
    // A person who says so has looked: in the model the host is off from then on.
    for (const host of hosts) world.powerOff(host);
    ledger.confirmOff(hosts);
    for (const id of onHosts) waived.leftOut.add(id);
  }
  if (choice === 'skip' && hold.heals === true) ledger.asIs(false);
  else if (choice === 'skip') {
    ledger.waive(hold.items.flatMap((item) => item.once ?? []));
    const services = hold.items.filter((item) => !item.once).map((item) => item.service);
    ledger.skip(services);
    for (const name of services) waived.skipped.add(name);
  }
}

/** Law 1, against the truth: every service below has what it needs, but for what people waived by name. */
function checkBarrierUp(world: World, stage: Stage, id: string, waived: Waived, whole: boolean): void {
  for (const layer of world.cluster.layers.slice(0, stage.layer)) {
    for (const service of layer.services) {
      if (waived.skipped.has(service.name)) continue;
      const members = instancesOf(service);
      const leftOut = members.filter((m) => waived.leftOut.has(m)).length;
      const healthy = members.filter((m) => world.healthy(m) && !waived.leftOut.has(m)).length;
      assert.ok(
        healthy >= requiredMembers(service, leftOut),
        `start ${id}: ${service.name} below is not healthy (law 1)`,
      );
      // Law 6 holds a startup for a missing member of a quorum; to stop cleanly a quorum is enough.
      if (whole && service.role !== 'worker')
        assert.equal(healthy + leftOut, members.length, `start ${id}: ${service.name} is not whole (law 6)`);
      if (service.conditions.length > 0)
        assert.ok(world.conditionHolds(service), `start ${id}: a condition of ${service.name} fails`);
    }
  }
  checkEdges(world, stage, id, (member) => world.healthy(member) || waived.leftOut.has(member), waived, whole);
}

/** Law 2, against the truth: no process of any layer above lives, on whatever host. */
function checkBarrierDown(world: World, stage: Stage, id: string): void {
  for (const layer of world.cluster.layers.slice(stage.layer + 1)) {
    for (const member of layer.services.flatMap(instancesOf))
      assert.ok(!world.alive(member), `stop ${id}: ${member} above lives (law 2)`);
  }
  checkEdges(world, stage, id, (member) => !world.alive(member), null, true);
}

/** Law 3: the services before it in its own layer are through; workers within tolerance may be left behind on the way up. */
function checkEdges(
  world: World,
  stage: Stage,
  id: string,
  through: (member: string) => boolean,
  waived: Waived | null,
  whole: boolean,
): void {
  const layer = world.cluster.layers[stage.layer];
  const service = findService(world.cluster, splitInstance(id).service);
  assert.ok(layer && service);
  for (const before of predecessors(layer, service, waived ? 'up' : 'down')) {
    if (waived?.skipped.has(before.name)) continue;
    const members = instancesOf(before);
    const ready = members.filter(through).length;
    const leftOut = members.filter((m) => waived?.leftOut.has(m)).length;
    const need = waived && (!whole || before.role === 'worker') ? requiredMembers(before, leftOut) : members.length;
    assert.ok(ready >= need, `${id} moved before ${before.name} was through (law 3)`);
  }
}

/** Law 3: what may start in a layer starts at once, so the makespan is the slowest chain and not the sum. */
function checkSideBySide(scenario: Scenario, world: World, stage: Stage, ledger: Ledger): void {
  if (scenario.goal !== 'up' || stage.steps.length === 0) return;
  const acted = new Set(stage.steps.flatMap(instancesOfStep));
  const leftOut = new Set(expandInstances(ledger.history().leftOut));
  for (const service of world.cluster.layers[stage.layer]?.services ?? []) {
    if (service.after.length > 0) continue;
    for (const id of instancesOf(service)) {
      const free = stateOf(world, id) === 'stopped' && ledger.triesOf('start', id) === 0 && !leftOut.has(id);
      assert.ok(!free || acted.has(id), `${id} could start now and was left waiting (law 3)`);
    }
  }
}

function checkHold(hold: Hold): void {
  assert.ok(hold.items.length > 0, 'a hold says what it is about');
  assert.ok(
    hold.items.every((item) => item.evidence !== ''),
    'a hold shows evidence (law 14)',
  );
  assert.ok(
    hold.choices.some((c) => c.choice === 'abort'),
    'a person can always end a run',
  );
}

/** Done means seen: nothing unknown, nothing unhealthy that is not named. */
function checkEnd(
  scenario: Scenario,
  world: World,
  decision: Extract<Decision, { kind: 'done' }>,
  waived: Waived,
): void {
  const bad = allServices(world.cluster).flatMap((service) =>
    scenario.goal === 'up' && waived.skipped.has(service.name)
      ? []
      : instancesOf(service).filter((id) => !isFine(scenario, world, id, waived)),
  );
  if (decision.outcome !== 'completed-degraded')
    assert.deepEqual(bad, [], `${decision.outcome} although not all is there`);
  if (scenario.goal === 'down')
    assert.deepEqual(bad, [], 'a process lives after a shutdown that says it is done (law 2)');
  for (const id of bad) {
    const named = decision.degraded.some((text) => text.includes(`${splitInstance(id).service}@`));
    assert.ok(named, `${id} is missing and not named`);
  }
}

function isFine(scenario: Scenario, world: World, id: string, waived: Waived): boolean {
  if (scenario.goal === 'down') return !world.alive(id);
  return waived.leftOut.has(id) || world.healthy(id);
}
