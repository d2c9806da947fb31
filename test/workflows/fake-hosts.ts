import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { decide, foresee } from '../../cluster/decide.js';
import { expandHosts, foldHosts, foldInstances } from '../../cluster/host-set.js';
import { allServices, instanceId, instancesOf, type Cluster } from '../../cluster/model.js';
import type { Finding } from '../../cluster/inspection.js';
import { foldSituation } from '../../cluster/situation.js';
import type { Activities } from '../../activities/index.js';
import { createLockActivities } from '../../activities/lock.js';
import { clusterFileChangedFailure } from '../../activities/failures.js';
import type { Client } from '@temporalio/client';

/** What an instance does when it is acted on: by default it obeys at once. */
export type Manner = 'obeys' | 'fails' | 'unreachable' | 'never-healthy' | 'slow-act';

/** Hosts in memory, for tests of the workflows alone; everything that was done to them is in `acts`. */
export class FakeHosts {
  readonly acts: string[] = [];
  /** The limits on commands done once, where the run set one. */
  readonly limits: number[] = [];
  readonly manners = new Map<string, Manner>();
  readonly up = new Set<string>();
  digest = 'digest-1';
  /** What a look at the hosts before the first act finds. */
  findings: Finding[] = [];
  constructor(readonly cluster: Cluster) {}

  manner(id: string): Manner {
    return this.manners.get(id) ?? 'obeys';
  }

  state(id: string): 'healthy' | 'starting' | 'stopped' | 'unknown' {
    if (this.manner(id) === 'unreachable') return 'unknown';
    if (!this.up.has(id)) return 'stopped';
    return this.manner(id) === 'never-healthy' ? 'starting' : 'healthy';
  }

  /** Activities over these hosts, with the real decision and the real lock. */
  activities(client: Client): Activities {
    const known = (digest: string): void => {
      if (digest !== this.digest) throw clusterFileChangedFailure(this.cluster.name);
    };
    return {
      ...createLockActivities(client),
      foresee: async ({ goal, situation }) => foresee(this.cluster, goal, situation),
      readCluster: async () => ({
        digest: this.digest,
        fingerprint: { hosts: 'x', 'web.start': this.digest },
        hosts: this.cluster.hosts.length,
        searchAttributes: true,
        layers: this.cluster.layers.map(({ name, services }) => ({
          name,
          services: services.map((s) => ({
            name: s.name,
            hosts: foldHosts(s.hosts),
            singlePointOfFailure: false,
            ...s.patience,
            actMs: 60_000,
          })),
        })),
      }),
      inspect: () => Promise.resolve(this.findings),
      survey: async ({ digest }) => {
        known(digest);
        const ids = allServices(this.cluster).flatMap(instancesOf);
        const states = Object.fromEntries(
          ids.map((id) => [
            id,
            { state: this.state(id), evidence: `seen ${this.manner(id)}`, silent: this.state(id) === 'unknown' },
          ]),
        );
        return foldSituation(Date.now(), states, []);
      },
      decide: async ({ digest, goal, situation, history }) => {
        known(digest);
        return decide(this.cluster, goal, situation, history);
      },
      act: async ({ verb, service, hosts, once, limitMs }) => {
        if (once === true) {
          if (limitMs !== undefined) this.limits.push(limitMs);
          const key = `${verb} ${service}`;
          this.acts.push(key);
          const works = this.manner(key) !== 'fails';
          return [{ result: works ? 'done' : 'failed', hosts, text: works ? '' : 'exit 1, it hangs', mustHold: false }];
        }
        const outcomes = expandHosts(hosts).map(async (host) => {
          const id = instanceId(service, host);
          if (this.manner(id) === 'slow-act') await beatFor(2500);
          this.acts.push(`${verb} ${id}`);
          const works = this.manner(id) !== 'fails' && this.manner(id) !== 'unreachable';
          if (works && verb === 'start') this.up.add(id);
          if (works && verb === 'stop') this.up.delete(id);
          return {
            result: works ? ('done' as const) : ('failed' as const),
            hosts: host,
            text: works ? '' : 'exit 1',
            mustHold: false,
          };
        });
        return Promise.all(outcomes);
      },
      gate: async ({ share }) => {
        const ids = share.watch.flatMap(({ service, hosts }) =>
          expandHosts(hosts).map((host) => instanceId(service, host)),
        );
        const there = (id: string): boolean => this.state(id) === (share.awaits === 'healthy' ? 'healthy' : 'stopped');
        const patience = Math.min(...share.watch.map((w) => Math.max(w.patienceMs, w.reachMs)), share.callMs);
        const ends = Date.now() + patience;
        while (!ids.every(there) && Date.now() < ends && !cancellationSignal().aborted) await beatFor(50);
        const pending = ids.filter((id) => !there(id));
        return {
          verdict: pending.length === 0 ? 'healthy' : 'stalled',
          arrived: foldInstances(ids.filter(there)),
          expired: foldInstances(pending),
          expiredConditions: [],
          moved: '',
          movedConditions: [],
          pending: pending.map((id) => ({ instances: id, text: this.manner(id) })),
        };
      },
    };
  }
}

async function beatFor(ms: number): Promise<void> {
  const ends = Date.now() + ms;
  while (Date.now() < ends) {
    heartbeat();
    await new Promise((resolve) => setTimeout(resolve, Math.min(200, ms)));
  }
}
