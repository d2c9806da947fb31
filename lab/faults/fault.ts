/** What a fault is: a way to break the lab, and the way back. */
import { inside } from '../hosts.js';
import { uptime } from '../processes.js';
import { write } from '../journal.js';
import { scan, type Living } from '../scan.js';
import { host, service, type Host, type Instance, type Service } from '../topology.js';

export interface Fault {
  readonly name: string;
  /** What has to be named after it, as shown to people; null: nothing. */
  readonly target: 'HOST' | 'SERVICE@HOST' | null;
  readonly what: string;
  /** What `heal` does. */
  readonly cure: string;
  break(target: string): void | Promise<void>;
  heal(target: string): void | Promise<void>;
}

/** The instance that a text such as `tserver@w1` names. Throws where the lab has none such. */
export function instance(text: string): Instance & { readonly on: Host; readonly of: Service } {
  const [name = '', where = ''] = text.split('@');
  const of = service(name);
  if (!of.hosts.includes(where)) throw new Error(`${name} runs on ${of.hosts.join(' ')}: say ${name}@${of.hosts[0]}.`);
  return { service: name, host: where, on: host(where), of };
}

/** The process of an instance. By the lab's own knowledge of who is who: `pgrep -f` would find its own shell as well. */
function processOf(target: Instance): Living {
  const found = scan().find((one) => one.service === target.service && one.host === target.host);
  if (!found) throw new Error(`No ${target.service} runs on ${target.host}. \`lab status\` lists what does.`);
  return found;
}

/** Runs a script of bash as root of the host. Throws with what it printed where it fails. */
export function inHost(on: Host, script: string): void {
  const { code, out, err } = inside(on, ['bash', '-euc', script]);
  if (code !== 0) throw new Error(`On ${on.name}: ${err.trim() || out.trim() || `ended with ${code}`}`);
}

export function signal(target: Instance, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  const { pid } = processOf(target);
  write({ at: uptime(), host: target.host, event: 'signal', service: target.service, action: name, pid });
  process.kill(pid, name);
}

/** Writes an act of the lab itself into the journal. */
export function note(on: string, event: string): void {
  write({ at: uptime(), host: on, event });
}
