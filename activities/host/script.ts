import type { Cluster, Host, Identity, Probe, Service, VerbName } from '../../cluster/model.js';
import { instanceId } from '../../cluster/model.js';
import { LIBRARY } from './library.js';

/** Turns a value into shell text. Passed in: only `ssh/` may know how (promise S1). */
export type Quote = (value: string) => string;

/** A running check of the cluster file is a look: it must answer soon or count as unknown. */
const RUNNING_CHECK_SECONDS = 10;

/** An instance to look at, with the service's conditions if this host is the one to be asked about them. */
export interface Subject {
  readonly service: Service;
  readonly host: Host;
  readonly askConditions: boolean;
  /** Of the conditions only these, by index; all where it is not said. */
  readonly onlyConditions?: readonly number[];
  /** Whether its progress figures are asked, too: only while it is waited for. */
  readonly askProgress?: boolean;
}

/** Where a probe connects to unless it says otherwise: the address of the file, else the host's own name. */
function addressOf(host: Host): string {
  return host.address ?? host.name;
}

function seconds(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)));
}

function identityCall(identity: Identity): string[] {
  switch (identity.by) {
    case 'process':
      return ['identity', 'process', identity.match, identity.user ?? ''];
    case 'unit':
      return ['identity', 'unit', identity.unit];
    case 'command':
      return ['identity', 'command', String(RUNNING_CHECK_SECONDS), identity.run];
  }
}

/** @param needsBody whether the answer itself is wanted, whatever is expected of it. */
function probeArguments(probe: Probe, host: Host, needsBody = false): string[] {
  const limit = seconds(probe.timeoutMs);
  switch (probe.type) {
    case 'http': {
      const wantsBody = needsBody || probe.match !== null || Object.keys(probe.json).length > 0;
      const where = [probe.scheme, probe.host ?? addressOf(host), String(probe.port), probe.path];
      return ['http', limit, ...where, wantsBody ? '1' : '0'];
    }
    case 'tcp': {
      const wantsAnswer = needsBody || probe.expect !== null ? '1' : '0';
      return ['tcp', limit, probe.host ?? addressOf(host), String(probe.port), probe.send ?? '', wantsAnswer];
    }
    case 'command':
      return ['command', limit, probe.run];
  }
}

/** The facts every command of the cluster file finds in its environment (design §5). */
export function factsOf(cluster: Cluster, service: Service, host: Host): Record<string, string> {
  return {
    BLACKSTART_CLUSTER: cluster.name,
    BLACKSTART_SERVICE: service.name,
    BLACKSTART_INSTANCE: instanceId(service.name, host.name),
    BLACKSTART_HOST: host.name,
    BLACKSTART_ADDRESS: addressOf(host),
    BLACKSTART_PORT: service.port === null ? '' : String(service.port),
    BLACKSTART_HOME: service.home ?? '',
    BLACKSTART_USER: service.user ?? '',
    BLACKSTART_UNIT: service.unit ?? '',
    ...service.vars,
  };
}

/** Shell text that exports values. */
function exportsOf(quote: Quote, values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `export ${key}=${quote(value)}`)
    .join('\n');
}

/** A call of the library: every word is a value, whatever stands in it. */
export function line(quote: Quote, words: readonly string[]): string {
  return words.map(quote).join(' ');
}

/** The function that takes one sample of a subject: the calls of the library with this instance's values. */
function sampleFunction(quote: Quote, cluster: Cluster, subject: Subject, name: string): string {
  const { service, host } = subject;
  const use = [instanceId(service.name, host.name), service.name, host.name, addressOf(host)];
  const more = [
    service.port === null ? '' : String(service.port),
    service.home ?? '',
    service.user ?? '',
    service.unit ?? '',
  ];
  const calls = [
    ['use', ...use, ...more],
    ['vars_are', exportsOf(quote, { BLACKSTART_CLUSTER: cluster.name, ...service.vars })],
    identityCall(service.running),
    ...service.healthy.map((probe, i) => ['probe', String(i), ...probeArguments(probe, host)]),
    ...(subject.askProgress === true
      ? service.progress.map((p, i) => ['progress', String(i), ...probeArguments(p.probe, host, true)])
      : []),
    ...service.conditions.flatMap((c, i) =>
      subject.askConditions && (subject.onlyConditions?.includes(i) ?? true)
        ? [['condition', service.name, String(i), ...probeArguments(c.probe, host)]]
        : [],
    ),
  ];
  return `${name}() {\n${calls.map((words) => line(quote, words)).join('\n')}\n}`;
}

