/** Faults that a look before the first act should find. */
import { inside } from '../hosts.js';
import { host } from '../topology.js';
import { inHost, instance, note, type Fault } from './fault.js';

export const NO_SUDO: Fault = {
  name: 'no-sudo',
  target: 'HOST',
  what: 'take the sudo rules of the operator away',
  cure: 'give them back',
  break: (target) => {
    inHost(host(target), 'rm -f /etc/sudoers.d/lab');
    note(target, 'no-sudo');
  },
  heal: (target) => {
    inHost(host(target), 'install -m 440 /opt/lab/sudoers /etc/sudoers.d/lab');
    note(target, 'sudo');
  },
};

/** Listens, takes connections and says nothing. */
const STRANGER = `import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", int(sys.argv[1])))
s.listen(50)
held = []
while True:
    held.append(s.accept())`;

const pidFile = (port: number): string => `/run/lab-stranger-${port}.pid`;

function portOf(target: string): number {
  const { service, of } = instance(target);
  if (of.port === null) throw new Error(`The cluster file gives ${service} no port.`);
  return of.port;
}

export const PORT_TAKEN: Fault = {
  name: 'port-taken',
  target: 'SERVICE@HOST',
  what: 'let a stranger listen on its port, before it is started',
  cure: 'end the stranger',
  break: (target) => {
    const { on } = instance(target);
    const port = portOf(target);
    const start = `setsid python3 -c "$STRANGER" ${port} </dev/null >/dev/null 2>&1 & echo $! >${pidFile(port)}`;
    // Long enough for python to find the port taken and end.
    const alive = `sleep 0.5; kill -0 "$(cat ${pidFile(port)})"`;
    const done = inside(on, ['bash', '-c', `${start}; ${alive}`], { env: { STRANGER } });
    if (done.code !== 0) throw new Error(`Port ${port} of ${on.name} is in use already.`);
    note(on.name, 'port-taken');
  },
  heal: (target) => {
    const { on } = instance(target);
    const file = pidFile(portOf(target));
    inHost(on, `kill "$(cat ${file})"; rm ${file}`);
    note(on.name, 'port-free');
  },
};
