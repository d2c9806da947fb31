import { userInfo } from 'node:os';
import { loopbackAddress } from './addresses.js';
import { clientFiles } from './keys.js';

type Written = string | number | boolean;

/** A service of a file: the lines below its name. */
export type WrittenService = Readonly<Record<string, Written | Readonly<Record<string, Written>>>>;

export interface WrittenCluster {
  readonly name: string;
  /** The fleet's directory, where the keys will be. */
  readonly directory: string;
  /** Host names; they get the loopback addresses in this order. */
  readonly hosts: readonly string[];
  /** Lowest layer first: its name, and its services by name. */
  readonly layers: readonly { readonly name: string; readonly services: Readonly<Record<string, WrittenService>> }[];
  /** Default 2222. */
  readonly sshPort?: number;
  /** The number of the first host's address; default 1. Two fleets at a time need different ones. */
  readonly firstAddress?: number;
}

/** Every value is a JSON text, which is YAML too: nothing needs another kind of quoting. */
function lines(fields: Readonly<Record<string, unknown>>, indent: string): string {
  return Object.entries(fields)
    .map(([key, value]) =>
      typeof value === 'object' && value !== null
        ? `${indent}${key}:\n${lines(value as Readonly<Record<string, unknown>>, `${indent}  `)}`
        : `${indent}${key}: ${JSON.stringify(value)}\n`,
    )
    .join('');
}

/** The text of a complete cluster file for pretend hosts; `startFleet` takes what `config/` makes of it. */
export function simulatedClusterFile(written: WrittenCluster): string {
  const { name, directory, hosts, layers, sshPort = 2222, firstAddress = 1 } = written;
  const ssh = { user: userInfo().username, port: sshPort, ...clientFiles(directory) };
  const addresses = Object.fromEntries(hosts.map((host, i) => [host, loopbackAddress(firstAddress + i)]));
  const layerTexts = layers.map(
    (layer) => `  - name: ${layer.name}\n    services:\n${lines(layer.services, '      ')}`,
  );
  return [
    '# Pretend hosts of the simulator. /proc/self/cwd is the directory a command starts in: on each of them its own.\n',
    lines({ name, ssh, hosts: addresses }, ''),
    `layers:\n${layerTexts.join('')}`,
  ].join('');
}
