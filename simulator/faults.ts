/** What can be wrong with a pretend host as seen over SSH. Its services run on. */
export type HostFault =
  /** Nothing listens and open connections break. */
  | { readonly kind: 'unreachable' }
  /** Connections are accepted and nothing is ever said. */
  | { readonly kind: 'silent' }
  /** Every command waits this long before it runs. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The command runs to its end; the connection breaks before the answer. */
  | { readonly kind: 'drop-after-exec' }
  /** New connections see another host key. */
  | { readonly kind: 'wrong-key' }
  /** `df` shows no room, and what writes dies when it is started. */
  | { readonly kind: 'full-disk' }
  /** `date` is this many seconds fast. */
  | { readonly kind: 'clock-skew'; readonly seconds: number }
  /** `sudo` wants a password. */
  | { readonly kind: 'no-sudo' }
  /** A program that is none of the cluster's listens on this port; what needs it dies when it is started. */
  | { readonly kind: 'port-stranger'; readonly port: number };

/** What can be wrong with an instance. */
export type InstanceFault =
  /** The start command fails `times` times (default: until cleared) and starts nothing. */
  | { readonly kind: 'fail-start'; readonly times?: number; readonly exitCode: number; readonly text: string }
  /** The process dies this long after its start, or after now if it lives; `times` times (default: until cleared). */
  | { readonly kind: 'die-after'; readonly ms: number; readonly times?: number }
  /** A process started from now on never finishes booting. */
  | { readonly kind: 'never-healthy' }
  /** A process started from now on takes this many times as long to boot. */
  | { readonly kind: 'slow-boot'; readonly factor: number }
  /** SIGSTOP to the living process: the port stays open, nothing answers. Clearing sends SIGCONT. */
  | { readonly kind: 'freeze' }
  /** TERM is ignored; only KILL helps. */
  | { readonly kind: 'survive-term' }
  /** The stop command says it stopped, and does nothing. */
  | { readonly kind: 'lying-stop' }
  /** The start command says it started, and does nothing. */
  | { readonly kind: 'lying-start' }
  /** Commands work, and exit 1. */
  | { readonly kind: 'exit-code-lie' }
  /** Healthy and unhealthy in turns of this many milliseconds. */
  | { readonly kind: 'flap'; readonly everyMs: number };

export type Fault = HostFault | InstanceFault;
export type FaultKind = Fault['kind'];
type FaultOf<K extends FaultKind> = Extract<Fault, { kind: K }>;

const HOST_FAULTS: ReadonlySet<FaultKind> = new Set<HostFault['kind']>([
  'unreachable',
  'silent',
  'slow',
  'drop-after-exec',
  'wrong-key',
  'full-disk',
  'clock-skew',
  'no-sudo',
  'port-stranger',
]);

/** True for a fault of a host, false for one of an instance. */
export function isHostFault(fault: Fault): fault is HostFault {
  return HOST_FAULTS.has(fault.kind);
}

/** The faults in force: at most one of each kind on each host or instance. */
export class FaultTable {
  private readonly byTarget = new Map<string, Map<FaultKind, { fault: Fault; left: number }>>();

  /** Puts a fault in force, in place of one of the same kind. */
  set(target: string, fault: Fault): void {
    const faults = this.byTarget.get(target) ?? new Map<FaultKind, { fault: Fault; left: number }>();
    this.byTarget.set(target, faults);
    const times = 'times' in fault ? fault.times : undefined;
    faults.set(fault.kind, { fault, left: times ?? Number.POSITIVE_INFINITY });
  }

  /** Takes faults away. @returns the kinds that were in force. */
  clear(target: string, kind?: FaultKind): FaultKind[] {
    const faults = this.byTarget.get(target);
    const kinds = [...(faults?.keys() ?? [])].filter((known) => kind === undefined || known === kind);
    for (const known of kinds) faults?.delete(known);
    return kinds;
  }

  /** Hosts and instances with a fault in force. */
  targets(): string[] {
    return [...this.byTarget].flatMap(([target, faults]) => (faults.size > 0 ? [target] : []));
  }

  /** The fault of that kind in force, or undefined. */
  find<K extends FaultKind>(target: string, kind: K): FaultOf<K> | undefined {
    return this.byTarget.get(target)?.get(kind)?.fault as FaultOf<K> | undefined;
  }

  /** As {@link find}, and counts one use of a fault that has a number of times. */
  use<K extends FaultKind>(target: string, kind: K): FaultOf<K> | undefined {
    const entry = this.byTarget.get(target)?.get(kind);
    if (!entry) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.byTarget.get(target)?.delete(kind);
    return entry.fault as FaultOf<K>;
  }
}
