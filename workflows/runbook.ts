import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { ClusterBrief, ClusterRef } from '../activities/index.js';
import { parseDuration } from '../cluster/duration.js';
import { blockingSteps, branchRefusal, preflightHold, type Finding } from '../cluster/inspection.js';
import type { Decision, Goal, Hold, Step } from '../cluster/plan.js';
import type { Situation } from '../cluster/situation.js';
import { differences, fileHold } from './cluster-file.js';
import { expandHosts, expandInstances, foldHosts, foldInstances } from '../cluster/host-set.js';
import { instanceId } from '../cluster/model.js';
import { createEvidence } from './evidence.js';
import { createFollower } from './following.js';
import { applyDecision, createHolder } from './holding.js';
import { createLedger, instancesOf } from './ledger.js';
import { takeCluster } from './lock.js';
import { statusQuery, type RunbookRequest, type RunReport, type ShutdownRequest } from './messages.js';
import { looks, read } from './options.js';
import { createTeller, leftAs, type Teller } from './telling.js';
import { waitFor } from './timers.js';
import { createWaiter } from './waiting.js';

/** Acts that block longer are waited for side by side with the gate, so that a slow one does not hold up its layer. */
const SLOW_ACT = '2s';

/** Before failed acts are tried again: long enough for a passing trouble to pass, short for a person who waits. */
const RETRY_PAUSE = '3s';

type Ending = Pick<RunReport, 'outcome' | 'because' | 'degraded'>;

/**
 * Runs one runbook on one cluster: takes the cluster, walks the loop to the goal, lets go of the cluster.
 * @throws ApplicationFailure when the request or the cluster file is wrong: at once, without any SSH.
 * @throws CancelledFailure on a cancel; the query `status` then has the report of where the cluster was left.
 */
export async function runRunbook(
  runbook: string,
  goal: Goal,
  request: RunbookRequest | ShutdownRequest,
): Promise<RunReport> {
  const cluster = clusterOf(request);
  const overrides = overridesOf(goal, request);
  const teller = createTeller(cluster, runbook);
  setHandler(statusQuery, () => teller.status(), { description: 'What the run does, why, and whether it needs you' });
  const holder = createHolder(teller);
  const brief = await readFile(cluster, teller);
  teller.knows(brief);

  const lock = await takeCluster(cluster, runbook);
  if ('workflowId' in lock) {
    const owner = lock;
    const because = `${owner.runbook} (${owner.workflowId}) holds ${cluster} since ${owner.since}; one run at a time changes a cluster (law 4)`;
    const report = { ...reportOf(cluster, runbook, { outcome: 'refused', because, degraded: [] }), heldBy: owner };
    teller.ended(report);
    return report;
  }
  if (lock.adopted) teller.event('goes on after a Reset; the lock was still held by this run');
  const run = createRun(cluster, goal, overrides, brief, teller, holder);
  let ending: Ending;
  try {
    ending = await run.toGoal();
  } catch (error) {
    if (!isCancellation(error)) {
      await run.settle();
      await lock.release();
      throw rootOf(error);
    }
    teller.event('cancel requested: nothing new is started, what was sent runs to its end');
    ending = {
      outcome: 'cancelled',
      because:
        'cancelled by a person; nothing new was started, what was sent ran to its end. A new startup or shutdown goes on from here',
      degraded: [],
    };
  }
  await run.settle();
  if (ending.outcome === 'cancelled') await run.lastLook();
  const report: RunReport = {
    ...reportOf(cluster, runbook, ending),
    left: leftAs(brief, teller.status().situation, run.leftOut()),
    done: run.done(),
    decisions: [...overrides.said, ...holder.decisions()],
  };
  teller.event(`ended: ${report.outcome}`);
  teller.ended(report);
  await lock.release();
  // Temporal keeps no result of a cancelled run; its report stays readable through the query `status`.
  if (ending.outcome === 'cancelled') throw new CancelledFailure(report.because);
  await condition(allHandlersFinished);
  return report;
}

