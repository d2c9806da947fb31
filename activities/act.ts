import { expandHosts, foldHosts } from '../cluster/host-set.js';
import { inParallel } from '../cluster/in-parallel.js';
import type { Cluster, Service, Verb, VerbName } from '../cluster/model.js';
import type { RunResult } from '../ssh/types.js';
import type { Dependencies } from './dependencies.js';
import { parseLine, type ActReport, type ActResult } from './host/reports.js';
import { actScript, LOCK_WAIT_MS, SETTLE_MS } from './host/script.js';
import { readSudoPassword, whySudoRefuses } from './sudo.js';
import { hostNamed, targetOf, whyNoAnswer } from './hosts.js';

/** Acts at the same time in one activity: its whole share, since a share is cut to this size. */
const ACTS_AT_ONCE = 128;

/** Which attempt acts, for the fence on the host: a lower token was overtaken by a later attempt. */
export interface Attempt {
  readonly token: number;
  readonly who: string;
  /** Attempts with the same text are one act: what one of them did once for a service, the others find done. */
  readonly onceFor: string;
}

/** What became of a step, hosts with the same answer together. `mustHold`: a person is needed, never left behind. */
export interface ActOutcome {
  readonly result: ActResult;
  readonly hosts: string;
  readonly text: string;
  readonly mustHold: boolean;
  /** True where nothing was sent to any host, so that this was no try. */
  readonly unsent?: boolean;
}

/** Answers of the host about itself rather than about the command: no more tries help, and nobody may be left behind. */
const NEEDS_A_PERSON = new Set(['lock', 'fence', 'sudo']);

/**
 * Carries out one verb on the hosts of one service, side by side; answers host by host and never throws for one.
 * @param measured is told of each instance what became of it, and after how many milliseconds.
 */
export async function actOnHosts(
  deps: Pick<Dependencies, 'shell' | 'quote' | 'readSecret'>,
  cluster: Cluster,
  service: Service,
  step: {
    readonly verb: VerbName;
    readonly hosts: string;
    readonly once: boolean;
    /** The command gets no more than this, whatever its own deadline. */
    readonly limitMs?: number;
  },
  attempt: Attempt,
  measured: (result: ActResult, ms: number) => void = () => {},
): Promise<ActOutcome[]> {
  const { run, ...own } = commandOf(service, step.verb);
  const deadlineMs = Math.min(own.deadlineMs, step.limitMs ?? own.deadlineMs);
  let secrets: Record<string, string>;
  let sudoPassword: string | null;
  try {
    secrets = await readSecrets(deps, service);
    sudoPassword = await readSudoPassword(deps, cluster, service, run);
  } catch (error) {
    const text = `a secret of ${service.name} cannot be read on the worker: ${error instanceof Error ? error.message : String(error)}`;
    return [{ result: 'failed', hosts: step.hosts, text, mustHold: true }];
  }
  const hosts = expandHosts(step.hosts);
  const hidden = [...Object.values(secrets), ...(sudoPassword === null ? [] : [sudoPassword])];
  if (sudoPassword !== null && !step.once) {
    const text = await whySudoRefuses(deps, cluster, service, hosts, run, sudoPassword);
    if (text !== null)
      return [{ result: 'failed', hosts: step.hosts, text: withoutSecrets(text, hidden), mustHold: true }];
  }
  const actOn = async (name: string): Promise<{ host: string; report: ActReport }> => {
    const host = hostNamed(cluster, name);
    const act = { verb: step.verb, once: step.once, run, deadlineMs, ...attempt, secrets, sudoPassword };
    const result = await deps.shell.run({
      target: targetOf(cluster, host),
      script: actScript(deps.quote, cluster, { service, host, askConditions: false }, act),
      deadlineMs: actDeadline(deadlineMs),
    });
    const report = readAct(result, `${service.name}@${name}`);
    measured(report.result, result.ms);
    return { host: name, report: { ...report, text: withoutSecrets(report.text, hidden) } };
  };
  if (step.once) return [await actOnce(hosts, step.hosts, actOn)];
  return foldReports(await inParallel(hosts, ACTS_AT_ONCE, actOn));
}

