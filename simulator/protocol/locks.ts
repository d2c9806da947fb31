import type { Clock } from '../clock.js';

interface Lock {
  /** The last one to hold it. */
  token: number;
  who: string;
  held: boolean;
  readonly waiting: (() => void)[];
}

/** Acts of made-up hosts have no process of their own. */
const VIRTUAL_PID = 1;

export type Taken =
  | { readonly type: 'taken'; readonly release: () => void }
  | { readonly type: 'busy'; readonly holder: string }
  | { readonly type: 'overtaken'; readonly by: string };

/** The locks and fence tokens that acts keep on hosts, one for each instance. */
export class Locks {
  private readonly byInstance = new Map<string, Lock>();

  constructor(private readonly clock: Clock) {}

  /** Waits up to `waitMs` for a living holder; a token lower than the last one is told that it was overtaken. */
  async take(id: string, token: number, who: string, waitMs: number): Promise<Taken> {
    const lock = this.byInstance.get(id) ?? { token: 0, who: '', held: false, waiting: [] };
    this.byInstance.set(id, lock);
    if (lock.held && !(await this.wait(lock, waitMs))) {
      return { type: 'busy', holder: `${lock.token} ${lock.who}` };
    }
    if (lock.token > token) {
      lock.waiting.shift()?.();
      return { type: 'overtaken', by: `${lock.token} ${lock.who}` };
    }
    lock.token = token;
    lock.who = who;
    lock.held = true;
    const release = (): void => {
      lock.held = false;
      lock.waiting.shift()?.();
    };
    return { type: 'taken', release };
  }

  /** Who holds the lock of an instance now, as its lock file tells; null where nobody does. */
  holderOf(id: string): string | null {
    const lock = this.byInstance.get(id);
    return lock?.held === true ? `${lock.token} ${lock.who} pid ${VIRTUAL_PID}` : null;
  }

  private wait(lock: Lock, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = this.clock.after(ms, () => {
        lock.waiting.splice(lock.waiting.indexOf(next), 1);
        resolve(false);
      });
      const next = (): void => {
        giveUp();
        resolve(true);
      };
      lock.waiting.push(next);
    });
  }
}
