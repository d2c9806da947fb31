/** Starting and stopping services as a person at a shell would, with the commands of the cluster file and nobody's checks. */
import { inside } from './hosts.js';
import { isReady } from './ready.js';
import { until, waitFor } from './run.js';
import { scan } from './scan.js';
import { host, hostsOf, service } from './topology.js';

function command(name: string, on: string, verb: 'start' | 'stop'): void {
  const { user, env, [verb]: text } = service(name);
  // The launcher's output goes to a file: a daemon that keeps it would keep us waiting.
  const argv = ['runuser', '-u', user, '--', 'sh', '-c', `exec >/tmp/by-hand-${name}.log 2>&1; ${text}`];
  inside(host(on), argv, { env: { HOSTNAME: on, ...env } });
}

export const startByHand = (name: string, on: string): void => command(name, on, 'start');
export const stopByHand = (name: string, on: string): void => command(name, on, 'stop');

const runs = (name: string, on: string): boolean => scan().some((one) => one.service === name && one.host === on);

/** Starts a service on all its hosts, and waits until the lab calls each of them ready. Seconds. */
export async function startAll(name: string, seconds: number): Promise<void> {
  for (const on of hostsOf(name)) if (!runs(name, on)) startByHand(name, on);
  await untilReady(name, seconds);
}

async function untilReady(name: string, seconds: number): Promise<void> {
  await Promise.all(
    hostsOf(name).map((on) =>
      until(
        `${name}@${on} to be ready; see \`lab shell ${on}\``,
        seconds,
        () => isReady({ service: name, host: on }),
        200,
      ),
    ),
  );
}

/** Stops a service on all its hosts, and waits until each of its processes is gone. */
export function stopAll(name: string, seconds: number): void {
  for (const on of hostsOf(name)) stopByHand(name, on);
  waitFor(`the end of every ${name}`, seconds, () => !scan().some((one) => one.service === name));
}