/** Answers by which a host says that nothing was run there: another one may be asked. */
const NOT_RUN = new Set(['not-sent', 'lock']);

/** Done for the service by one host: the next one is asked only where the one before is known to have run nothing. */
async function actOnce(
  hosts: readonly string[],
  all: string,
  actOn: (host: string) => Promise<{ host: string; report: ActReport }>,
): Promise<ActOutcome> {
  const texts: string[] = [];
  for (const name of hosts) {
    const { report } = await actOn(name);
    texts.push(`${name}: ${report.text}`);
    if (NOT_RUN.has(report.code)) continue;
    const mustHold = NEEDS_A_PERSON.has(report.code);
    // An attempt that was lost may still be at it: after the next look its result is found, or the host is free.
    const unsent = report.code === 'busy';
    return { result: report.result, hosts: all, text: texts.join('; ').slice(-1000), mustHold, unsent };
  }
  return { result: 'failed', hosts: all, text: texts.join('; ').slice(-1000), mustHold: false };
}

/** The command of a verb, with what is done on each instance right before it in the same act (T23). */
export function commandOf(service: Service, name: VerbName): Pick<Verb, 'run' | 'deadlineMs'> {
  const verb = service.verbs[name];
  if (!verb) throw new Error(`${service.name} has no ${name}`);
  const before = name === 'start' ? service.verbs.prepare : name === 'stop' ? service.verbs.drain : null;
  if (!before || before.once) return verb;
  return { run: `(\n${before.run}\n) || exit\n${verb.run}`, deadlineMs: before.deadlineMs + verb.deadlineMs };
}

/** Before the act: connecting and one try of a password for sudo on a first host, which takes up to 60 s of its own. */
const PASSWORD_TRY_MS = 80_000;

/** Connecting, waiting for a living holder, the command and its kill, looking for the effect. */
function actDeadline(commandMs: number): number {
  return 20_000 + LOCK_WAIT_MS + commandMs + 5_000 + SETTLE_MS * 3;
}

/** The longest an act on this service can honestly take, for whoever must tell a slow one from a lost one. */
export function longestAct(service: Service): number {
  const { start, stop, prepare, drain } = service.verbs;
  const starting = start.deadlineMs + (prepare?.deadlineMs ?? 0);
  return PASSWORD_TRY_MS + actDeadline(Math.max(starting, stop.deadlineMs + (drain?.deadlineMs ?? 0)));
}

async function readSecrets(deps: Pick<Dependencies, 'readSecret'>, service: Service): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  for (const [name, file] of Object.entries(service.secrets)) secrets[name] = await deps.readSecret(file);
  return secrets;
}

/** A command may print what it was given; what it printed goes into history (promise S7). */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  // Shorter values would blank out ordinary words and tell by that what they are.
  return secrets
    .filter((secret) => secret.length >= 4)
    .reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}

/** A lost answer is "unknown", never a second effect: the next look on the host tells what became of it (law 5). */
function readAct(result: RunResult, id: string): ActReport {
  if (result.kind === 'not-sent')
    return { id, result: 'failed', code: 'not-sent', text: `nothing was sent: ${result.message}` };
  for (const line of result.stdout.split('\n')) {
    const parsed = parseLine(line);
    if (parsed?.type === 'act') return parsed.report;
  }
  const why = whyNoAnswer(result) ?? `the host gave no answer: ${result.stderr.slice(-500)}`;
  return { id, result: 'unknown', code: 'lost', text: why };
}

function foldReports(reports: readonly { host: string; report: ActReport }[]): ActOutcome[] {
  const groups = new Map<string, { report: ActReport; hosts: string[] }>();
  for (const { host, report } of reports) {
    // The text of a success names its process; nobody needs a thousand of those in the history.
    const text = report.result === 'done' || report.result === 'already' ? '' : report.text.slice(0, 1000);
    const key = `${report.result}\0${text}`;
    const group = groups.get(key) ?? { report: { ...report, text }, hosts: [] };
    group.hosts.push(host);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ report, hosts }) => ({
    result: report.result,
    hosts: foldHosts(hosts),
    text: report.text,
    mustHold: NEEDS_A_PERSON.has(report.code),
  }));
}
