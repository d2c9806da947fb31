import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSshd, type RealSshd } from '../ssh/real-sshd.js';
import { commandLine, type CommandLine } from './command-line.js';

/**
 * Two real hosts (two real sshd on this machine) with small real services that write down what is done to them: the judge
 * of these tests. Everything goes through the command line and the cluster file, as a user's would.
 */
export interface EndToEnd extends Omit<CommandLine, 'end'> {
  readonly directory: string;
  /** Lines `start NAME` and `stop NAME`, in the order in which the hosts carried them out. */
  journal(): string[];
  /** Writes `slow-svc`: the same as `svc`, after some seconds. */
  writeSlowService(seconds: number): void;
  /** Writes a known_hosts in which each host has the key of the other. */
  swapHostKeys(name: string): void;
  readonly a: RealSshd;
  readonly b: RealSshd;
  close(): Promise<void>;
}

export async function startEndToEnd(taskQueue: string): Promise<EndToEnd> {
  const directory = mkdtempSync(join(tmpdir(), 'blackstart-e2e-'));
  writeFileSync(join(directory, 'svc'), SERVICE.replaceAll('@DIR@', directory), { mode: 0o755 });
  const [a, b] = await Promise.all([startSshd(), startSshd()]);
  const known = [a, b].map((sshd) => readFileSync(sshd.knownHostsFile, 'utf8')).join('');
  writeFileSync(join(directory, 'known_hosts'), known);
  // Each server admits a key of its own; ssh_config tells which is whose, as it would for an operator.
  const hosts = [a, b].map(
    (sshd) => `Match host 127.0.0.1 exec "test %p = ${sshd.port}"\n  IdentityFile ${sshd.identityFile}\n`,
  );
  writeFileSync(join(directory, 'ssh_config'), hosts.join(''));
  const { end, ...commands } = commandLine(directory, taskQueue);
  return {
    directory,
    a,
    b,
    ...commands,
    journal: () =>
      readFileSync(join(directory, 'journal'), { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean),
    writeSlowService: (seconds) => {
      const text = `#!/bin/sh\nsleep ${seconds}\nexec ${directory}/svc "$@"\n`;
      writeFileSync(join(directory, 'slow-svc'), text, { mode: 0o755 });
    },
    swapHostKeys: (name) => {
      const swapped = [`[127.0.0.1]:${a.port} ${b.hostKeys[0]}`, `[127.0.0.1]:${b.port} ${a.hostKeys[0]}`];
      writeFileSync(join(directory, name), `${swapped.join('\n')}\n`);
    },
    close: async () => {
      end();
      for (const line of readFileSync(join(directory, 'pids'), { encoding: 'utf8', flag: 'a+' })
        .split('\n')
        .filter(Boolean)) {
        try {
          process.kill(Number(line), 'SIGKILL');
        } catch {
          // It was stopped by the test itself.
        }
      }
      await Promise.all([a.stop(), b.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** `svc NAME start|stop [seconds]`: a process named after the service; healthy after some seconds. */
const SERVICE = `#!/bin/sh
dir=@DIR@; name=$1; boot=\${3:-0}
case $2 in
  start)
    echo "start $name" >>$dir/journal
    cp "$(command -v sleep)" $dir/proc-$name
    $dir/proc-$name 1000.$$ </dev/null >/dev/null 2>&1 &
    echo $! >$dir/pid-$name; echo $! >>$dir/pids
    ( sleep $boot; touch $dir/ready-$name ) </dev/null >/dev/null 2>&1 & ;;
  stop)
    echo "stop $name" >>$dir/journal
    rm -f $dir/ready-$name
    kill "$(cat $dir/pid-$name)" ;;
esac
`;

/** Hosts a and b with their ssh section. */
function hostsOf({ directory, a, b }: EndToEnd, name: string, bPort = b.port): string {
  return `name: ${name}
ssh: { knownHosts: ${directory}/known_hosts, config: ${directory}/ssh_config }
hosts:
  a: { address: 127.0.0.1, port: ${a.port} }
  b: { address: 127.0.0.1, port: ${bPort} }
layers:
`;
}

/** Identity, commands and probe of a service written by hand; `id` is its name on the host. */
function byHand({ directory }: EndToEnd, id: string, boot = 0): string {
  return `
        process: proc-${id} 1000
        start: ${directory}/svc ${id} start ${boot}
        stop: ${directory}/svc ${id} stop
        healthy: test -e ${directory}/ready-${id}
        patience: { start: 20s, stop: 20s, reach: 3s }`;
}

/** A cluster of hand-written commands: db and cache on host a, app on host b, web above them. */
export function plainCluster(e2e: EndToEnd, name: string, changes: { readonly bPort?: number } = {}): string {
  const service = (service: string, host: string, boot = 0): string => `
      ${name}-${service}:
        hosts: ${host}${byHand(e2e, `${name}-${service}`, boot)}`;
  return `${hostsOf(e2e, name, changes.bPort)}
  - name: base
    services:${service('db', 'a', 1)}${service('cache', 'a')}
  - name: middle
    services:${service('app', 'b')}
  - name: top
    services:${service('web', 'a')}
`;
}

/** Kinds of the catalogue with every command replaced, and the conditions of the NameNode removed or replaced. */
export function overriddenKinds(e2e: EndToEnd, name: string): string {
  return `${hostsOf(e2e, name)}
  - name: storage
    services:
      zookeeper:
        hosts: a${byHand(e2e, `${name}-zk`)}
      namenode:
        kind: hdfs-namenode
        hosts: b${byHand(e2e, `${name}-nn`)}
        conditions:
          safemode is off: test -e ${e2e.directory}/ready-${name}-nn
          no block is missing: null
          every DataNode has reported: null
  - name: data
    services:
      tserver:
        kind: accumulo-tserver
        hosts: a${byHand(e2e, `${name}-tserver`)}
`;
}
