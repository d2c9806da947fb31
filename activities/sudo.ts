import { foldHosts } from '../cluster/host-set.js';
import { inParallel } from '../cluster/in-parallel.js';
import type { Cluster, Host, Service } from '../cluster/model.js';
import type { Dependencies } from './dependencies.js';
import { runsOf } from './host/facts.js';
import { parseLine, type ActReport } from './host/reports.js';
import { sudoCheckScript } from './host/script.js';
import { hostNamed, targetOf } from './hosts.js';

/** Connecting, and a PAM module that thinks for its longest: the host gives it 30 s. */
const CHECK_MS = 60_000;

/** Connecting to hosts that are only called, to learn who is there. */
const CALL_MS = 20_000;
/** As many as are looked at side by side; the pool has its own limit for new connections. */
const CALLED_AT_ONCE = 256;

/**
 * Whether acts give the password to a command of the service: one of another user, or the `systemctl` lines of a unit.
 * @param run the command; those of all its verbs where none is given.
 */
export function takesPassword(service: Service, run: string = runsOf(service)): boolean {
  return service.user !== null || run.includes('sudo -n systemctl ');
}

/**
 * The login's password for sudo, where the command may need it. Null where it needs none or the file names none.
 * @throws Error where the file cannot be read or holds no password.
 */
export async function readSudoPassword(
  deps: Pick<Dependencies, 'readSecret'>,
  cluster: Cluster,
  service: Service,
  run: string,
): Promise<string | null> {
  const file = cluster.ssh.sudoPassword;
  if (file === null || !takesPassword(service, run)) return null;
  const password = await deps.readSecret(file);
  if (password === '' || /[\n\r\0]/.test(password))
    throw new Error(`${file} must hold the password for sudo in one line and nothing else`);
  return password;
}

/**
 * Tries the password on one host alone before any other is bothered with it, and on the next one where that did not
 * answer: a wrong one is mostly wrong everywhere, and a hundred wrong ones at once lock a login out of the whole site.
 * Null where nobody answered.
 * @param ask tries it on one host; null where the host gave no answer.
 */
export async function firstToAnswer<A>(
  deps: Pick<Dependencies, 'shell'>,
  cluster: Cluster,
  hosts: readonly Host[],
  ask: (host: Host) => Promise<A | null>,
  signal?: AbortSignal,
): Promise<{ readonly host: Host; readonly answer: A } | null> {
  const [first, ...others] = hosts;
  if (!first) return null;
  const answer = await ask(first);
  if (answer !== null) return { host: first, answer };
  // A dark rack would make one wait for each of its hosts in turn: all are called at once, without the password.
  const called = await inParallel(others, CALLED_AT_ONCE, async (host) => {
    const options = signal ? { signal } : {};
    return deps.shell.run({ target: targetOf(cluster, host), script: ':', deadlineMs: CALL_MS, ...options });
  });
  for (const host of others.filter((_, i) => called[i]?.kind === 'exited')) {
    const next = await ask(host);
    if (next !== null) return { host, answer: next };
  }
  return null;
}

/**
 * Why sudo refuses the password, tried on one of many hosts. Null where it was taken, was not needed, or no host could
 * say; then each host finds out by itself, with one try.
 */
export async function whySudoRefuses(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  service: Service,
  hosts: readonly string[],
  run: string,
  password: string,
): Promise<string | null> {
  if (hosts.length < 2) return null;
  const ask = async (host: Host): Promise<ActReport | null> => {
    const script = sudoCheckScript(deps.quote, { service, host, askConditions: false }, run, password);
    const result = await deps.shell.run({ target: targetOf(cluster, host), script, deadlineMs: CHECK_MS });
    if (result.kind !== 'exited') return null;
    const answer = result.stdout
      .split('\n')
      .map(parseLine)
      .find((line) => line?.type === 'act');
    return answer?.type === 'act' ? answer.report : null;
  };
  const places = hosts.map((name) => hostNamed(cluster, name));
  const tried = await firstToAnswer(deps, cluster, places, ask);
  if (tried?.answer.result !== 'failed') return null;
  const { host, answer } = tried;
  const others = hosts.filter((name) => name !== host.name);
  return `${host.name}: ${answer.text}; it was not tried on ${foldHosts(others)}`;
}
