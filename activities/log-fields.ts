import { expandHosts, foldHosts } from '../cluster/host-set.js';

/** What the input of any activity of ours may say about itself. */
interface Input {
  readonly cluster?: unknown;
  readonly layer?: unknown;
  readonly service?: unknown;
  readonly hosts?: unknown;
  readonly verb?: unknown;
  readonly step?: unknown;
  readonly share?: {
    readonly awaits: string;
    readonly watch: readonly { readonly service: string; readonly hosts: string }[];
    readonly conditions: readonly { readonly service: string }[];
  };
}

/** The fields by which the log lines of an activity are found: which cluster, layer, service and hosts it is about. */
export function logFieldsOf(input: unknown): Record<string, unknown> {
  if (typeof input !== 'object' || input === null) return {};
  const { cluster, layer, service, hosts, verb, step, share } = input as Input;
  const named = { cluster, layer, service, hosts, verb, step };
  if (share) {
    named.service = [...new Set([...share.watch, ...share.conditions].map((entry) => entry.service))].join(',');
    const watched = share.watch.flatMap((entry) => expandHosts(entry.hosts));
    if (watched.length > 0) named.hosts = foldHosts([...new Set(watched)]);
    named.verb = `wait until ${share.awaits}`;
  }
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}
