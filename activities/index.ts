import { activityInfo, cancellationDetails, CancelledFailure, Context, log } from '@temporalio/activity';
import { decide, foresee } from '../cluster/decide.js';
import { findService, type Cluster, type VerbName } from '../cluster/model.js';
import type { Finding } from '../cluster/inspection.js';
import type { Decision, Goal, History, Hold } from '../cluster/plan.js';
import { isSinglePointOfFailure } from '../cluster/redundancy.js';
import type { Situation } from '../cluster/situation.js';
import { expandInstances, foldHosts } from '../cluster/host-set.js';
import { actOnHosts, commandOf, longestAct, type ActOutcome } from './act.js';
import { beating } from './beating.js';
import type { Dependencies } from './dependencies.js';
import { awaitConditions } from './conditions.js';
import { clusterFileChangedFailure, clusterFileFailure } from './failures.js';
import { awaitGate, type GateReport, type GateShare } from './gate.js';
import { actTimer, createGateClock, recordGate } from './metrics.js';
import { inspectHosts } from './inspect.js';
import { createLockActivities } from './lock.js';
import { surveyCluster, type Purpose } from './survey.js';

/** The cluster file as a run knows it: names and digests, never a command (law 13). */
export interface ClusterBrief {
  readonly digest: string;
  readonly fingerprint: Readonly<Record<string, string>>;
  readonly hosts: number;
  readonly layers: readonly { readonly name: string; readonly services: readonly ServiceBrief[] }[];
  readonly searchAttributes: boolean;
}

export interface ServiceBrief {
  readonly name: string;
  readonly hosts: string;
  readonly singlePointOfFailure: boolean;
  readonly startMs: number;
  readonly stopMs: number;
  readonly reachMs: number;
  readonly ceilingMs: number;
  /** The longest honest act on one instance: the command's own deadline, lock, look and connection included. */
  readonly actMs: number;
}

/** Names a version of a cluster file. Every activity that acts or decides refuses to do so with another version. */
export interface ClusterRef {
  readonly cluster: string;
  readonly digest: string;
}

/** Evidence older than this is looked at again before it is acted on (law 1): an attempt after a lost worker may be late. */
const EVIDENCE_MS = 30_000;

