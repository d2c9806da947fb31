import { foldHosts } from '../cluster/host-set.js';
import type { Cluster, Service } from '../cluster/model.js';
import type { Dependencies } from './dependencies.js';
import { parseLine } from './host/reports.js';
import { sudoCheckScript } from './host/script.js';
import { hostNamed, targetOf } from './hosts.js';

/** Connecting, and a PAM module that thinks for its longest: the host gives it 30 s. */
const CHECK_MS = 60_000;

/**
 * The login's password for sudo, where the command may need it: as another user, or as the `systemctl` lines of a unit.
 * Null where it needs none or the file names none.
 * @throws Error where the file cannot be read or holds no password.
 */
export async function readSudoPassword(
  deps: Pick<Dependencies, 'readSecret'>,
  cluster: Cluster,
  service: Service,
  run: string,
): Promise<string | null> {
  const file = cluster.ssh.sudoPassword;
  if (file === null || (service.user === null && !run.includes('sudo -n systemctl '))) return null;
  const password = await deps.readSecret(file);
  if (password === '' || /[\n\r\0]/.test(password))
    throw new Error(`${file} must hold the password for sudo in one line and nothing else`);
  return password;
}

/**
 * Tries the password on the first of many hosts before any other is bothered with it: a wrong one is mostly wrong
 * everywhere, and a hundred wrong ones at once lock a login out of the whole site. Null where it was taken, was not
 * needed, or no host could say; then each host finds out by itself, with one try.
 */
export async function whySudoRefuses(
  deps: Pick<Dependencies, 'shell' | 'quote'>,
  cluster: Cluster,
  service: Service,
  hosts: readonly string[],
  run: string,
  password: string,
): Promise<string | null> {
  const [first, ...others] = hosts;
  if (first === undefined || others.length === 0) return null;
  const host = hostNamed(cluster, first);
  const script = sudoCheckScript(deps.quote, { service, host, askConditions: false }, run, password);
  const result = await deps.shell.run({ target: targetOf(cluster, host), script, deadlineMs: CHECK_MS });
  if (result.kind !== 'exited') return null;
  const answer = result.stdout
    .split('\n')
    .map(parseLine)
    .find((line) => line?.type === 'act');
  if (answer?.type !== 'act' || answer.report.result !== 'failed') return null;
  return `${first}: ${answer.report.text}; it was not tried on ${foldHosts(others)}`;
}