/** Reads the cluster file; what is wrong with it is the run's own failure, in plain words. */
async function readFile(cluster: string, teller: Teller): Promise<ClusterBrief> {
  try {
    return await read.readCluster.executeWithOptions({ summary: `read the file of ${cluster}` }, [{ cluster }]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    const root = rootOf(error);
    teller.event(root.message);
    throw root;
  }
}

/** A failed activity as the run's own failure: "Activity task failed" tells a person nothing. */
function rootOf(error: unknown): Error {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return ApplicationFailure.nonRetryable(cause.message, cause.type);
  return cause instanceof Error ? cause : new Error(String(cause));
}

/** The cluster named in a request. Anything can be typed into the Temporal UI's Start form. */
export function clusterOf(request: RunbookRequest | undefined): string {
  const cluster: unknown = request?.cluster;
  if (typeof cluster === 'string' && cluster !== '') return cluster;
  throw ApplicationFailure.nonRetryable('the input must name a cluster: {"cluster":"NAME"}', 'Request');
}

/** The overrides of law 9 in a request. @throws ApplicationFailure where they are unsigned or make no sense. */
function overridesOf(goal: Goal, request: RunbookRequest | ShutdownRequest): Overrides {
  const { asIs, deadline, by, reason } = request as ShutdownRequest;
  const refuse = (why: string): never => {
    throw ApplicationFailure.nonRetryable(why, 'Request');
  };
  if (asIs !== undefined && typeof asIs !== 'boolean') refuse('"asIs" must be true or false');
  const deadlineMs = deadline === undefined ? null : parseDuration(deadline);
  if (deadline !== undefined && deadlineMs === null) refuse('"deadline" must be a duration such as "10m"');
  if (asIs !== true && deadlineMs === null) return { asIs: false, deadlineMs: null, said: [] };
  if (goal === 'up') refuse('"asIs" and "deadline" are for a shutdown; a startup has nothing to heal first');
  const unsigned = [by, reason].some((text) => typeof text !== 'string' || text.trim() === '');
  if (unsigned) refuse('"asIs" and "deadline" need "by" and "reason": they overrule law 9, and that is logged');
  const what = [asIs === true ? 'as it is' : '', deadline === undefined ? '' : `down within ${deadline}`];
  return {
    asIs: asIs === true,
    deadlineMs,
    said: [`${by} asked for ${what.filter((w) => w !== '').join(', ')}: ${reason}`],
  };
}

function reportOf(cluster: string, runbook: string, ending: Ending): RunReport {
  return { ...ending, cluster, runbook, left: [], done: [], decisions: [], heldBy: null };
}

/** A person's overrides of law 9. */
interface Overrides {
  readonly asIs: boolean;
  readonly deadlineMs: number | null;
  /** As people read them in the report. */
  readonly said: readonly string[];
}

/** The loop of every runbook: survey, decide, follow the first stage, gate, survey … until the goal is seen to hold. */
function createRun(
  cluster: string,
  goal: Goal,
  overrides: Overrides,
  firstBrief: ClusterBrief,
  teller: Teller,
  holder: ReturnType<typeof createHolder>,
) {
  let brief = firstBrief;
  const ref = (): ClusterRef => ({ cluster, digest: brief.digest });
  const ledger = createLedger();
  const evidence = createEvidence((name) => brief.layers.findIndex((l) => l.services.some((s) => s.name === name)));
  const halfTimeAt = overrides.deadlineMs === null ? null : Date.now() + overrides.deadlineMs / 2;
  const left = (): number | null => (halfTimeAt === null ? null : halfTimeAt - Date.now());
  const follower = createFollower(ref, () => brief, ledger, teller, evidence, left);
  const waiter = createWaiter(ref, () => brief, ledger, teller, evidence);

  let hurried = false;
  /** Instances whose hosts were looked at before a first act on them, or waived by a person. */
  const inspected = new Set<string>();
  if (overrides.asIs) ledger.asIs(false);
  for (const text of overrides.said) teller.event(text);

  /** Half of the time for healing and handing over, half for stopping: a UPS waits for nobody. */
  const halfTime: Promise<void> =
    overrides.deadlineMs === null
      ? new Promise(() => {})
      : sleep(overrides.deadlineMs / 2, { summary: 'half of the time given: from then on as it is' }).then(
          () => {
            hurried = true;
            ledger.asIs(true);
            teller.event('half of the time given is over: nothing is healed or drained any more');
          },
          // The run was cancelled.
          () => {},
        );

  /** Ends a wait at half time, once. */
  const news = (): Promise<void> =>
    hurried ? follower.nextLanding() : Promise.race([follower.nextLanding(), halfTime]);

  async function lookAndDecide(): Promise<{ situation: Situation; decision: Decision } | null> {
    try {
      const history = ledger.history();
      const asked = Date.now();
      const situation = await looks.survey.executeWithOptions({ summary: `look at every host of ${cluster}` }, [
        { ...ref(), skip: history.leftOut, purpose: { goal, history, seen: evidence.fresh() } },
      ]);
      evidence.saw(situation.conditions, asked);
      teller.saw(situation);
      waiter.saw(situation, goal);
      const input = { ...ref(), goal, situation, history: ledger.history() };
      return {
        situation,
        decision: await read.decide.executeWithOptions({ summary: 'decide what comes next' }, [input]),
      };
    } catch (error) {
      if (isAboutFile(error)) return null;
      throw error;
    }
  }

  /** Another file than the one the run was planned with: shows the difference and goes on only on a person's word. */
  async function askAboutFile(): Promise<'abort' | 'go on'> {
    let found: ClusterBrief | null = null;
    let problem = '';
    try {
      found = await read.readCluster({ cluster });
    } catch (error) {
      if (!(error instanceof ActivityFailure)) throw error;
      problem = error.cause?.message ?? error.message;
    }
    if (found?.digest === brief.digest) return 'go on';
    const evidence = found ? differences(brief.fingerprint, found.fingerprint) : problem;
    const answer = await holder.ask(fileHold(cluster, evidence, found !== null));
    const choice = answer?.choice;
    if (choice === 'abort') return 'abort';
    if (choice === 'skip' && found) brief = found;
    return 'go on';
  }

  async function askPerson(hold: Hold): Promise<'abort' | 'go on'> {
    const answer = await holder.ask(hold, hurried ? undefined : () => hurried);
    if (answer?.choice === 'abort') return 'abort';
    if (answer) applyDecision(answer.choice, hold, brief, ledger, waiter);
    return 'go on';
  }

  /** Before the first act on an instance: what would make it fail, or take down what this run stands on (law 15). */
  async function inspect(decision: Extract<Decision, { kind: 'plan' }>): Promise<'go on' | 'look again' | Ending> {
    const isFresh = ({ service }: Step, host: string): boolean => !inspected.has(instanceId(service, host));
    const steps = decision.stages
      .flatMap((stage) => stage.steps)
      .map((step) => ({ ...step, hosts: foldHosts(expandHosts(step.hosts).filter((host) => isFresh(step, host))) }))
      .filter(({ hosts }) => hosts !== '');
    const ids = steps.flatMap(instancesOf);
    if (ids.length === 0) return 'go on';
    teller.inspects();
    // A shutdown may stand on what it will come to only later, also on a host that is silent now (law 15).
    const instances = goal === 'down' ? '' : foldInstances(ids);
    const summary = 'look at the hosts before the first act';
    let findings: Finding[];
    try {
      findings = await looks.inspect.executeWithOptions({ summary }, [{ ...ref(), instances }]);
    } catch (error) {
      // The next look tells what became of the file.
      if (isAboutFile(error)) return 'look again';
      throw error;
    }
    const refusal = goal === 'down' ? branchRefusal(findings) : null;
    if (refusal !== null) return { outcome: 'refused', because: refusal, degraded: [] };
    const settle = (): void => ids.forEach((id) => inspected.add(id));
    const found = blockingSteps(steps, findings);
    if (found.length === 0) {
      settle();
      return 'go on';
    }
    const hold = preflightHold(goal, found);
    const answer = await holder.ask(hold, hurried ? undefined : () => hurried);
    if (answer?.choice === 'abort') return aborted(`a person ended the run: ${hold.why}`);
    if (answer?.choice === 'leave-out') ledger.leaveOut(found.flatMap((f) => expandInstances(f.instances)));
    if (answer?.choice !== 'retry') settle();
    return 'look again';
  }

  async function followStage(decision: Extract<Decision, { kind: 'plan' }>): Promise<void> {
    const [stage, next] = decision.stages;
    if (!stage) return;
    teller.stage(stage, next, 'working');
    waiter.restart(stage.steps.flatMap(instancesOf), []);
    follower.launch(stage);
    const first = stage.steps.some(({ verb }) => verb === 'prepare' || verb === 'drain');
    if (stage.steps.length > 0) await waitFor(() => follower.underWay() === 0, SLOW_ACT, 'short acts are waited for');
    if (follower.takeFailed()) {
      await sleep(RETRY_PAUSE, { summary: 'some acts failed: a pause, then look again' });
      return;
    }
    // What was done once for a service only clears the way: what comes next is decided anew.
    if (first && follower.underWay() === 0) return;
    teller.stage(stage, next, 'waiting');
    await waiter.wait(stage, news());
  }

  async function toGoal(): Promise<Ending> {
    for (;;) {
      const looked = await lookAndDecide();
      if (!looked) {
        if ((await askAboutFile()) === 'abort') return aborted('a person ended the run at a changed cluster file');
        continue;
      }
      const { decision } = looked;
      if (decision.kind === 'done')
        return { outcome: decision.outcome, because: decision.because, degraded: decision.degraded };
      if (decision.kind === 'hold') {
        if ((await askPerson(decision.hold)) === 'abort')
          return aborted(`a person ended the run: ${decision.hold.why}`);
        continue;
      }
      const inspection = await inspect(decision);
      if (typeof inspection === 'object') return inspection;
      if (inspection === 'go on') await followStage(decision);
    }
  }

  return {
    toGoal,
    /** Waits until nothing of this run is under way on any host. */
    settle: () => CancellationScope.nonCancellable(() => follower.allLanded()),
    /** One more look, so that the end can say where the cluster was left. */
    lastLook: () => CancellationScope.nonCancellable(async () => void (await lookAndDecide())),
    done: () => ledger.done(),
    leftOut: () => expandInstances(ledger.history().leftOut),
  };
}

function isAboutFile(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const about = cause instanceof ApplicationFailure ? cause.type : undefined;
  return about === 'ClusterFileChanged' || about === 'ClusterFile';
}

function aborted(because: string): Ending {
  return { outcome: 'aborted', because, degraded: [] };
}