/** The promises workflows may call upon. Each takes one object and answers with plain JSON. */
export function createActivities(deps: Dependencies) {
  /** The cluster in exactly the version a run was planned with. */
  async function load(ref: ClusterRef): Promise<Cluster> {
    const loaded = await deps.loadCluster(ref.cluster);
    if (!loaded.ok) throw clusterFileFailure(ref.cluster, loaded.complaints);
    if (loaded.digest !== ref.digest) throw clusterFileChangedFailure(ref.cluster);
    return loaded.cluster;
  }

  return {
    ...createLockActivities(deps.temporal),

    /** Reads and checks the named cluster file. Fails at once, and without any SSH, where it is missing or wrong. */
    async readCluster(input: { readonly cluster: string }): Promise<ClusterBrief> {
      const loaded = await deps.loadCluster(input.cluster);
      if (!loaded.ok) throw clusterFileFailure(input.cluster, loaded.complaints);
      const { cluster, digest, fingerprint } = loaded;
      const layers = cluster.layers.map(({ name, services }) => ({
        name,
        services: services.map((service) => ({
          name: service.name,
          hosts: foldHosts(service.hosts),
          singlePointOfFailure: isSinglePointOfFailure(service),
          startMs: service.patience.startMs,
          stopMs: service.patience.stopMs,
          reachMs: service.patience.reachMs,
          ceilingMs: service.patience.ceilingMs,
          actMs: longestAct(service),
        })),
      }));
      return { digest, fingerprint, hosts: cluster.hosts.length, layers, searchAttributes: deps.searchAttributes };
    },

    /** Looks at every instance once, but for the folded instances in `skip`. */
    async survey(input: ClusterRef & { readonly skip: string; readonly purpose?: Purpose }): Promise<Situation> {
      const cluster = await load(input);
      const skip = new Set(expandInstances(input.skip));
      const what = { looking: `${cluster.hosts.length} hosts` };
      const situation = await beating(
        () => what,
        (signal) => surveyCluster(deps, cluster, skip, signal, input.purpose),
      );
      throwIfCancelled();
      return situation;
    },

    /** Asks the hosts of the folded instances (all, where empty) about everything but their instances' health. */
    async inspect(input: ClusterRef & { readonly instances: string }): Promise<Finding[]> {
      const cluster = await load(input);
      const what = { inspecting: input.instances };
      const findings = await beating(
        () => what,
        (signal) => inspectHosts(deps, cluster, new Set(expandInstances(input.instances)), signal),
      );
      throwIfCancelled();
      return findings;
    },

    /** The pure decision, recorded. */
    async decide(input: ClusterRef & { goal: Goal; situation: Situation; history: History }): Promise<Decision> {
      const cluster = await load(input);
      return decide(cluster, input.goal, input.situation, input.history);
    },

    /** What a person will be asked if those who cannot be asked or do not answer now stay so; null for nothing. */
    async foresee(input: ClusterRef & { goal: Goal; situation: Situation }): Promise<Hold | null> {
      const cluster = await load(input);
      return foresee(cluster, input.goal, input.situation);
    },

    /** Starts or stops instances of one service: looks, acts, looks again on each host (law 5). */
    async act(
      input: ClusterRef & {
        layer?: string;
        verb: VerbName;
        service: string;
        hosts: string;
        once?: boolean;
        step: number;
        limitMs?: number;
      },
    ): Promise<ActOutcome[]> {
      const cluster = await load(input);
      const service = findService(cluster, input.service);
      if (!service) throw clusterFileChangedFailure(input.cluster);
      const info = activityInfo();
      // Both by the server's clock; a first attempt that comes too late is ended by the server itself (options.ts).
      const staleMs = info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs;
      if (staleMs > EVIDENCE_MS) {
        const text = `the look this act rests on is ${Math.round(staleMs / 1000)} s old; this attempt sent nothing, everything is looked at again (law 1)`;
        return [{ result: 'unknown', hosts: input.hosts, text, mustHold: false }];
      }
      const token = info.currentAttemptScheduledTimestampMs;
      const { workflowId = 'no workflow', runId = '' } = info.workflowExecution ?? {};
      const who = `${workflowId} step ${input.step} attempt ${info.attempt}`;
      // A service is prepared and drained once a run; a start or stop done once may be needed again after a new look.
      const onceFor = input.verb === 'prepare' || input.verb === 'drain' ? runId : `${runId} step ${input.step}`;
      // Which layer, service and hosts: the worker adds what the input says to every line (log-fields.ts).
      log.info('acting', { command: commandOf(service, input.verb).run });
      const measured = actTimer({ cluster: input.cluster, service: input.service, verb: input.verb });
      const limit = input.limitMs === undefined ? {} : { limitMs: input.limitMs };
      const step = { verb: input.verb, hosts: input.hosts, once: input.once ?? false, ...limit };
      const what = { acting: `${input.verb} ${input.service} on ${input.hosts}` };
      const outcomes = await beating(
        () => what,
        (signal) =>
          // An act that was sent runs to its end and is verified, whoever cancels. Only a worker that is being shut down
          // lets go of it: the command runs on, and the next attempt looks before it acts.
          Promise.race([
            actOnHosts(deps, cluster, service, step, { token, who, onceFor }, measured),
            workerShutdown(signal),
          ]),
      );
      for (const { result, hosts, text } of outcomes) {
        const bad = result !== 'done' && result !== 'already';
        log[bad ? 'warn' : 'info']('acted', { hosts, result, ...(bad ? { text } : {}) });
      }
      return outcomes;
    },

    /** Waits until members are where they should be, or until nothing more is to be had from waiting. */
    async gate(input: ClusterRef & { layer?: string; share: GateShare }): Promise<GateReport> {
      const cluster = await load(input);
      let latest: unknown = { waiting: input.share.awaits };
      const clock = createGateClock(input.share);
      const tell = (now: GateReport): void => {
        clock.saw(now);
        latest = { arrived: now.arrived, pending: now.pending };
      };
      const wait = input.share.conditions.length > 0 ? awaitConditions : awaitGate;
      const report = await beating(
        () => latest,
        (signal) => wait(deps, cluster, input.share, signal, tell),
      );
      recordGate(input.cluster, input.share.awaits, clock.read(report));
      log.debug('waited', { verdict: report.verdict, pending: report.pending });
      throwIfCancelled();
      return report;
    },
  };
}

/** Rejects when the worker is shut down while an act is under way; never settles otherwise. */
function workerShutdown(signal: AbortSignal): Promise<never> {
  // Taken here: the listener runs outside of the activity, where nobody could ask for it.
  const context = Context.current();
  return new Promise((_, reject) => {
    const check = (): void => {
      if (context.cancellationDetails?.workerShutdown === true)
        reject(new CancelledFailure('the worker is shutting down'));
    };
    signal.addEventListener('abort', check, { once: true });
    if (signal.aborted) check();
  });
}

function throwIfCancelled(): void {
  if (cancellationDetails() !== undefined) throw new CancelledFailure('cancelled while looking');
}

export type Activities = ReturnType<typeof createActivities>;