/** A function for each subject that takes a sample of it, `i0`, `i1` and so on. */
export function sampleFunctions(
  quote: Quote,
  cluster: Cluster,
  subjects: readonly Subject[],
): { text: string; names: string[] } {
  const names = subjects.map((_, i) => `i${i}`);
  const text = subjects.map((subject, i) => sampleFunction(quote, cluster, subject, `i${i}`)).join('\n');
  return { text, names };
}

/** Looks at every subject of one host once. */
export function lookScript(quote: Quote, cluster: Cluster, subjects: readonly Subject[]): string {
  const { text, names } = sampleFunctions(quote, cluster, subjects);
  return `${LIBRARY}\n${text}\nlook ${names.join(' ')}\n`;
}

/** Keeps looking at every subject of one host for `forMs`, and tells only what changed. */
export function watchScript(quote: Quote, cluster: Cluster, subjects: readonly Subject[], forMs: number): string {
  const { text, names } = sampleFunctions(quote, cluster, subjects);
  return `${LIBRARY}\n${text}\nwatch ${seconds(forMs)} ${names.join(' ')}\n`;
}

/** One act on one instance. */
export interface Act {
  readonly verb: VerbName;
  /** Done for the service: the instance on this host itself need not become there or gone by it. */
  readonly once: boolean;
  readonly run: string;
  readonly deadlineMs: number;
  /** Grows with every attempt of every step of every run: a lower one was overtaken (law 5). */
  readonly token: number;
  /** Names run, step and attempt, for whoever reads the lock. */
  readonly who: string;
  /** Attempts with the same text are one act; see {@link Attempt} in act.ts. */
  readonly onceFor: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** The login's password for sudo; null where sudo must need none. One line. */
  readonly sudoPassword: string | null;
}

/** How long an attempt waits for a living holder of the lock before it gives up for now. */
export const LOCK_WAIT_MS = 30_000;
/**
 * After a command returned 0, how long its effect is looked for before it counts as failed and is tried again: a process
 * that takes longer to show would be started twice. One that failed by its own word is believed after a fifth of it.
 */
export const SETTLE_MS = 15_000;

/** Locks, looks, acts, looks again: at most one effect, whatever was lost on the way (law 5). */
export function actScript(quote: Quote, cluster: Cluster, subject: Subject, act: Act): string {
  const { service, host } = subject;
  const sample = sampleFunction(quote, cluster, { ...subject, service: { ...service, healthy: [] } }, 'i0');
  const environment = { ...factsOf(cluster, service, host), ...act.secrets };
  const inner = `exec </dev/null\n${exportsOf(quote, environment)}\n${act.run}\n`;
  const call = [
    'act',
    act.once ? `${act.verb}-once` : act.verb,
    'i0',
    String(act.token),
    act.who,
    seconds(LOCK_WAIT_MS),
    seconds(act.deadlineMs),
    String(SETTLE_MS / 100),
    service.user ?? '',
    String(Buffer.byteLength(inner)),
    inner,
    act.onceFor,
  ];
  return `${LIBRARY}\n${sample}\n${sudoPasswordLine(quote, act.sudoPassword)}${line(quote, call)}\n`;
}

/** Tries the password once, where `run` as this service would need it, and does nothing else. */
export function sudoCheckScript(quote: Quote, { service, host }: Subject, run: string, sudoPassword: string): string {
  const call = ['check_sudo_password', instanceId(service.name, host.name), service.user ?? '', run];
  return `${LIBRARY}\n${sudoPasswordLine(quote, sudoPassword)}${line(quote, call)}\n`;
}

/** Hands the password to the library; nothing where there is none. */
export function sudoPasswordLine(quote: Quote, password: string | null): string {
  return password === null ? '' : `${line(quote, ['sudo_password_is', password])}\n`;
}
