import { expandHosts, expandInstances, foldInstances } from './host-set.js';
import { instanceId, splitInstance } from './model.js';
import type { Goal, Hold, Step } from './plan.js';

/**
 * What is asked of a host besides its instances: the columns of `check`, and what is looked at before a first act. In the
 * order in which one rests on the other.
 */
export const QUESTIONS = [
  /** Answers over SSH. */
  'reachable',
  /** Its key is the one in known_hosts. */
  'key',
  /** The login may run what the commands need as whom they need. */
  'sudo',
  /** The programs the scripts on the host use. */
  'tools',
  /** Room where the services live (K20). */
  'disk',
  /** Its clock against the others. */
  'clock',
  /** The home or the unit of its services is there. */
  'installed',
  /** Nobody else listens on the port of a service that does not run. */
  'port',
  /** The runtime directory for the locks of acts (law 5). */
  'locks',
  /** What Blackstart itself stands on (law 15). */
  'branch',
] as const;
export type Question = (typeof QUESTIONS)[number];

/** What an answer comes to, the worst first. `unknown`: could not be asked, never taken for a no. */
export const VERDICTS = ['bad', 'unknown', 'ok'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One answer, of all hosts that gave the same. */
export interface Finding {
  readonly question: Question;
  readonly verdict: Verdict;
  /** Folded hosts; empty where it is about the worker itself. */
  readonly hosts: string;
  /** Folded instances it is about; empty where it is about the hosts themselves. */
  readonly instances: string;
  readonly evidence: string;
  /** What to do, ready to be copied where that is possible; empty for `ok`. */
  readonly cure: string;
}

/** What each goal is held on before its first act; everything else is only shown. */
const STOPS: Readonly<Record<Goal, ReadonlySet<Question>>> = {
  up: new Set<Question>(['key', 'sudo', 'tools', 'disk', 'clock', 'installed', 'port', 'locks']),
  down: new Set<Question>(['key', 'sudo', 'tools', 'locks']),
};

/**
 * The findings that must be seen by a person before a run acts for the first time. What is about no host (the worker's
 * own clock) harms no act: everything on hosts is timed by their own uptime.
 */
export function blocking(goal: Goal, findings: readonly Finding[]): Finding[] {
  return findings.filter((f) => f.verdict === 'bad' && f.hosts !== '' && STOPS[goal].has(f.question));
}

/** The same for the steps a run is about to take: a shutdown also starts (law 9), which a full disk forbids (law 10). */
export function blockingSteps(steps: readonly Step[], findings: readonly Finding[]): Finding[] {
  const idsOf = (starts: boolean): string[] =>
    steps
      .filter(({ verb }) => (verb === 'start' || verb === 'prepare') === starts)
      .flatMap(({ service, hosts }) => expandHosts(hosts).map((host) => instanceId(service, host)));
  const found = (goal: Goal, ids: readonly string[]): Finding[] => {
    const acted = new Set(ids);
    const hosts = new Set(ids.map((id) => splitInstance(id).host));
    return blocking(goal, findings).filter(({ instances, hosts: on }) =>
      instances === ''
        ? expandHosts(on).some((host) => hosts.has(host))
        : expandInstances(instances).some((id) => acted.has(id)),
    );
  };
  return [...new Set([...found('up', idsOf(true)), ...found('down', idsOf(false))])];
}

/** What a run must refuse to take down, since it stands on it itself (law 15); null where there is none. */
export function branchRefusal(findings: readonly Finding[]): string | null {
  const branch = findings.filter((f) => f.question === 'branch' && f.verdict === 'bad');
  if (branch.length === 0) return null;
  const what = branch.map((f) => `${f.instances || f.hosts}: ${f.evidence}. ${f.cure}`);
  return `this would stop what Blackstart itself stands on (law 15): ${what.join('; ')}`;
}

/** Parks a run before its first act for what was found on the hosts. */
export function preflightHold(goal: Goal, findings: readonly Finding[]): Hold {
  const [first] = findings;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  const instances = foldInstances(findings.flatMap((f) => expandInstances(f.instances)));
  return {
    layer: 0,
    layerName: '',
    why: `${first?.hosts}: ${first?.evidence}${more}; nothing was done yet`,
    rule: 'preflight, law 12',
    items: findings.map((f) => ({
      what: `${f.question} on ${f.hosts}${f.instances === '' ? '' : ` (${f.instances})`}`,
      service: '',
      instances: f.instances,
      state: 'preflight' as const,
      silent: false,
      evidence: `${f.evidence}. ${f.cure}`,
    })),
    choices: [
      { choice: 'retry', meaning: 'I have mended it: look again' },
      ...(instances === '' || goal === 'down'
        ? []
        : [{ choice: 'leave-out' as const, meaning: `go on without ${instances}; ends degraded` }]),
      { choice: 'skip', meaning: 'go on all the same: what it is about may fail' },
      { choice: 'abort', meaning: 'end the run here, with nothing done' },
    ],
  };
}
